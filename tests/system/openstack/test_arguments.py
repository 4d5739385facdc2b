"""Arguments of `connect()` that no test of a service needs: that each changes what goes over HTTP."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from leasehold.emulator import CatalogEntry, Effect, Emulator, Rule
from leasehold.emulator.identity.accounts import Assignment, Token
from leasehold.openstack import (
    AuthenticationFailed,
    Connection,
    ConnectionLost,
    OpenStackError,
)

from .conftest import connected

ADMIN = {"username": "admin", "password": "admin", "project_name": None}


def token_of(emulator: Emulator, cloud: Connection) -> Token:
    """Give what Keystone knows of a connection's token."""
    token = cloud.transport.token().reveal()
    found: Token = emulator.run(lambda: emulator.world.valid_token(token))
    return found


def without_default_project(emulator: Emulator, name: str) -> None:
    """Let a user's sign-in without a scope get a token without one."""

    def change() -> None:
        users = emulator.world.users
        user = next(each for each in users if each.name == name)
        users.put(msgspec.structs.replace(user, default_project_id=None))

    emulator.run(change)


def grant_domain(emulator: Emulator, name: str) -> None:
    """Give a user a role on the domain that everybody is in."""

    def grant() -> None:
        world = emulator.world
        user_id = next(each.id for each in world.users if each.name == name)
        role_id = next(each.id for each in world.roles if each.name == "member")
        world.assignments.append(Assignment(user_id=user_id, role_id=role_id, domain_id="default"))

    emulator.run(grant)


# Scopes


def test_a_token_is_for_no_project_if_that_is_wished(emulator: Emulator) -> None:
    without_default_project(emulator, "demo")
    token = token_of(emulator, connected(emulator, ex_token_scope="unscoped"))
    assert (token.project, token.domain, token.system) == (None, None, False)


def test_a_token_is_for_the_user_s_domain_if_that_is_wished(emulator: Emulator) -> None:
    grant_domain(emulator, "demo")
    for domain in ({}, {"ex_domain_name": "Default"}, {"user_domain_id": "default"}):
        token = token_of(emulator, connected(emulator, ex_token_scope="domain", **domain))
        assert token.project is None
        assert token.domain
        assert token.domain.id == "default"


def test_a_token_is_for_the_system_if_that_is_wished(emulator: Emulator) -> None:
    assert token_of(emulator, connected(emulator, **ADMIN, system_scope="all")).system


def test_a_token_is_for_a_trust_if_that_is_wished(emulator: Emulator, tmp_path) -> None:
    """The emulator has no trusts: it is seen by what was asked for."""
    log = tmp_path / "log"
    with pytest.raises(OpenStackError):
        connected(emulator, project_name=None, trust_id="t1", debug=log).identity()
    assert re.search(r'"OS-TRUST:trust": ?\{"id": ?"t1"\}', log.read_text())


def test_a_project_is_looked_for_in_its_own_domain(emulator: Emulator) -> None:
    for given in ({"ex_tenant_domain_id": "default"}, {"project_domain_id": "default"}):
        assert connected(emulator, **given).identity().project_name == "demo"
    with pytest.raises(AuthenticationFailed):
        connected(emulator, ex_tenant_domain_id="elsewhere").identity()


# Finding services


def test_an_unusual_type_of_any_service_can_be_named() -> None:
    entries = [CatalogEntry(type="pictures", name="glance", path="/image")]
    with Emulator(catalog=entries, seed=1) as emulator:
        cloud = connected(emulator, service_types={"image": "pictures"})
        assert next(cloud.image.images()).name


def test_a_single_service_may_be_in_a_region_of_its_own() -> None:
    places = {"RegionOne": "/nowhere", "RegionTwo": "/image"}
    entries = [
        CatalogEntry(type="compute", name="nova", path="/compute/v2.1"),
        *(
            CatalogEntry(type="image", name="glance", path=path, region=region)
            for region, path in places.items()
        ),
    ]
    with Emulator(catalog=entries, seed=1) as emulator:
        cloud = connected(emulator, region="RegionOne", service_regions={"image": "RegionTwo"})
        assert next(cloud.image.images()).name
        assert next(cloud.compute.flavors()).name == "tiny"


def test_a_single_service_may_be_reached_by_an_interface_of_its_own() -> None:
    entries = [
        CatalogEntry(type="compute", name="nova", path="/compute/v2.1", urls={"internal": "/no"}),
        CatalogEntry(type="image", name="glance", path="/no", urls={"internal": "/image"}),
    ]
    with Emulator(catalog=entries, seed=1) as emulator:
        cloud = connected(emulator, service_interfaces={"image": "internal"})
        assert next(cloud.image.images()).name
        assert next(cloud.compute.flavors()).name == "tiny"


def test_reservations_may_have_an_address_without_the_catalog() -> None:
    with Emulator(catalog="empty", seed=1) as emulator:
        cloud = connected(emulator, ex_force_reservation_url=f"{emulator.url}/reservation/v1")
        start = datetime.now(UTC) + timedelta(days=1)
        host = {"resource_type": "physical:host", "min": 1, "max": 1}
        properties = {"hypervisor_properties": "", "resource_properties": ""}
        made = cloud.reservation.create_lease(
            name="night",
            start=start,
            end=start + timedelta(hours=2),
            reservations=[{**host, **properties}],
        )
        assert [each.id for each in cloud.reservation.leases()] == [made.id]


# How they are called


@pytest.mark.parametrize("version", ["3.0", "3.50", "3.64"])
def test_block_storage_is_asked_for_the_microversion_that_is_wished(
    emulator: Emulator, version: str
) -> None:
    cloud = connected(emulator, volume_microversion=version)
    assert list(cloud.volume.volumes()) == []
    assert cloud.volume.service.version() == tuple(map(int, version.split(".")))


def test_retries_wait_as_long_as_is_wished_and_longer_each_time(emulator: Emulator) -> None:
    settings = connected(emulator, retries=3, retry_delay=0.25, backoff=3).settings
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    emulator.faults.add(Rule(effect=Effect.LOST_BEFORE, kind="server", method="GET", count=4))
    with (
        Connection(settings, random=lambda: 0.0, pause=wait) as cloud,
        pytest.raises(ConnectionLost),
    ):
        list(cloud.compute.servers())
    assert waits == [0.25, 0.75, 2.25]
