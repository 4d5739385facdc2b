"""Networks and what is on them: each method on Libcloud's own driver and on ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.openstack import OpenStackException
from libcloud.common.types import LibcloudError

from tests.looking import named
from tests.system.libcloud.pair import Pair, compare, until
from tests.system.libcloud.shown import alike, shown
from tests.system.libcloud.test_nodes import make, settled


@pytest.fixture(scope="module")
def network(pair: Pair) -> Iterator[Any]:
    made = pair.ours.ex_create_network("parity", description="for these tests")
    yield made
    assert pair.ours.ex_delete_network(made)


@pytest.fixture(scope="module")
def subnet(pair: Pair, network: Any) -> Iterator[Any]:
    made = pair.ours.ex_create_subnet("parity", network, "10.33.0.0/24")
    yield made
    assert pair.ours.ex_delete_subnet(made)


@pytest.fixture(scope="module")
def node(pair: Pair) -> Iterator[Any]:
    made = settled(pair.ours, make(pair.ours))
    yield made
    assert made.destroy()
    until(lambda: pair.ours.ex_get_node_details(made) is None)


def test_networks_are_listed_and_got_alike(pair: Pair, network: Any) -> None:
    assert {found.name for found in pair.read(lambda driver: driver.ex_list_networks())} >= {
        "contract",
        "public",
        "parity",
    }
    pair.read(lambda driver: driver.ex_get_network(network.id))


def test_a_network_is_made_with_fields_of_neutrons_and_deleted(pair: Pair) -> None:
    made = pair.do(lambda driver: driver.ex_create_network("more", mtu=1400, description="more"))
    for driver, network in zip(pair, made, strict=True):
        assert (
            driver.network_connection.request(f"/v2.0/networks/{network.id}").object["network"][
                "mtu"
            ]
            == 1400
        )
        assert driver.ex_delete_network(network) is True


def test_neutron_is_asked_for_every_field_of_a_network_that_the_program_wrote(pair: Pair) -> None:
    for driver in pair:
        with pytest.raises(BaseHTTPError, match=r"Unrecognized attribute.*nosuch"):
            driver.ex_create_network("more", nosuch=True)
    fields = {"router:external": False, "shared": False}
    made = pair.do(lambda driver: driver.ex_create_network("more", **fields))
    for driver, network in zip(pair, made, strict=True):
        driver.ex_delete_network(network)


def test_subnets_are_made_changed_listed_and_deleted_alike(pair: Pair, network: Any) -> None:
    route = {"destination": "10.9.0.0/24", "nexthop": "10.34.0.9"}
    ranges = iter(("10.34.0.0/24", "10.35.0.0/24"))

    def deed(driver: Any) -> Any:
        made = driver.ex_create_subnet(
            "s",
            network,
            next(ranges),
            description="d",
            dns_nameservers=["192.0.2.53"],
            host_routes=[route],
        )
        made.cidr = "its own"
        return made

    for driver, made in zip(pair, pair.do(deed), strict=True):
        changed = driver.ex_update_subnet(
            made, name="t", description="e", dns_nameservers=[], host_routes=[]
        )
        assert changed.name == "t"
        pair.read(lambda driver: driver.ex_list_subnets())
        whole = driver.network_connection.request(f"/v2.0/subnets/{made.id}").object["subnet"]
        assert (whole["dns_nameservers"], whole["host_routes"]) == ([], [])
        assert driver.ex_delete_subnet(made) is True


def test_ports_are_made_changed_listed_and_deleted_alike(
    pair: Pair, network: Any, subnet: Any
) -> None:
    made = pair.do(lambda driver: driver.ex_create_port(network, "d", True, "p"))
    pair.read(lambda driver: driver.ex_list_ports())
    pair.read(lambda driver: driver.ex_get_port(made[0].id))
    ports = dict(zip(pair, made, strict=True))
    pair.do(
        lambda driver: driver.ex_update_port(
            ports[driver],
            description="e",
            admin_state_up=False,
            name="q",
            security_groups=[],
            allowed_address_pairs=[{"ip_address": "10.33.0.200"}],
        )
    )
    pair.do(lambda driver: driver.ex_update_port(ports[driver], port_security_enabled=True))
    pair.do(lambda driver: driver.ex_delete_port(ports[driver]))


def test_what_a_port_shows_can_be_added_to_and_given_back(
    pair: Pair, network: Any, subnet: Any
) -> None:
    def deed(driver: Any) -> Any:
        port = driver.ex_create_port(network)
        pairs = port.extra["allowed_address_pairs"]
        pairs.append({"ip_address": "10.33.0.201"})
        changed = driver.ex_update_port(port, allowed_address_pairs=pairs)
        driver.ex_delete_port(port)
        return changed

    pair.do(deed)


def test_a_port_deletes_itself(pair: Pair, network: Any, subnet: Any) -> None:
    assert pair.ours.ex_create_port(network).delete() is True


def test_a_port_is_attached_to_a_node_and_detached(
    pair: Pair, node: Any, network: Any, subnet: Any
) -> None:
    for driver in pair:
        port = driver.ex_create_port(network)
        assert driver.ex_attach_port_interface(node, port) is True
        until(lambda port=port: port.id in [p.id for p in pair.theirs.ex_get_node_ports(node)])
        settled(pair.ours, node)
        assert driver.ex_detach_port_interface(node, port) is True
        until(lambda port=port: port.id not in [p.id for p in pair.ours.ex_get_node_ports(node)])
        driver.ex_delete_port(port)


def test_the_ports_of_a_node_tell_their_network_and_mac_address(pair: Pair, node: Any) -> None:
    """Nova tells them, and the state; Libcloud looks for them under Neutron's names."""
    theirs, ours = (driver.ex_get_node_ports(node) for driver in pair)
    lab = named(pair.ours.ex_list_networks(), "contract")
    assert ours[0].extra["network_id"] == lab.id
    assert ours[0].extra["mac_address"].count(":") == 5
    assert [port.state for port in ours] == ["active"]
    for port in ours:
        port.state = "unknown"
        port.extra |= {"network_id": None, "mac_address": None}
    compare(alike(theirs), alike(ours))


