"""Our driver's verbs for networks, routers, ports, addresses, rules and what belongs to them."""

import pytest
from tests.contract.quota import SetQuota
from tests.contract.tenant import Tenant

from leasehold.openstack import BadRequest, Conflict, Connection, Forbidden, NotFound
from leasehold.openstack.network import AddressPair, AllocationPool, FixedIp, HostRoute


def test_a_network_and_its_subnet_are_made_changed_and_ended(
    cloud: Tenant, connection: Connection
) -> None:
    network = connection.network
    made = network.create_network(
        name="wide", description="d", port_security_enabled=False, extra={"mtu": 1400}
    )
    try:
        assert (made.description, made.port_security_enabled, made.mtu) == ("d", False, 1400)
        changed = network.update_network(made.id, name="wider", admin_state_up=False)
        assert (changed.name, changed.admin_state_up) == ("wider", False)
        subnet = network.create_subnet(
            network_id=made.id,
            cidr="10.88.0.0/24",
            gateway_ip=None,
            dns_nameservers=["192.0.2.53"],
            host_routes=[HostRoute(destination="10.99.0.0/16", nexthop="10.88.0.9")],
            allocation_pools=[AllocationPool(start="10.88.0.10", end="10.88.0.20")],
            enable_dhcp=False,
        )
        assert subnet.gateway_ip is None
        assert subnet.dns_nameservers == ("192.0.2.53",)
        assert subnet.host_routes[0].nexthop == "10.88.0.9"
        assert subnet.allocation_pools[0].end == "10.88.0.20"
        again = network.update_subnet(
            subnet.id, name="s", gateway_ip="10.88.0.1", dns_nameservers=[], host_routes=[]
        )
        assert (again.name, again.gateway_ip, again.dns_nameservers, again.host_routes) == (
            ("s", "10.88.0.1", (), ())
        )
        assert network.update_subnet(subnet.id, gateway_ip=None).gateway_ip is None
        assert network.subnet(subnet.id).enable_dhcp is False
        network.delete_subnet(subnet.id)
    finally:
        network.delete_network(made.id)
    with pytest.raises(NotFound):
        network.network(made.id)


def test_a_router_joins_a_subnet_and_leads_out(cloud: Tenant, connection: Connection) -> None:
    network = connection.network
    inner = network.create_network(name="inner")
    subnet = network.create_subnet(network_id=inner.id, cidr="10.89.0.0/24")
    router = network.create_router(
        name="r", external_network_id=cloud.external_network_id, extra={"description": "d"}
    )
    try:
        assert router.description == "d"
        assert router.external_gateway is not None
        assert router.external_gateway.network_id == cloud.external_network_id
        assert network.update_router(router.id, name="renamed").name == "renamed"
        foot = network.add_router_interface(router.id, subnet_id=subnet.id)
        assert network.port(foot.port_id).device_id == router.id
        with pytest.raises(BadRequest):
            network.add_router_interface(router.id, subnet_id=subnet.id)
        with pytest.raises(Conflict):
            network.delete_router(router.id)
        route = HostRoute(destination="10.99.0.0/16", nexthop="10.89.0.9")
        assert network.update_router(router.id, routes=[route]).routes == (route,)
        assert network.update_router(router.id, routes=[]).routes == ()
        assert network.clear_router_gateway(router.id).external_gateway is None
        led = network.set_router_gateway(router.id, network_id=cloud.external_network_id)
        assert led.external_gateway is not None
        network.remove_router_interface(router.id, subnet_id=subnet.id)
        port = network.create_port(network_id=inner.id)
        assert network.add_router_interface(router.id, port_id=port.id).port_id == port.id
        network.remove_router_interface(router.id, port_id=port.id)
        assert [each.id for each in network.routers(name="renamed")] == [router.id]
        with pytest.raises(BadRequest, match="either subnet_id or port_id"):
            network.add_router_interface(router.id)
    finally:
        network.delete_router(router.id)
        network.delete_network(inner.id)
    with pytest.raises(NotFound):
        network.router(router.id)


