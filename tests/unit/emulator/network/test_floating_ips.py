"""Floating IPs: association, statuses and refusals."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

FLOATING_IPS = "/network/v2.0/floatingips"
NOBODY = "00000000-0000-4000-8000-000000000000"


def make(cloud: InProcess, user: str = "demo", **fields: Any) -> Reply:
    wish = {"floating_network_id": cloud.network_id("public"), **fields}
    return cloud.call("POST", FLOATING_IPS, {"floatingip": wish}, user=user)


def a_floating_ip(cloud: InProcess, **fields: Any) -> Any:
    reply = make(cloud, **fields)
    assert reply.status == 201, reply.body
    return reply.json["floatingip"]


def a_port(cloud: InProcess, **fields: Any) -> Any:
    wish = {"network_id": cloud.network_id(), **fields}
    reply = cloud.call("POST", "/network/v2.0/ports", {"port": wish})
    assert reply.status == 201, reply.body
    return reply.json["port"]


def seen(cloud: InProcess, fip: Any) -> Any:
    """As it is a moment later, when the router has heard of it."""
    cloud.advance(0.1)
    return cloud.call("GET", f"{FLOATING_IPS}/{fip['id']}").json["floatingip"]


def aim(cloud: InProcess, fip: Any, **fields: Any) -> Reply:
    return cloud.call("PUT", f"{FLOATING_IPS}/{fip['id']}", {"floatingip": fields})


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_a_floating_ip_leads_to_a_port_from_birth(cloud: InProcess) -> None:
    port = a_port(cloud, name="web")
    fip = a_floating_ip(cloud, port_id=port["id"], description="leasehold:i/floating-1")
    assert fip["status"] == "DOWN"
    assert fip["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert fip["port_details"]["name"] == "web"
    assert fip["router_id"] is not None
    assert fip["description"] == "leasehold:i/floating-1"
    assert seen(cloud, fip)["status"] == "ACTIVE"


def test_it_can_wait_for_its_port_and_be_loosed_again(cloud: InProcess) -> None:
    fip, port = a_floating_ip(cloud), a_port(cloud)
    assert (fip["port_id"], fip["port_details"], fip["status"]) == (None, None, "DOWN")
    assert aim(cloud, fip, port_id=port["id"]).json["floatingip"]["port_id"] == port["id"]
    assert seen(cloud, fip)["status"] == "ACTIVE"
    loose = aim(cloud, fip, port_id=None).json["floatingip"]
    assert (loose["router_id"], loose["fixed_ip_address"]) == (None, None)
    assert seen(cloud, fip)["status"] == "DOWN"


def test_a_servers_addresses_show_it(cloud: InProcess) -> None:
    server = cloud.a_server()
    query = f"/network/v2.0/ports?device_id={server['id']}"
    (port,) = cloud.call("GET", query).json["ports"]
    fip = a_floating_ip(cloud, port_id=port["id"])
    kinds = {
        entry["OS-EXT-IPS:type"]: entry["addr"]
        for entry in cloud.server(server["id"])["addresses"]["lab"]
    }
    assert kinds["floating"] == fip["floating_ip_address"]
    cloud.call("DELETE", f"{FLOATING_IPS}/{fip['id']}")
    assert len(cloud.server(server["id"])["addresses"]["lab"]) == 1


def test_it_outlives_its_port(cloud: InProcess) -> None:
    port = a_port(cloud)
    fip = a_floating_ip(cloud, port_id=port["id"])
    cloud.call("DELETE", f"/network/v2.0/ports/{port['id']}")
    left = seen(cloud, fip)
    assert (left["port_id"], left["status"]) == (None, "DOWN")


def test_it_lets_go_of_an_address_that_its_port_loses(cloud: InProcess) -> None:
    port = a_port(cloud)
    fip = a_floating_ip(cloud, port_id=port["id"])
    wish = {"port": {"fixed_ips": [{"ip_address": "10.20.9.9"}]}}
    assert cloud.call("PUT", f"/network/v2.0/ports/{port['id']}", wish).status == 200
    assert seen(cloud, fip)["port_id"] is None


def test_an_inner_address_has_one_floating_ip(cloud: InProcess) -> None:
    port = a_port(cloud)
    a_floating_ip(cloud, port_id=port["id"])
    other = a_floating_ip(cloud)
    address = port["fixed_ips"][0]["ip_address"]
    assert refusal(aim(cloud, other, port_id=port["id"])) == (
        409,
        "FloatingIPPortAlreadyAssociated",
        (
            f"Cannot associate floating IP {other['floating_ip_address']} ({other['id']}) with port "
            f"{port['id']} using fixed IP {address}, as that fixed IP already has a floating IP on "
            f"external network {cloud.network_id('public')}."
        ),
    )


def test_a_refused_create_takes_no_address(cloud: InProcess) -> None:
    port = a_port(cloud)
    a_floating_ip(cloud, port_id=port["id"])
    before = cloud.call("GET", "/network/v2.0/ports", user="admin").json["ports"]
    assert make(cloud, port_id=port["id"]).status == 409
    after = cloud.call("GET", "/network/v2.0/ports", user="admin").json["ports"]
    assert len(after) == len(before)


def test_a_port_without_a_router_is_out_of_reach(cloud: InProcess) -> None:
    network = cloud.call("POST", "/network/v2.0/networks", {"network": {}}).json["network"]
    wish = {"network_id": network["id"], "ip_version": 4, "cidr": "10.9.0.0/24"}
    subnet = cloud.call("POST", "/network/v2.0/subnets", {"subnet": wish}).json["subnet"]
    port = a_port(cloud, network_id=network["id"])
    assert refusal(make(cloud, port_id=port["id"])) == (
        404,
        "ExternalGatewayForFloatingIPNotFound",
        (
            f"External network {cloud.network_id('public')} is not reachable from subnet "
            f"{subnet['id']}.  Therefore, cannot associate Port {port['id']} with a Floating IP."
        ),
    )


def test_of_several_addresses_one_must_be_named(cloud: InProcess) -> None:
    wish = [{"ip_address": "10.20.9.8"}, {"ip_address": "10.20.9.9"}]
    port = a_port(cloud, fixed_ips=wish)
    status, kind, message = refusal(make(cloud, port_id=port["id"]))
    assert (status, kind) == (400, "BadRequest")
    assert "Must provide a specific IPv4 address" in message
    fip = a_floating_ip(cloud, port_id=port["id"], fixed_ip_address="10.20.9.9")
    assert fip["fixed_ip_address"] == "10.20.9.9"


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"floating_network_id": NOBODY}, 404, f"Network {NOBODY} could not be found."),
        ({"port_id": NOBODY}, 404, f"Port {NOBODY} could not be found."),
        ({"subnet_id": NOBODY}, 404, f"Subnet {NOBODY} could not be found."),
        ({"fixed_ip_address": "10.20.0.9"}, 400,
         "Bad floatingip request: fixed_ip_address cannot be specified without a port_id."),
        ({"floating_ip_address": "198.51.7.7"}, 403,
         ("(rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed "
         "by policy")),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_in_neutrons_words(
    cloud: InProcess, fields: dict[str, Any], status: int, message: str
) -> None:
    told = refusal(make(cloud, **fields))
    assert (told[0], told[2]) == (status, message)


def test_a_network_that_leads_nowhere_has_no_floating_ips(cloud: InProcess) -> None:
    lab = cloud.network_id("lab")
    assert refusal(make(cloud, floating_network_id=lab)) == (
        400,
        "BadRequest",
        f"Bad floatingip request: Network {lab} is not a valid external network.",
    )


def test_an_administrator_may_choose_the_address(cloud: InProcess) -> None:
    reply = make(cloud, user="admin", floating_ip_address="198.51.7.7")
    assert reply.json["floatingip"]["floating_ip_address"] == "198.51.7.7"


def test_its_own_port_is_not_deleted_as_a_port(cloud: InProcess) -> None:
    fip = a_floating_ip(cloud)
    query = f"/network/v2.0/ports?device_id={fip['id']}"
    (port,) = cloud.call("GET", query, user="admin").json["ports"]
    assert (port["device_owner"], port["status"]) == ("network:floatingip", "N/A")
    reply = cloud.call("DELETE", f"/network/v2.0/ports/{port['id']}", user="admin")
    assert refusal(reply)[:2] == (409, "ServicePortInUse")
    assert cloud.call("DELETE", f"{FLOATING_IPS}/{fip['id']}").status == 204
    assert cloud.call("GET", query, user="admin").json["ports"] == []


def test_a_deleted_one_is_not_found(cloud: InProcess) -> None:
    fip = a_floating_ip(cloud)
    path = f"{FLOATING_IPS}/{fip['id']}"
    assert cloud.call("DELETE", path).status == 204
    for method in ("GET", "DELETE"):
        assert refusal(cloud.call(method, path)) == (
            404,
            "FloatingIPNotFound",
            f"Floating IP {fip['id']} could not be found",
        )