def test_a_route_or_an_address_pair_with_a_field_of_no_meaning_is_refused(
    pair: Pair, network: Any, subnet: Any
) -> None:
    ours = pair.ours
    route = {"destination": "10.9.0.0/24", "next": "typo"}
    with pytest.raises(LibcloudError, match="a host route has no next"):
        ours.ex_create_subnet("s", network, "10.36.0.0/24", host_routes=[route])
    with pytest.raises(LibcloudError, match=r"a host route cannot be read: .*nexthop"):
        ours.ex_update_subnet(subnet, host_routes=[{"destination": "10.9.0.0/24"}])
    port = ours.ex_create_port(network)
    with pytest.raises(LibcloudError, match="an allowed address pair has no ip"):
        ours.ex_update_port(port, allowed_address_pairs=[{"ip": "10.33.0.200"}])
    ours.ex_delete_port(port)


@pytest.mark.parametrize(
    ("wish", "why"),
    [({"tag": "x"}, "network of a node has no tag"), ({"uuid": 5}, "cannot be read")],
)
def test_a_network_of_a_node_that_cannot_be_meant_so_is_refused(
    pair: Pair, network: Any, wish: dict[str, Any], why: str
) -> None:
    size, image = (
        named(things, "tiny") for things in (pair.ours.list_sizes(), pair.ours.list_images())
    )
    with pytest.raises(LibcloudError, match=why):
        pair.ours.create_node("w", size, image, networks=[{"uuid": network.id, **wish}])


def test_a_node_is_made_on_a_port_or_with_an_address_of_its_own(
    pair: Pair, network: Any, subnet: Any
) -> None:
    """Libcloud takes networks only."""
    port = pair.ours.ex_create_port(network)
    (fixed,) = port.extra["fixed_ips"]
    size, image = (
        named(things, "tiny") for things in (pair.ours.list_sizes(), pair.ours.list_images())
    )
    wishes = [port, {"uuid": network.id, "fixed_ip": "10.33.0.77"}]
    node = settled(pair.ours, pair.ours.create_node("w", size, image, networks=wishes))
    assert sorted(node.private_ips) == sorted([fixed["ip_address"], "10.33.0.77"])
    assert node.destroy()
    until(lambda: pair.ours.ex_get_node_details(node) is None)
    pair.ours.ex_delete_port(port)


# Routers


def test_routers_are_made_joined_listed_and_deleted_alike(
    pair: Pair, network: Any, subnet: Any
) -> None:
    public = named(pair.ours.ex_list_networks(), "public")
    gateway = {"network_id": public.id}
    made = pair.do(lambda driver: driver.ex_create_router("r", "d", True, gateway))
    pair.read(lambda driver: driver.ex_list_routers())
    for driver, router in zip(pair, made, strict=True):
        assert driver.ex_add_router_subnet(router, subnet) is True
        assert driver.ex_del_router_subnet(router, subnet) is True
        port = driver.ex_create_port(network)
        assert driver.ex_add_router_port(router, port) is True
        assert driver.ex_del_router_port(router, port) is True
        assert driver.ex_delete_router(router) is True


@pytest.mark.parametrize("gateway", [{"network": "typo"}, {"enable_snat": False}])
def test_neutron_is_asked_for_the_gateway_that_the_program_wrote(
    pair: Pair, gateway: dict[str, Any]
) -> None:
    for driver in pair:
        with pytest.raises(BaseHTTPError, match="must contain network_id"):
            driver.ex_create_router("r", external_gateway_info=gateway)


def test_a_router_is_joined_to_something(pair: Pair) -> None:
    made = pair.do(lambda driver: driver.ex_create_router("r"))
    for driver, router in zip(pair, made, strict=True):
        with pytest.raises(OpenStackException, match="port or subnet are None"):
            driver.ex_add_router_subnet(router, None)
        driver.ex_delete_router(router)


# Floating IPs


def test_pools_are_the_external_networks(pair: Pair) -> None:
    theirs, ours = (driver.ex_list_floating_ip_pools() for driver in pair)
    assert [(p.id, p.name) for p in ours] == [(p.id, p.name) for p in theirs]
    assert all(isinstance(pool, type(theirs[0])) for pool in ours)


