import msgspec
import pytest

from leasehold.openstack import ServiceType
from leasehold.openstack.catalog import Endpoint
from leasehold.openstack.findings import findings_of
from leasehold.openstack.sign_in import Identity
from leasehold.openstack.survey import Room, ServiceSeen, Severity, Stock, Survey


def an_identity(**fields) -> Identity:
    defaults = {"project_id": "p", "project_name": "lab", "user_name": "alice"}
    return Identity(**{**defaults, "roles": ("member",), "expires_at": None, **fields})


def a_survey(**fields) -> Survey:
    """Build what is seen of a cloud that is well."""
    url = "https://nova.example"
    well = Survey(
        cloud="lab",
        auth_url="https://keystone.example/v3",
        region="One",
        interface="public",
        verified=True,
        identity=an_identity(),
        catalog=(Endpoint(type="compute", name="nova", region="One", interface="public", url=url),),
        services=(ServiceSeen(type=ServiceType.COMPUTE, url=url, microversion=(2, 79)),),
        room=(Room(name="servers", total=10, used=3),),
        stock=Stock(images=1, flavors=1, networks=2, external_networks=1),
        skew=0.2,
    )
    return msgspec.structs.replace(well, **fields)


def test_a_cloud_that_is_well_has_no_findings():
    assert findings_of(a_survey()) == ()


@pytest.mark.parametrize(
    ("fields", "severity", "about", "words"),
    [
        ({"trouble": "no such host"}, Severity.FAIL, "sign-in", "no such host"),
        (
            {"identity": an_identity(project_id=None)},
            Severity.FAIL,
            "sign-in",
            "to no project",
        ),
        ({"identity": an_identity(roles=("reader",))}, Severity.FAIL, "sign-in", "ask for role"),
        ({"catalog": ()}, Severity.WARN, "catalog", "empty"),
        (
            {"services": (ServiceSeen(type=ServiceType.COMPUTE, trouble="503"),)},
            Severity.FAIL,
            "compute",
            "no server can be made: 503",
        ),
        (
            {"services": (ServiceSeen(type=ServiceType.VOLUME, trouble="missing"),)},
            Severity.WARN,
            "block-storage",
            "volumes and datasets",
        ),
        (
            {"services": (ServiceSeen(type=ServiceType.COMPUTE, microversion=(2, 60)),)},
            Severity.WARN,
            "compute",
            "it speaks 2.60",
        ),
        (
            {"room": (Room(name="volumes", total=0, used=0),)},
            Severity.FAIL,
            "quota",
            "quota of volumes is 0",
        ),
        (
            {"room": (Room(name="cores", total=4, used=4),)},
            Severity.WARN,
            "quota",
            "all 4 are used",
        ),
        ({"stock": Stock(images=0)}, Severity.FAIL, "images", "no active image"),
        ({"stock": Stock(flavors=0)}, Severity.FAIL, "flavors", "no flavor"),
        ({"stock": Stock(networks=0)}, Severity.FAIL, "networks", "no network"),
        (
            {"stock": Stock(networks=1, external_networks=0)},
            Severity.WARN,
            "networks",
            "floating IPs",
        ),
        ({"skew": 95.0}, Severity.WARN, "clock", "95 s ahead"),
        ({"skew": -95.0}, Severity.WARN, "clock", "95 s behind"),
        ({"verified": False}, Severity.WARN, "TLS", "not checked"),
        ({"auth_url": "http://keystone.example/v3"}, Severity.WARN, "TLS", "in the clear"),
    ],
)
def test_each_thing_that_is_wrong_is_found(fields, severity, about, words):
    (finding,) = findings_of(a_survey(**fields))
    assert (finding.severity, finding.about) == (severity, about)
    assert words in finding.message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:5000", "[::1]:5000"])
def test_a_keystone_on_this_machine_may_go_without_tls(host):
    assert findings_of(a_survey(auth_url=f"http://{host}/v3")) == ()


def test_what_is_not_known_is_no_finding():
    assert findings_of(a_survey(stock=Stock(), skew=None)) == ()


def test_the_worst_comes_first():
    found = findings_of(a_survey(verified=False, stock=Stock(images=0, networks=1)))
    assert [finding.severity for finding in found] == [Severity.FAIL, Severity.WARN]
