"""Finding services in catalogs of all kinds, and around them, over HTTP."""

import pytest

from leasehold.emulator import CatalogEntry, Emulator
from leasehold.openstack import (
    AuthenticationFailed,
    EndpointMissing,
    NotFound,
    ServiceType,
    connect,
)

from .conftest import connected

USER = {"username": "demo", "password": "demo", "ex_tenant_name": "demo", "retries": 0}


def flavor(cloud) -> str:
    return next(cloud.compute.flavors()).name


@pytest.mark.parametrize(
    ("catalog", "compute", "volume"),
    [
        ("modern", (2, 1), (3, 0)),
        ("versioned", (2, 1), (3, 0)),
        ("unversioned", (2, 1), (3, 0)),
        ("renamed", (2, 1), (3, 0)),
        ("old", (2, 0), (2, 0)),
        ("oldest", (1, 1), None),
    ],
)
def test_the_best_version_of_each_service_is_found(catalog, compute, volume) -> None:
    with Emulator(catalog=catalog, seed=1) as emulator:
        cloud = connected(emulator)
        assert flavor(cloud) == "tiny"
        assert cloud.compute.service.api_version == compute
        assert next(cloud.image.images()).name
        if volume:
            assert cloud.volume.service.api_version == volume


def test_regions_are_told_and_chosen() -> None:
    with Emulator(catalog="regions", seed=1) as emulator:
        with pytest.raises(EndpointMissing, match="region=: RegionOne, RegionTwo"):
            flavor(connected(emulator))
        assert flavor(connected(emulator, region="RegionTwo")) == "tiny"
        assert flavor(connected(emulator, ex_force_service_region="RegionTwo")) == "tiny"


def test_a_wish_for_compute_leaves_the_other_services_alone(emulator: Emulator) -> None:
    cloud = connected(emulator, ex_force_service_type="compute", ex_force_service_name="nova")
    assert flavor(cloud) == "tiny"
    assert next(cloud.image.images()).name
    assert list(cloud.network.networks())
    assert list(cloud.volume.volumes()) == []


def test_a_wish_chooses_among_entries_of_one_type() -> None:
    entries = [
        CatalogEntry(type="compute", name="broken", path="/nowhere/v2.1"),
        CatalogEntry(type="compute", name="nova", path="/compute/v2.1"),
    ]
    with Emulator(catalog=entries, seed=1) as emulator:
        assert flavor(connected(emulator, service_names={"compute": "nova"})) == "tiny"
        assert flavor(connected(emulator, ex_force_service_name="nova")) == "tiny"


def test_an_unusual_type_can_be_named() -> None:
    entries = [CatalogEntry(type="cirrus-compute", name="x", path="/compute/v2.1")]
    with Emulator(catalog=entries, seed=1) as emulator:
        assert flavor(connected(emulator, ex_force_service_type="cirrus-compute")) == "tiny"


def test_an_endpoint_that_is_not_there_is_told_with_what_is(emulator: Emulator) -> None:
    with pytest.raises(EndpointMissing) as caught:
        flavor(connected(emulator, ex_force_service_name="cirrus"))
    message = str(caught.value)
    assert message.startswith("Could not find specified endpoint: service compute, name cirrus")
    assert "compute (nova) in RegionOne, public" in message


def test_an_empty_catalog_is_called_empty_and_can_be_gone_around() -> None:
    with Emulator(catalog="empty", seed=1) as emulator:
        with pytest.raises(EndpointMissing, match="The catalog is empty"):
            flavor(connected(emulator))
        assert (
            flavor(connected(emulator, ex_force_base_url=f"{emulator.url}/compute/v2.1")) == "tiny"
        )


def test_a_forced_base_url_is_compute_s_alone(emulator: Emulator) -> None:
    project = connected(emulator).identity().project_id
    cloud = connected(emulator, ex_force_base_url=f"{emulator.url}/compute/v2/{project}")
    assert flavor(cloud) == "tiny"
    assert cloud.compute.service.api_version == (2, 0)
    assert next(cloud.image.images()).name


@pytest.mark.parametrize("path", ["/identity/v3", "/identity/v2.0", "/identity"])
def test_a_forced_url_that_is_the_authentication_url_is_told(emulator: Emulator, path) -> None:
    cloud = connected(emulator, ex_force_base_url=emulator.url + path)
    with pytest.raises(NotFound, match="probably the authentication URL"):
        flavor(cloud)


def test_a_thing_that_is_missing_at_a_right_forced_url_is_only_that(emulator: Emulator) -> None:
    cloud = connected(emulator, ex_force_base_url=f"{emulator.url}/compute/v2.1")
    flavor(cloud)
    with pytest.raises(NotFound) as caught:
        cloud.compute.server("2b5c9a6e-0000-4000-8000-000000000000")
    assert "authentication URL" not in str(caught.value)


@pytest.mark.parametrize("way", ["address", "catalog"])
def test_a_forced_token_never_signs_in(emulator: Emulator, way: str) -> None:
    token = connected(emulator).transport.token().reveal()
    place = {
        "address": {"ex_force_base_url": f"{emulator.url}/compute/v2.1"},
        "catalog": {"ex_force_auth_url": emulator.url},
    }[way]
    before = emulator.requests.of("identity", "POST")
    cloud = connect(ex_force_auth_token=token, retries=0, **place)
    assert flavor(cloud) == "tiny"
    assert emulator.requests.of("identity", "POST") == before
    emulator.run(emulator.world.tokens.clear)
    with pytest.raises(AuthenticationFailed, match="never renewed: connect again with a new one"):
        flavor(cloud)
    assert emulator.requests.of("identity", "POST") == before
    if way == "catalog":
        fresh = connect(ex_force_auth_token=token, retries=0, **place)
        with pytest.raises(AuthenticationFailed, match="never renewed"):
            flavor(fresh)


def test_api_version_1_1_speaks_without_microversions(emulator: Emulator) -> None:
    cloud = connected(emulator, api_version="1.1")
    assert flavor(cloud) == "tiny"
    assert cloud.compute.service.version() is None
    assert connected(emulator, api_version="2.2").compute.service.version() > (2, 1)


def test_each_service_has_the_url_that_was_given_for_it(emulator: Emulator) -> None:
    cloud = connected(
        emulator,
        ex_force_image_url=f"{emulator.url}/image",
        ex_force_volume_url=f"{emulator.url}/volume/v3",
        ex_force_network_url=f"{emulator.url}/network",
    )
    assert next(cloud.image.images()).name
    assert cloud.transport.endpoint(ServiceType.VOLUME) == f"{emulator.url}/volume/v3"
    assert cloud.transport.endpoint(ServiceType.NETWORK) == f"{emulator.url}/network/v2.0"
    assert cloud.transport.endpoint(ServiceType.COMPUTE) == f"{emulator.url}/compute/v2.1"