@pytest.mark.parametrize("named_by", ["name", "id", None])
def test_an_address_comes_from_the_pool_and_goes_back(pair: Pair, named_by: str | None) -> None:
    (pool,) = pair.ours.ex_list_floating_ip_pools()
    wish = getattr(pool, named_by) if named_by else None
    for driver in pair:
        made = driver.ex_create_floating_ip(wish)
        assert made.pool.name == "public"
        pair.read(lambda driver: driver.ex_list_floating_ips())
        pair.read(lambda driver, ip=made.ip_address: driver.ex_get_floating_ip(ip))
        assert made.get_pool().id == pool.id
        assert made.delete() is True


def test_a_pool_that_is_none_gives_none(pair: Pair) -> None:
    assert pair.read(lambda driver: driver.ex_create_floating_ip("none")) is None
    assert pair.read(lambda driver: driver.ex_get_floating_ip("192.0.2.1")) is None


def test_a_pools_own_methods_are_alike(pair: Pair) -> None:
    pools = [driver.ex_list_floating_ip_pools()[0] for driver in pair]
    for pool in pools:
        made = pool.create_floating_ip()
        one, other = (each.get_floating_ip(made.ip_address) for each in pools)
        assert one.id == other.id == made.id
        assert [[ip.id for ip in each.list_floating_ips()] for each in pools] == [[made.id]] * 2
        assert pool.delete_floating_ip(made) is True
        assert pool.get_floating_ip(made.ip_address) is None


def public_ips(pair: Pair, node: Any) -> list[str]:
    return list(pair.ours.ex_get_node_details(node).public_ips)


@pytest.mark.parametrize("by", ["itself", "address"])
def test_an_address_leads_to_a_node_and_away(pair: Pair, node: Any, by: str) -> None:
    for driver in pair:
        made = driver.ex_create_floating_ip("public")
        ip = made if by == "itself" else made.ip_address
        assert driver.ex_attach_floating_ip_to_node(node, ip) is True
        until(lambda a=made.ip_address: public_ips(pair, node) == [a])
        found = pair.read(lambda driver, a=made.ip_address: driver.ex_get_floating_ip(a))
        assert found.get_node_id() == node.id
        assert driver.ex_detach_floating_ip_from_node(node, ip) is True
        until(lambda: public_ips(pair, node) == [])
        port = driver.ex_get_node_ports(node)[0]
        assert driver.ex_attach_floating_ip_to_node(node, ip, port_id=port.id) is True
        assert driver.ex_detach_floating_ip_from_node(node, ip) is True
        assert made.delete() is True


def test_an_address_that_is_none_leads_nowhere(pair: Pair, node: Any) -> None:
    assert pair.read(lambda d: d.ex_attach_floating_ip_to_node(node, "192.0.2.1")) is False
    assert pair.read(lambda d: d.ex_detach_floating_ip_from_node(node, "192.0.2.1")) is False


# Security groups


def test_security_groups_are_alike_but_for_the_direction_of_their_rules(pair: Pair) -> None:
    """Libcloud calls what lets out ingress too."""
    made = pair.ours.ex_create_security_group("parity", "")
    theirs, ours = (driver.ex_list_security_groups() for driver in pair)
    directions = [rule.direction for group in ours for rule in group.rules]
    assert "egress" in directions
    assert {rule.direction for group in theirs for rule in group.rules} == {"ingress"}
    for group in (*theirs, *ours):
        group.rules.sort(key=lambda rule: rule.id)  # Neutron's order is none
        for rule in group.rules:
            rule.direction = "ingress"
    compare(*(shown(sorted(groups, key=lambda group: group.id)) for groups in (theirs, ours)))
    assert pair.ours.ex_delete_security_group(made)


def test_a_group_and_its_rules_come_and_go_alike(pair: Pair) -> None:
    for source in (False, True):
        groups = dict(zip(pair, (d.ex_create_security_group("g", "d") for d in pair), strict=True))

        def deed(driver: Any, groups: Any = groups, source: bool = source) -> Any:
            others = (
                {"source_security_group": groups[driver]} if source else {"cidr": "192.0.2.0/24"}
            )
            return driver.ex_create_security_group_rule(groups[driver], "tcp", 22, 23, **others)

        for driver, rule in zip(pair, pair.do(deed), strict=True):
            assert driver.ex_delete_security_group_rule(rule) is True
            assert driver.ex_delete_security_group(groups[driver]) is True


def test_a_node_is_taken_out_of_a_group(pair: Pair, node: Any) -> None:
    for driver in pair:
        (group,) = driver.ex_get_node_security_groups(node)
        assert driver.ex_remove_security_group_from_node(group, node) is True
        assert driver.ex_get_node_security_groups(node) == []
        pair.ours.cloud.compute.add_security_group(node.id, group.name)


def test_the_groups_of_a_node_are_alike(pair: Pair, node: Any) -> None:
    pair.read(lambda driver: driver.ex_get_node_security_groups(node))
