"""Version documents and microversions: how a client finds out what it may say."""

from typing import Any

import pytest
from keystoneauth1.discover import Discover
from tests.contract.api import Api, refused
from tests.contract.shape import Form, has_form
from tests.contract.tenant import Tenant

LINK = {"rel": str, "href": str}
PLAIN = {"id": str, "status": str, "links": [LINK]}
DATED = PLAIN | {"updated": str}
SPANNED = DATED | {"version": str, "min_version": str}
MEDIA = {"media-types": [{"base": str, "type": str}]}

ROOTS: list[tuple[str, int, Form]] = [
    ("identity", 300, {"versions": {"values": [DATED | MEDIA]}}),
    ("compute", 200, {"versions": [SPANNED]}),
    ("image", 300, {"versions": [PLAIN]}),
    ("network", 200, {"versions": [PLAIN]}),
    ("volume", 300, {"versions": [SPANNED | MEDIA]}),
]


@pytest.mark.parametrize(("service", "status", "form"), ROOTS, ids=[root[0] for root in ROOTS])
def test_each_service_tells_its_versions_to_anybody(
    cloud: Tenant, service: str, status: int, form: Form
) -> None:
    api: Api = getattr(cloud, service)
    answer = api.get(api.root, token="")
    assert answer.status == status
    has_form(_without_guides(answer.body), form)


@pytest.mark.parametrize(
    ("service", "major", "path"),
    [
        ("identity", 3, "/v3"),
        ("compute", 2, "/v2.1"),
        ("image", 2, "/v2"),
        ("network", 2, "/v2.0"),
        ("volume", 3, "/v3"),
    ],
    ids=["identity", "compute", "image", "network", "volume"],
)
def test_keystoneauth_finds_each_version_from_the_root(
    cloud: Tenant, service: str, major: int, path: str
) -> None:
    root = getattr(cloud, service).root
    found = Discover(cloud.session, root).url_for(f"{major}.latest")
    assert found is not None
    assert found.rstrip("/") == root.rstrip("/") + path


def test_compute_and_volume_tell_their_span_of_microversions(cloud: Tenant) -> None:
    for service, lowest, at_least in (("compute", (2, 1), (2, 96)), ("volume", (3, 0), (3, 59))):
        api: Api = getattr(cloud, service)
        found = Discover(cloud.session, api.root).version_data()
        newest = max(found, key=lambda version: version["version"])
        assert newest["min_microversion"] == lowest
        assert newest["max_microversion"] >= at_least


def test_compute_answers_in_the_version_asked_for(cloud: Tenant) -> None:
    for asked, got in ((None, "2.1"), ("2.1", "2.1"), ("2.79", "2.79"), ("latest", _newest(cloud))):
        answer = cloud.compute.get("/flavors?limit=1", version=asked)
        assert answer.status == 200
        assert answer.headers["OpenStack-API-Version"] == f"compute {got}"
        assert answer.headers["X-OpenStack-Nova-API-Version"] == got
        names = {name.strip() for name in answer.headers["Vary"].split(",")}
        assert names == {"OpenStack-API-Version", "X-OpenStack-Nova-API-Version"}


def test_compute_still_hears_its_older_header(cloud: Tenant) -> None:
    answer = cloud.compute.get("/flavors?limit=1", headers={"X-OpenStack-Nova-API-Version": "2.50"})
    assert answer.headers["OpenStack-API-Version"] == "compute 2.50"


def test_volume_answers_in_the_version_asked_for(cloud: Tenant) -> None:
    for asked, got in ((None, "3.0"), ("3.59", "3.59")):
        answer = cloud.volume.get("/volumes", version=asked)
        assert answer.headers["OpenStack-API-Version"] == f"volume {got}"
        assert answer.headers["Vary"] == "OpenStack-API-Version"


