"""Our driver: what it makes of the answers, on both clouds alike."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from tests.contract.quota import SetQuota
from tests.contract.tenant import PUBLIC_KEY, Tenant

from leasehold.openstack import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    Connection,
    NotFound,
    OpenStackError,
    QuotaExceeded,
    connect,
)
from leasehold.openstack.compute import BootVolume, Server, ServerNetwork

NOBODY = str(UUID(int=0xDEAD))


def a_server(cloud: Tenant, connection: Connection, name: str = "driven") -> Server:
    """An ACTIVE server, made by the driver."""
    made = connection.compute.create_server(
        name=name,
        image_id=cloud.image_id,
        flavor_id=cloud.flavor_id,
        networks=[ServerNetwork(uuid=cloud.network_id)],
        metadata={"leasehold": "a/b"},
    )
    cloud.compute.made.add("servers")
    cloud.server_is(made.id, "ACTIVE")
    return connection.compute.server(made.id)


def test_the_driver_says_who_it_is_signed_in_as(cloud: Tenant, connection: Connection) -> None:
    identity = connection.identity()
    assert identity.project_id == cloud.project_id
    assert identity.user_name == cloud.auth["username"]
    assert "member" in identity.roles


def test_a_wrong_password_is_told_as_such(cloud: Tenant) -> None:
    auth = cloud.auth | {"password": "wrong"}
    with connect(retries=0, **auth) as wrong, pytest.raises(AuthenticationFailed) as caught:
        wrong.identity()
    assert caught.value.status == 401
    assert "wrong" not in str(caught.value)


def test_a_server_made_by_the_driver_is_read_back(cloud: Tenant, connection: Connection) -> None:
    server = a_server(cloud, connection)
    assert (server.name, server.status) == ("driven", "ACTIVE")
    assert server.metadata == {"leasehold": "a/b"}
    assert server.project_id == cloud.project_id
    (address,) = server.addresses_of("fixed")
    assert address.startswith("10.77.0.")
    assert server.created is not None
    assert server.created <= datetime.now(UTC) + timedelta(seconds=60)
    connection.compute.delete_server(server.id)
    cloud.gone(cloud.compute, f"/servers/{server.id}")
    with pytest.raises(NotFound):
        connection.compute.server(server.id)


def test_the_driver_pages_through_all_servers(cloud: Tenant, connection: Connection) -> None:
    made = {cloud.a_server() for _ in range(3)}
    pages = list(connection.compute.server_pages(limit=2))
    assert [len(page.items) for page in pages] == [2, 1]
    assert {server.id for page in pages for server in page.items} == made
    assert {server.id for server in connection.compute.servers(limit=2)} == made


def test_a_delta_tells_of_the_deleted(cloud: Tenant, connection: Connection) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    server_id = cloud.a_server()
    cloud.compute.delete(f"/servers/{server_id}")
    cloud.gone(cloud.compute, f"/servers/{server_id}")
    found = {server.id: server.status for server in connection.compute.servers(changes_since=since)}
    assert found[server_id] == "DELETED"


def test_the_driver_boots_a_server_from_a_volume(cloud: Tenant, connection: Connection) -> None:
    volume_id = cloud.a_volume(imageRef=cloud.image_id)
    made = connection.compute.create_server(
        name="from-volume",
        flavor_id=cloud.flavor_id,
        boot_volume=BootVolume(volume_id=volume_id),
        networks=[ServerNetwork(uuid=cloud.network_id)],
    )
    cloud.compute.made.add("servers")
    cloud.server_is(made.id, "ACTIVE")
    assert connection.volume.volume(volume_id).attachments[0].server_id == made.id


def test_flavors_images_networks_and_zones_are_listed(
    cloud: Tenant, connection: Connection
) -> None:
    flavor = next(flavor for flavor in connection.compute.flavors() if flavor.name == "tiny")
    assert (flavor.id, flavor.vcpus, flavor.ram, flavor.disk) == (cloud.flavor_id, 1, 64, 1)
    (image,) = connection.image.images(name="tiny")
    assert (image.id, image.status) == (cloud.image_id, "active")
    networks = {network.name: network for network in connection.network.networks()}
    assert networks["public"].is_external
    assert not networks[cloud.network_name].is_external
    assert "nova" in {zone.name for zone in connection.compute.availability_zones()}


def test_ports_and_floating_ips_are_made_changed_and_ended(
    cloud: Tenant, connection: Connection
) -> None:
    network = connection.network
    port = network.create_port(network_id=cloud.network_id, description="leasehold:a/b")
    address = network.create_floating_ip(network_id=cloud.external_network_id, port_id=port.id)
    try:
        assert address.port_id == port.id
        assert network.update_port(port.id, name="renamed").name == "renamed"
        (found,) = network.ports(description="leasehold:a/b", limit=1)
        assert found.id == port.id
        assert network.update_floating_ip(address.id, port_id=None).port_id is None
    finally:
        network.delete_floating_ip(address.id)
        network.delete_port(port.id)
    with pytest.raises(NotFound) as caught:
        network.port(port.id)
    assert caught.value.code == "PortNotFound"


def test_security_groups_and_rules_are_made_and_ended(
    cloud: Tenant, connection: Connection
) -> None:
    network = connection.network
    group = network.create_security_group(name="driven")
    try:
        rule = network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            port_range_min=22,
            port_range_max=22,
        )
        assert rule.id in {r.id for r in network.security_group_rules(security_group_id=group.id)}
        network.delete_security_group_rule(rule.id)
    finally:
        network.delete_security_group(group.id)


def test_key_pairs_are_made_read_and_ended(cloud: Tenant, connection: Connection) -> None:
    made = connection.compute.create_key_pair("driven", public_key=PUBLIC_KEY)
    try:
        assert made.public_key == PUBLIC_KEY
        assert [key.name for key in connection.compute.key_pairs()] == ["driven"]
        assert connection.compute.key_pair("driven").fingerprint == made.fingerprint
    finally:
        connection.compute.delete_key_pair("driven")


def test_volumes_are_made_attached_and_ended(cloud: Tenant, connection: Connection) -> None:
    made = connection.volume.create_volume(size=1, name="driven", metadata={"leasehold": "a/b"})
    cloud.volume.made.add("volumes")
    cloud.volume_is(made.id, "available")
    server_id = cloud.a_server()
    attachment = connection.compute.create_volume_attachment(server_id, made.id)
    assert attachment.volume_id == made.id
    cloud.volume_is(made.id, "in-use")
    assert [each.volume_id for each in connection.compute.volume_attachments(server_id)] == [
        made.id
    ]
    connection.compute.delete_volume_attachment(server_id, made.id)
    cloud.volume_is(made.id, "available")
    connection.volume.delete_volume(made.id)
    cloud.gone(cloud.volume, f"/volumes/{made.id}")


def test_limits_are_read_from_three_services(
    cloud: Tenant, connection: Connection, quota: SetQuota
) -> None:
    cloud.a_server()
    quota("compute", instances=7)
    quota("volume", volumes=8)
    quota("network", floatingip=9)
    compute = connection.compute.limits()
    assert (compute.max_servers, compute.used_servers) == (7, 1)
    assert connection.volume.limits().max_volumes == 8
    assert connection.network.quotas().floating_ips.limit == 9


REFUSED: dict[str, tuple[Callable[[Connection], object], type[OpenStackError], int, str]] = {
    "unknown server": (
        lambda connection: connection.compute.server(NOBODY),
        NotFound,
        404,
        f"Instance {NOBODY} could not be found.",
    ),
    "unknown image": (
        lambda connection: connection.image.image(NOBODY),
        NotFound,
        404,
        f"No image found with ID {NOBODY}",
    ),
    "unknown port": (
        lambda connection: connection.network.port(NOBODY),
        NotFound,
        404,
        f"Port {NOBODY} could not be found.",
    ),
    "unknown volume": (
        lambda connection: connection.volume.volume(NOBODY),
        NotFound,
        404,
        f"Volume {NOBODY} could not be found.",
    ),
    "wrong volume": (
        lambda connection: connection.volume.create_volume(size=0),
        BadRequest,
        400,
        "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1",
    ),
    "second default group": (
        lambda connection: connection.network.create_security_group(name="default"),
        Conflict,
        409,
        "Default security group already exists.",
    ),
}


@pytest.mark.parametrize(
    ("act", "error", "status", "message"), REFUSED.values(), ids=REFUSED.keys()
)
def test_a_refusal_carries_the_clouds_words_and_its_request_id(
    connection: Connection,
    act: Callable[[Connection], object],
    error: type[OpenStackError],
    status: int,
    message: str,
) -> None:
    with pytest.raises(error) as caught:
        act(connection)
    assert caught.value.status == status
    assert caught.value.message == message
    assert re.fullmatch("req-[0-9a-f-]{36}", caught.value.request_id or "")
    assert not caught.value.unsure


QUOTAS: dict[str, tuple[dict[str, int], Callable[[Tenant, Connection], object]]] = {
    "compute": ({"instances": 0}, a_server),
    "volume": (
        {"volumes": 0},
        lambda cloud, connection: connection.volume.create_volume(size=1),
    ),
    "network": (
        {"floatingip": 0},
        lambda cloud, connection: connection.network.create_floating_ip(
            network_id=cloud.external_network_id
        ),
    ),
}


@pytest.mark.parametrize("service", QUOTAS)
def test_a_quota_is_told_apart_in_every_dialect(
    cloud: Tenant, connection: Connection, quota: SetQuota, service: str
) -> None:
    limits, act = QUOTAS[service]
    quota(service, **limits)
    with pytest.raises(QuotaExceeded):
        act(cloud, connection)
