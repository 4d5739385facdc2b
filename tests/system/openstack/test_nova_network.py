"""Networking by Nova through the driver, every verb over HTTP, on a cloud that has nothing else."""

from collections.abc import Iterator

import pytest

from leasehold.emulator import Delays, Emulator
from leasehold.openstack import BadRequest, Connection, Forbidden, NotFound, OpenStackError

from .conftest import QUICK, connected
from .waiting import until


@pytest.fixture(params=["old", "oldest"])
def old(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    delays = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
    with Emulator(delays=delays, seed=1, catalog=request.param) as cloud:
        yield cloud


@pytest.fixture
def cloud(old: Emulator) -> Iterator[Connection]:
    with connected(old) as made:
        yield made


def test_networks_are_made_by_administrators_for_everybody(old: Emulator) -> None:
    admin = {"username": "admin", "password": "admin", "project_name": "admin"}
    with connected(old, **admin) as cloud:
        made = cloud.nova_network.create_network(name="more", cidr="10.9.0.0/24")
        assert (made.name, made.cidr, made.gateway) == ("more", "10.9.0.0/24", "10.9.0.1")
        assert cloud.nova_network.network(made.id) == made
        assert made in list(cloud.nova_network.networks())
        cloud.nova_network.delete_network(made.id)
        with pytest.raises(NotFound, match="Network not found"):
            cloud.nova_network.network(made.id)


def test_a_project_makes_networks_of_its_own(cloud: Connection) -> None:
    with pytest.raises(Forbidden):
        cloud.nova_network.create_network(name="more", cidr="10.9.0.0/24")
    made = cloud.nova_network.create_network(name="mine", cidr="10.9.0.0/24", own=True)
    assert cloud.nova_network.network(made.id, own=True) == made
    assert made in list(cloud.nova_network.networks(own=True))
    cloud.nova_network.delete_network(made.id, own=True)
    assert made not in list(cloud.nova_network.networks(own=True))


def test_a_floating_ip_leads_to_a_server(cloud: Connection) -> None:
    (pool,) = cloud.nova_network.floating_ip_pools()
    made = cloud.nova_network.create_floating_ip(pool.name)
    assert (made.pool, made.server_id) == ("public", None)
    (image, *_) = (i for i in cloud.compute.compute_images() if i.name == "tiny")
    server = cloud.compute.create_server(name="web", flavor_id="1", image_id=image.id)
    until(lambda: cloud.compute.server(server.id).status == "ACTIVE")
    cloud.compute.add_floating_ip(server.id, made.address)
    shown = cloud.nova_network.floating_ip(made.id)
    assert shown.server_id == server.id
    assert list(cloud.nova_network.floating_ips()) == [shown]
    cloud.compute.remove_floating_ip(server.id, made.address)
    assert cloud.nova_network.floating_ip(made.id).server_id is None
    cloud.nova_network.delete_floating_ip(made.id)
    with pytest.raises(NotFound):
        cloud.nova_network.floating_ip(made.id)


def test_a_security_group_lets_in_what_its_rules_say(cloud: Connection) -> None:
    network = cloud.nova_network
    group = network.create_security_group(name="web", description="front")
    rule = network.create_security_group_rule(
        group.id, protocol="tcp", from_port=80, to_port=81, cidr="10.0.0.0/8"
    )
    assert (rule.from_port, rule.to_port, rule.ip_range.cidr) == (80, 81, "10.0.0.0/8")
    inner = network.create_security_group_rule(group.id, protocol="udp", group_id=group.id)
    assert (inner.group.name, inner.from_port, inner.to_port) == ("web", 1, 65_535)
    shown = network.security_group(group.id)
    assert (shown.name, set(shown.rules)) == ("web", {rule, inner})
    assert shown in list(network.security_groups())
    changed = network.update_security_group(group.id, name="www", description="")
    assert (changed.name, changed.description) == ("www", "")
    with pytest.raises(BadRequest, match="This rule already exists"):
        network.create_security_group_rule(
            group.id, protocol="tcp", from_port=80, to_port=81, cidr="10.0.0.0/8"
        )
    network.delete_security_group_rule(rule.id)
    assert [one.id for one in network.security_group(group.id).rules] == [inner.id]
    network.delete_security_group(group.id)
    with pytest.raises(NotFound):
        network.security_group(group.id)


def test_where_networks_are_neutron_s_none_is_made(connection: Connection) -> None:
    with pytest.raises(OpenStackError) as gone:
        connection.nova_network.create_network(name="more", cidr="10.9.0.0/24")
    assert gone.value.status == 410
    names = {network.name for network in connection.nova_network.networks()}
    assert names == {"lab", "public"}
