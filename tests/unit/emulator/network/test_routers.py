"""Routers: gateways, interfaces, and what stands in their way."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

ROUTERS = "/network/v2.0/routers"
NOBODY = "00000000-0000-4000-8000-000000000000"


def a_router(cloud: InProcess, **fields: Any) -> Any:
    reply = cloud.call("POST", ROUTERS, {"router": fields})
    assert reply.status == 201, reply.body
    return reply.json["router"]


def a_subnet(cloud: InProcess, cidr: str = "10.9.0.0/24", **fields: Any) -> Any:
    network = cloud.call("POST", "/network/v2.0/networks", {"network": {}}).json["network"]
    wish = {"network_id": network["id"], "ip_version": 4, "cidr": cidr, **fields}
    return cloud.call("POST", "/network/v2.0/subnets", {"subnet": wish}).json["subnet"]


def interface(cloud: InProcess, router: Any, verb: str, **wanted: Any) -> Reply:
    return cloud.call("PUT", f"{ROUTERS}/{router['id']}/{verb}_router_interface", wanted)


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def a_floating_ip(cloud: InProcess, network_id: str) -> Any:
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network_id}})
    wish = {
        "floating_network_id": cloud.network_id("public"),
        "port_id": port.json["port"]["id"],
    }
    reply = cloud.call("POST", "/network/v2.0/floatingips", {"floatingip": wish})
    assert reply.status == 201, reply.body
    return reply.json["floatingip"]


def test_a_gateway_is_a_port_that_belongs_to_nobody(cloud: InProcess) -> None:
    gateway = {"network_id": cloud.network_id("public")}
    router = a_router(cloud, external_gateway_info=gateway)
    (address,) = router["external_gateway_info"]["external_fixed_ips"]
    assert address["ip_address"].startswith("198.51.")
    assert router["external_gateway_info"]["enable_snat"] is True
    query = f"/network/v2.0/ports?device_id={router['id']}"
    assert cloud.call("GET", query).json["ports"] == []
    (port,) = cloud.call("GET", query, user="admin").json["ports"]
    assert (port["device_owner"], port["project_id"]) == ("network:router_gateway", "")


def test_a_gateway_needs_an_external_network(cloud: InProcess) -> None:
    wish = {"router": {"external_gateway_info": {"network_id": cloud.network_id("lab")}}}
    assert refusal(cloud.call("POST", ROUTERS, wish)) == (
        400,
        "BadRequest",
        f"Bad router request: Network {cloud.network_id('lab')} is not an external network.",
    )


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_gateway_takes_the_gateway_away(cloud: InProcess, nothing: object) -> None:
    gateway = {"network_id": cloud.network_id("public")}
    router = a_router(cloud, external_gateway_info=gateway)
    path = f"{ROUTERS}/{router['id']}"
    changed = cloud.call("PUT", path, {"router": {"external_gateway_info": nothing}})
    assert changed.json["router"]["external_gateway_info"] is None
    query = f"/network/v2.0/ports?device_id={router['id']}"
    assert cloud.call("GET", query, user="admin").json["ports"] == []


def test_an_interface_has_the_subnets_gateway_address(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    added = interface(cloud, router, "add", subnet_id=subnet["id"]).json
    assert (added["id"], added["subnet_ids"]) == (router["id"], [subnet["id"]])
    port = cloud.call("GET", f"/network/v2.0/ports/{added['port_id']}").json["port"]
    assert port["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.9.0.1"}]
    assert port["device_owner"] == "network:router_interface"


def test_an_interface_can_be_a_port_of_ones_own(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    wish = {"network_id": subnet["network_id"]}
    port = cloud.call("POST", "/network/v2.0/ports", {"port": wish}).json["port"]
    assert interface(cloud, router, "add", port_id=port["id"]).status == 200
    assert interface(cloud, router, "remove", port_id=port["id"]).status == 200
    assert cloud.call("GET", f"/network/v2.0/ports/{port['id']}").status == 404


def test_a_port_in_use_is_no_interface(cloud: InProcess) -> None:
    server = cloud.a_server()
    query = f"/network/v2.0/ports?device_id={server['id']}"
    (port,) = cloud.call("GET", query).json["ports"]
    reply = interface(cloud, a_router(cloud), "add", port_id=port["id"])
    assert refusal(reply)[:2] == (409, "PortInUse")


def test_a_subnet_is_connected_once(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    interface(cloud, router, "add", subnet_id=subnet["id"])
    assert refusal(interface(cloud, router, "add", subnet_id=subnet["id"])) == (
        400,
        "BadRequest",
        f"Bad router request: Router already has a port on subnet {subnet['id']}.",
    )


@pytest.mark.parametrize(
    ("wanted", "status", "message"),
    [
        ({}, 400, "Bad router request: Either subnet_id or port_id must be specified."),
        ({"subnet_id": NOBODY, "port_id": NOBODY}, 400,
         "Bad router request: Cannot specify both subnet-id and port-id."),
        ({"subnet_id": NOBODY}, 404, f"Subnet {NOBODY} could not be found."),
        ({"port_id": NOBODY}, 404, f"Port {NOBODY} could not be found."),
    ],
)  # fmt: skip
def test_a_wrong_interface_is_refused_in_neutrons_words(
    cloud: InProcess, wanted: dict[str, str], status: int, message: str
) -> None:
    told = refusal(interface(cloud, a_router(cloud), "add", **wanted))
    assert (told[0], told[2]) == (status, message)


def test_removing_an_interface_that_is_not_there_is_not_found(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    assert refusal(interface(cloud, router, "remove", subnet_id=subnet["id"])) == (
        404,
        "RouterInterfaceNotFoundForSubnet",
        f"Router {router['id']} has no interface on subnet {subnet['id']}",
    )
    assert refusal(interface(cloud, router, "remove", port_id=NOBODY))[1] == (
        "RouterInterfaceNotFound"
    )


def test_a_router_with_interfaces_is_not_deleted(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    added = interface(cloud, router, "add", subnet_id=subnet["id"]).json
    path = f"{ROUTERS}/{router['id']}"
    assert refusal(cloud.call("DELETE", path)) == (
        409,
        "RouterInUse",
        f"Router {router['id']} has ports still attached: {added['port_id']}",
    )
    interface(cloud, router, "remove", subnet_id=subnet["id"])
    assert cloud.call("DELETE", path).status == 204
    assert refusal(cloud.call("GET", path)) == (
        404,
        "RouterNotFound",
        f"Router {router['id']} could not be found",
    )


def test_what_a_floating_ip_needs_is_not_taken_away(cloud: InProcess) -> None:
    gateway = {"network_id": cloud.network_id("public")}
    router, subnet = a_router(cloud, external_gateway_info=gateway), a_subnet(cloud)
    interface(cloud, router, "add", subnet_id=subnet["id"])
    fip = a_floating_ip(cloud, subnet["network_id"])
    path = f"{ROUTERS}/{router['id']}"
    ungated = cloud.call("PUT", path, {"router": {"external_gateway_info": None}})
    assert refusal(ungated)[:2] == (409, "RouterExternalGatewayInUseByFloatingIp")
    removed = interface(cloud, router, "remove", subnet_id=subnet["id"])
    assert refusal(removed)[:2] == (409, "RouterInterfaceInUseByFloatingIP")
    cloud.call("DELETE", f"/network/v2.0/floatingips/{fip['id']}")
    assert interface(cloud, router, "remove", subnet_id=subnet["id"]).status == 200


def test_a_route_leads_to_where_the_router_is_connected(cloud: InProcess) -> None:
    router, subnet = a_router(cloud), a_subnet(cloud)
    interface(cloud, router, "add", subnet_id=subnet["id"])
    path = f"{ROUTERS}/{router['id']}"
    near = [{"destination": "172.16.0.0/12", "nexthop": "10.9.0.7"}]
    far = [{"destination": "172.16.0.0/12", "nexthop": "10.8.0.7"}]
    assert cloud.call("PUT", path, {"router": {"routes": near}}).json["router"]["routes"] == near
    assert refusal(cloud.call("PUT", path, {"router": {"routes": far}})) == (
        400,
        "InvalidRoutes",
        f"Invalid format for routes: {far}, the nexthop is not connected with router",
    )
