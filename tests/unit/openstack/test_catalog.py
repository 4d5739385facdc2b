import pytest

from leasehold.openstack import EndpointMissing, ServiceType
from leasehold.openstack.catalog import Endpoint, choose
from leasehold.openstack.settings import Wish


def an_endpoint(kind: str = "compute", **fields: str | None) -> Endpoint:
    defaults = {
        "name": "nova",
        "region": "RegionOne",
        "interface": "public",
        "url": f"http://{kind}.example",
    }
    return Endpoint(**{"type": kind, **defaults, **fields})


def chosen(*endpoints: Endpoint, service=ServiceType.COMPUTE, region=None, interface="public"):
    return choose(endpoints, service, region=region, interface=interface)


def test_an_endpoint_is_chosen_by_type_region_and_interface():
    wanted = an_endpoint(region="Two", interface="internal")
    others = [an_endpoint(), an_endpoint("image"), an_endpoint(region="Two")]
    assert chosen(*others, wanted, region="Two", interface="internal") is wanted


@pytest.mark.parametrize("kind", ["block-storage", "volumev3", "volume", "block-store"])
def test_block_storage_is_found_under_every_name_it_had(kind):
    endpoint = an_endpoint(kind, url="http://cinder.example/v3/p")
    assert chosen(endpoint, service=ServiceType.VOLUME) is endpoint


@pytest.mark.parametrize(
    ("service", "best", "others"),
    [
        (ServiceType.COMPUTE, "/v2.1", ["/v2/p", "/v1.1/p", "/v1.0", ""]),
        (ServiceType.COMPUTE, "", ["/v2/p", "/v1.1/p", "/v1.0"]),
        (ServiceType.COMPUTE, "/v2/p", ["/v1.1/p", "/v1.0"]),
        (ServiceType.COMPUTE, "/v1.1/p", ["/v1.0"]),
        (ServiceType.COMPUTE_V1, "/v1.0", ["/v1.1/p", "/v2.1"]),
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_the_best_version_that_is_offered_is_chosen(service, best, others, turn):
    wanted, *rest = [an_endpoint(url=f"http://nova.example{path}") for path in (best, *others)]
    assert chosen(*[wanted, *rest][::turn], service=service) is wanted


def test_block_storage_s_version_goes_before_the_name_of_its_type():
    old = an_endpoint("volume", url="http://cinder.example/v1/p")
    middle = an_endpoint("volumev2", url="http://cinder.example/v2/p")
    new = an_endpoint("volumev3", url="http://cinder.example/v3/p")
    assert chosen(old, middle, new, service=ServiceType.VOLUME) is new
    assert chosen(old, middle, service=ServiceType.VOLUME) is middle
    assert chosen(old, service=ServiceType.VOLUME) is old


def test_a_version_that_the_driver_does_not_speak_is_not_taken():
    with pytest.raises(EndpointMissing, match=r"API version 2\.1, 2\.0, 1\.1"):
        chosen(an_endpoint(url="http://nova.example/v1.0"))


def test_an_endpoint_without_a_region_makes_no_second_one_to_choose_from():
    everywhere = an_endpoint(region=None, url="http://nova.example/v2.1")
    old = an_endpoint(region="One", url="http://nova.example/v2/p")
    assert chosen(old, everywhere) is everywhere
    assert (
        choose(
            [old, everywhere],
            ServiceType.COMPUTE,
            region=None,
            interface="public",
            usual_region="One",
        )
        is everywhere
    )


def test_the_old_spelling_of_an_interface_is_understood():
    endpoint = an_endpoint(interface="internal")
    assert chosen(endpoint, interface="internalURL") is endpoint


def test_a_service_s_own_interface_goes_before_that_of_all():
    inside, outside = an_endpoint(interface="internal"), an_endpoint()
    wish = Wish(interface="internal")
    found = choose(
        [outside, inside], ServiceType.COMPUTE, region=None, interface="public", wish=wish
    )
    assert found is inside


def test_a_missing_endpoint_s_error_lists_what_there_is():
    with pytest.raises(EndpointMissing) as caught:
        chosen(an_endpoint(region="Two"), region="One")
    message = str(caught.value)
    assert "Could not find specified endpoint" in message
    assert "compute (nova) in Two, public" in message


def test_an_empty_catalog_is_called_empty():
    with pytest.raises(EndpointMissing, match="The catalog is empty"):
        chosen()


def test_a_region_is_never_guessed():
    with pytest.raises(EndpointMissing, match="One, Two"):
        chosen(an_endpoint(region="One"), an_endpoint(region="Two"))
