import pytest

from leasehold.openstack import EndpointMissing, ServiceType
from leasehold.openstack.catalog import Endpoint, choose, versioned


def an_endpoint(kind: str = "compute", **fields: str) -> Endpoint:
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


def test_an_old_version_s_endpoint_is_not_taken_for_ours():
    old = an_endpoint("volumev2", url="http://cinder.example/v2/p")
    new = an_endpoint("volumev3", url="http://cinder.example/v3/p")
    assert chosen(old, new, service=ServiceType.VOLUME) is new
    with pytest.raises(EndpointMissing, match="API version 3"):
        chosen(old, service=ServiceType.VOLUME)


def test_the_old_spelling_of_an_interface_is_understood():
    endpoint = an_endpoint(interface="internal")
    assert chosen(endpoint, interface="internalURL") is endpoint


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


@pytest.mark.parametrize(
    ("service", "url", "expected"),
    [
        (ServiceType.COMPUTE, "http://n.example/v2.1/", "http://n.example/v2.1"),
        (ServiceType.COMPUTE, "http://n.example/v2.1/p1", "http://n.example/v2.1/p1"),
        (ServiceType.COMPUTE, "http://n.example", "http://n.example/v2.1"),
        (ServiceType.COMPUTE, "http://n.example/compute", "http://n.example/compute/v2.1"),
        (ServiceType.NETWORK, "http://n.example:9696/", "http://n.example:9696/v2.0"),
        (ServiceType.NETWORK, "http://n.example/v2.0", "http://n.example/v2.0"),
        (ServiceType.IMAGE, "http://[::1]:9292", "http://[::1]:9292/v2"),
        (ServiceType.IMAGE, "http://v2.example/image", "http://v2.example/image/v2"),
        (ServiceType.VOLUME, "http://c.example", "http://c.example/v3/p1"),
        (ServiceType.VOLUME, "http://c.example/v3", "http://c.example/v3"),
        (ServiceType.VOLUME, "http://c.example/v3/%(project_id)s", "http://c.example/v3/p1"),
    ],
)
def test_a_url_is_completed_without_asking_the_service(service, url, expected):
    assert versioned(url, service, "p1") == expected