@pytest.mark.parametrize("version", ["2.9999", "3.1"])
def test_compute_has_no_version_beyond_its_span(cloud: Tenant, version: str) -> None:
    answer = cloud.compute.get("/flavors", version=version)
    message = (
        rf"Version {version} is not supported by the API\. "
        rf"Minimum is 2\.1 and maximum is {_newest(cloud)}\."
    )
    refused(answer, 406, "computeFault", message)
    assert answer.headers["OpenStack-API-Version"] == f"compute {version}"


def test_volume_has_no_version_beyond_its_span(cloud: Tenant) -> None:
    refused(
        cloud.volume.get("/volumes", version="3.999"),
        406,
        "computeFault",
        r"Version 3\.999 is not supported by the API\. Minimum is 3\.0 and maximum is 3\.\d+\.",
    )


def test_a_version_that_is_none_is_a_bad_request(cloud: Tenant) -> None:
    refused(
        cloud.compute.get("/flavors", version="abc"),
        400,
        "badRequest",
        r"API Version String abc is of invalid format\. Must be of format MajorNum\.MinorNum\.",
    )


@pytest.mark.parametrize(
    ("service", "path"), [("network", "/v2.0/"), ("volume", "/v3/"), ("image", "/v2/")]
)
def test_other_services_show_what_is_below_their_root_to_the_signed_in_only(
    cloud: Tenant, service: str, path: str
) -> None:
    api: Api = getattr(cloud, service)
    answer = api.get(api.root.rstrip("/") + path, token="")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_compute_version_document_needs_no_token(cloud: Tenant) -> None:
    answer = cloud.compute.get("/", token="")
    assert answer.status == 200
    has_form(_without_guides(answer.one), SPANNED | MEDIA)


UNKNOWN: list[tuple[str, str]] = [
    ("compute", "404 Not Found"),
    ("image", "404 Not Found"),
    ("volume", "404 Not Found"),
    ("network", "HTTPNotFound"),
]


@pytest.mark.parametrize(("service", "kind"), UNKNOWN, ids=[case[0] for case in UNKNOWN])
def test_an_address_that_is_none_is_not_found(cloud: Tenant, service: str, kind: str) -> None:
    answer = getattr(cloud, service).get("/no-such-thing")
    refused(answer, 404, kind, r"The resource could not be found\.")


REQUEST_IDS: list[tuple[str, str, set[str]]] = [
    ("compute", "/servers", {"x-openstack-request-id", "x-compute-request-id"}),
    ("volume", "/volumes", {"x-openstack-request-id", "x-compute-request-id"}),
    ("network", "/ports", {"x-openstack-request-id"}),
    ("image", "/images", {"x-openstack-request-id"}),
    ("identity", "/auth/projects", {"x-openstack-request-id"}),
]


@pytest.mark.parametrize(
    ("service", "path", "names"), REQUEST_IDS, ids=[case[0] for case in REQUEST_IDS]
)
def test_every_answer_carries_its_request_id(
    cloud: Tenant, service: str, path: str, names: set[str]
) -> None:
    api: Api = getattr(cloud, service)
    for answer in (api.get(path), api.get(f"{path}/{'no-such' if path else ''}")):
        ids: set[Any] = {answer.headers.get(name) for name in names}
        assert len(ids) == 1, "the same one under each name"
        assert str(ids.pop()).startswith("req-")


def _newest(cloud: Tenant) -> str:
    (newest,) = (
        version["version"]
        for version in cloud.compute.get(cloud.compute.root, token="").body["versions"]
        if version["id"] == "v2.1"
    )
    return str(newest)


def _without_guides(document: Any) -> Any:
    """The document without its links to pages for people, which no client follows."""
    if isinstance(document, list):
        return [
            _without_guides(item)
            for item in document
            if not (isinstance(item, dict) and item.get("rel") == "describedby")
        ]
    if isinstance(document, dict):
        return {key: _without_guides(value) for key, value in document.items()}
    return document