def test_a_port_has_all_that_one_can_wish(cloud: Tenant, connection: Connection) -> None:
    network = connection.network
    port = network.create_port(
        network_id=cloud.network_id,
        fixed_ips=[FixedIp(ip_address="10.77.0.99")],
        mac_address="fa:16:3e:00:00:99",
        allowed_address_pairs=[AddressPair(ip_address="10.1.0.0/16")],
        admin_state_up=False,
        vnic_type="normal",
        device_id="somebody",
        device_owner="lab:x",
    )
    try:
        assert port.fixed_ips[0].ip_address == "10.77.0.99"
        assert (port.mac_address, port.vnic_type) == ("fa:16:3e:00:00:99", "normal")
        assert port.allowed_address_pairs[0].ip_address == "10.1.0.0/16"
        assert (port.device_id, port.admin_state_up) == ("somebody", False)
        assert port.created_at is not None
        changed = network.update_port(
            port.id,
            admin_state_up=True,
            allowed_address_pairs=[],
            security_group_ids=[],
            port_security_enabled=False,
            device_id="",
        )
        assert (changed.allowed_address_pairs, changed.security_group_ids) == ((), ())
        assert (changed.port_security_enabled, changed.device_id) == (False, "")
    finally:
        network.delete_port(port.id)


def test_a_floating_ip_leads_to_one_address_of_a_port(
    cloud: Tenant, connection: Connection
) -> None:
    network = connection.network
    port = network.create_port(network_id=cloud.network_id, name="p")
    address = network.create_floating_ip(network_id=cloud.external_network_id, description="d")
    try:
        (fixed,) = (each.ip_address for each in port.fixed_ips)
        led = network.update_floating_ip(address.id, port_id=port.id, fixed_ip_address=fixed)
        assert (led.port_id, led.fixed_ip_address) == (port.id, fixed)
        assert led.port_details is not None
        assert led.port_details.name == "p"
        described = network.update_floating_ip(address.id, description="e")
        assert (described.description, described.port_id) == ("e", port.id)
        assert network.update_floating_ip(address.id, port_id=None).port_id is None
    finally:
        network.delete_floating_ip(address.id)
        network.delete_port(port.id)


def test_a_security_group_is_renamed_and_its_rule_got(
    cloud: Tenant, connection: Connection
) -> None:
    network = connection.network
    group = network.create_security_group(name="web")
    try:
        changed = network.update_security_group(group.id, name="renamed", description="d")
        assert (changed.name, changed.description) == ("renamed", "d")
        rule = network.create_security_group_rule(security_group_id=group.id, protocol="tcp")
        assert network.security_group_rule(rule.id).protocol == "tcp"
        with pytest.raises(Conflict):
            network.create_security_group_rule(security_group_id=group.id, protocol="tcp")
    finally:
        network.delete_security_group(group.id)


def test_things_are_tagged_and_found_by_their_tags(cloud: Tenant, connection: Connection) -> None:
    network = connection.network
    port = network.create_port(network_id=cloud.network_id)
    try:
        network.add_tag("ports", port.id, "lab")
        network.add_tag("ports", port.id, "lab")
        assert network.tags("ports", port.id) == ("lab",)
        assert set(network.set_tags("ports", port.id, ["x", "y"])) == {"x", "y"}
        network.delete_tag("ports", port.id, "x")
        assert [each.id for each in network.ports(tags="y")] == [port.id]
        with pytest.raises(NotFound):
            network.delete_tag("ports", port.id, "x")
    finally:
        network.delete_port(port.id)


def test_quotas_are_read_with_use_and_changed_by_an_administrator(
    cloud: Tenant, connection: Connection, administrator: Connection, quota: SetQuota
) -> None:
    quota("network", network=9)
    found = connection.network.quotas()
    assert (found.networks.limit, found.networks.used) == (9, 1)
    changed = administrator.network.update_quotas(cloud.project_id, floating_ips=3)
    assert (changed.floating_ips.limit, changed.networks.limit) == (3, 9)
    with pytest.raises(BadRequest, match="no quota 'nets'"):
        administrator.network.update_quotas(cloud.project_id, nets=3)
    with pytest.raises(Forbidden):
        connection.network.update_quotas(cloud.project_id, networks=99)


def test_zones_of_networks_are_listed(connection: Connection) -> None:
    for zone in connection.network.availability_zones():
        assert zone.available
        assert zone.resource in ("network", "router")
