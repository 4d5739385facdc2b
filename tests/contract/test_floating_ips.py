"""Neutron: floating IPs and the ports they lead to."""

from uuid import UUID

from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant, until
from tests.contract.test_ports import STAMPS

NOBODY = str(UUID(int=0xDEAD))
PORT_DETAILS = {
    "name": str,
    "network_id": str,
    "mac_address": str,
    "admin_state_up": bool,
    "status": str,
    "device_id": str,
    "device_owner": str,
}
FREE = STAMPS | {
    "id": str,
    "floating_ip_address": str,
    "floating_network_id": str,
    "router_id": None,
    "port_id": None,
    "fixed_ip_address": None,
    "port_details": None,
    "status": str,
}
BOUND = FREE | {
    "router_id": str,
    "port_id": str,
    "fixed_ip_address": str,
    "port_details": PORT_DETAILS,
}


def test_a_floating_ip_without_a_port_is_down(cloud: Tenant) -> None:
    body = {"floating_network_id": cloud.external_network_id, "description": "leasehold:a/b"}
    answer = cloud.network.post("/floatingips", {"floatingip": body})
    assert answer.status == 201
    has_form(answer.one, FREE)
    assert answer.one["status"] == "DOWN"
    assert answer.one["description"] == "leasehold:a/b"
    assert answer.one["floating_ip_address"].startswith("198.51.")


def test_a_floating_ip_is_bound_to_a_port_at_birth(cloud: Tenant) -> None:
    port = cloud.a_port()
    made = cloud.a_floating_ip(port_id=port["id"])
    has_form(made, BOUND)
    assert made["port_id"] == port["id"]
    assert made["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert made["router_id"] == cloud.router_id
    shown = cloud.network.get(f"/floatingips/{made['id']}").one
    assert shown["status"] == "ACTIVE"


def test_a_floating_ip_is_bound_and_loosed_later(cloud: Tenant) -> None:
    path = f"/floatingips/{cloud.a_floating_ip()['id']}"
    port = cloud.a_port()
    bound = cloud.network.put(path, {"floatingip": {"port_id": port["id"]}})
    assert bound.status == 200
    has_form(bound.one, BOUND)
    assert cloud.network.get(path).one["status"] == "ACTIVE"
    loosed = cloud.network.put(path, {"floatingip": {"port_id": None}})
    has_form(loosed.one, FREE)
    assert cloud.network.get(path).one["status"] == "DOWN"


def test_a_floating_ip_outlives_its_port(cloud: Tenant) -> None:
    port = cloud.a_port()
    path = f"/floatingips/{cloud.a_floating_ip(port_id=port['id'])['id']}"
    assert cloud.network.delete(f"/ports/{port['id']}").status == 204
    has_form(cloud.network.get(path).one, FREE)


def test_a_server_shows_its_floating_ip(cloud: Tenant) -> None:
    port = cloud.a_port()
    server_id = cloud.a_server(networks=[{"port": port["id"]}])
    address = cloud.a_floating_ip(port_id=port["id"])["floating_ip_address"]

    def kinds() -> dict[str, str]:
        listed = cloud.compute.get(f"/servers/{server_id}").one["addresses"][cloud.network_name]
        return {item["addr"]: item["OS-EXT-IPS:type"] for item in listed}

    until(lambda: len(kinds()) == 2)  # Neutron tells Nova in its own time
    assert kinds() == {port["fixed_ips"][0]["ip_address"]: "fixed", address: "floating"}


def test_an_address_has_one_floating_ip(cloud: Tenant) -> None:
    port = cloud.a_port()
    cloud.a_floating_ip(port_id=port["id"])
    body = {"floating_network_id": cloud.external_network_id, "port_id": port["id"]}
    refused(
        cloud.network.post("/floatingips", {"floatingip": body}),
        409,
        "FloatingIPPortAlreadyAssociated",
        rf"Cannot associate floating IP [\d.]+ \(\S+\) with port {port['id']} using fixed IP "
        rf"{port['fixed_ips'][0]['ip_address']}, as that fixed IP already has a floating IP on "
        rf"external network {cloud.external_network_id}\.",
    )


def test_an_unknown_port_or_network_is_not_found(cloud: Tenant) -> None:
    body = {"floating_network_id": cloud.external_network_id, "port_id": NOBODY}
    answer = cloud.network.post("/floatingips", {"floatingip": body})
    refused(answer, 404, "PortNotFound", rf"Port {NOBODY} could not be found\.")
    body = {"floating_network_id": NOBODY}
    answer = cloud.network.post("/floatingips", {"floatingip": body})
    refused(answer, 404, "NetworkNotFound", rf"Network {NOBODY} could not be found\.")


def test_a_network_of_ones_own_gives_no_floating_ips(cloud: Tenant) -> None:
    body = {"floatingip": {"floating_network_id": cloud.network_id}}
    refused(
        cloud.network.post("/floatingips", body),
        400,
        "BadRequest",
        rf"Bad floatingip request: Network {cloud.network_id} is not a valid external network\.",
    )


def test_pages_of_floating_ips_show_each_once(cloud: Tenant) -> None:
    made = {cloud.a_floating_ip()["id"] for _ in range(3)}
    path, found = "/floatingips?limit=2", []
    while path:
        body = cloud.network.get(path).body
        found += [address["id"] for address in body["floatingips"]]
        has_form(body["floatingips"], [FREE])
        links = {link["rel"]: link["href"] for link in body["floatingips_links"]}
        path = links.get("next", "")
    assert sorted(found) == sorted(made)


def test_a_deleted_floating_ip_is_gone_at_once(cloud: Tenant) -> None:
    address = cloud.a_floating_ip()["id"]
    unknown = f"Floating IP {address} could not be found"
    assert cloud.network.delete(f"/floatingips/{address}").status == 204
    for answer in (
        cloud.network.get(f"/floatingips/{address}"),
        cloud.network.delete(f"/floatingips/{address}"),
    ):
        refused(answer, 404, "FloatingIPNotFound", unknown)
