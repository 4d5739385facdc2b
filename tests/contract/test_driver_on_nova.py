"""Our driver's verbs for networks and volumes of Nova's own, which it still has at 2.1."""

import pytest
from tests.contract.tenant import Tenant, until

from leasehold.openstack import BadRequest, Connection, NotFound, OpenStackError


def test_networks_are_shown(cloud: Tenant, connection: Connection) -> None:
    for own in (False, True):
        found = connection.nova_network.network(cloud.network_id, own=own)
        assert (found.id, found.name) == (cloud.network_id, cloud.network_name)
        assert found in list(connection.nova_network.networks(own=own))
    with pytest.raises(OpenStackError) as gone:
        connection.nova_network.create_network(name="more", cidr="10.9.0.0/24")
    assert gone.value.status == 410


def test_a_floating_ip_leads_to_a_server(cloud: Tenant, connection: Connection) -> None:
    server_id = cloud.a_server()
    (pool,) = connection.nova_network.floating_ip_pools()
    made = connection.nova_network.create_floating_ip(pool.name)
    try:
        assert (made.pool, made.server_id) == ("public", None)
        connection.compute.add_floating_ip(server_id, made.address)
        shown = connection.nova_network.floating_ip(made.id)
        assert (shown.server_id, shown.address) == (server_id, made.address)
        assert shown in list(connection.nova_network.floating_ips())
        connection.compute.remove_floating_ip(server_id, made.address)
        assert connection.nova_network.floating_ip(made.id).server_id is None
    finally:
        connection.nova_network.delete_floating_ip(made.id)
    with pytest.raises(NotFound):
        connection.nova_network.floating_ip(made.id)


def test_a_security_group_has_rules(cloud: Tenant, connection: Connection) -> None:
    network = connection.nova_network
    cloud.network.made.add("security-groups")
    group = network.create_security_group(name="g", description="mine")
    rule = network.create_security_group_rule(
        group.id, protocol="tcp", from_port=80, to_port=81, cidr="10.0.0.0/8"
    )
    inner = network.create_security_group_rule(group.id, protocol="udp", group_id=group.id)
    assert (inner.group.name, inner.from_port, inner.to_port) == ("g", 1, 65_535)
    assert set(network.security_group(group.id).rules) == {rule, inner}
    assert network.update_security_group(group.id, name="g", description="").description == ""
    with pytest.raises(BadRequest, match="Not enough parameters"):
        network.create_security_group_rule(group.id)
    network.delete_security_group_rule(rule.id)
    assert network.security_group(group.id).rules == (inner,)
    assert "g" in [one.name for one in network.security_groups()]
    network.delete_security_group(group.id)
    with pytest.raises(NotFound):
        network.security_group(group.id)


def test_a_volume_and_its_snapshot_live(cloud: Tenant, connection: Connection) -> None:
    nova = connection.nova_volume
    cloud.volume.made |= {"volumes", "snapshots"}
    volume = nova.create_volume(size=1, name="data", description="of mine", metadata={"a": "b"})
    cloud.volume_is(volume.id, "available")
    shown = nova.volume(volume.id)
    assert (shown.name, shown.description, shown.metadata) == ("data", "of mine", {"a": "b"})
    assert shown.attachments == ()
    assert list(nova.volumes()) == [shown]
    snapshot = nova.create_snapshot(volume_id=volume.id, name="before", force=True)
    until(lambda: nova.snapshot(snapshot.id).status == "available")
    assert [one.name for one in nova.snapshots()] == ["before"]
    nova.delete_snapshot(snapshot.id)
    cloud.gone(cloud.volume, f"/snapshots/{snapshot.id}")
    nova.delete_volume(volume.id)
    cloud.gone(cloud.volume, f"/volumes/{volume.id}")
    with pytest.raises(NotFound):
        nova.volume(volume.id)
