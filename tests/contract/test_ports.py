"""Neutron: ports and the networks they are on."""

from typing import Any
from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant

NOBODY = str(UUID(int=0xDEAD))
STAMPS = {
    "description": str,
    "tags": [str],
    "created_at": str,
    "updated_at": str,
    "revision_number": int,
    "project_id": str,
    "tenant_id": str,
}
PORT = STAMPS | {
    "id": str,
    "name": str,
    "network_id": str,
    "mac_address": str,
    "admin_state_up": bool,
    "status": str,
    "device_id": str,
    "device_owner": str,
    "fixed_ips": [{"subnet_id": str, "ip_address": str}],
    "allowed_address_pairs": [dict],
    "extra_dhcp_opts": [dict],
    "security_groups": [str],
    "binding:vnic_type": str,
    "port_security_enabled": bool,
}
BINDING = {
    "binding:profile": dict,
    "binding:host_id": str,
    "binding:vif_type": str,
    "binding:vif_details": dict,
}
NETWORK = STAMPS | {
    "id": str,
    "name": str,
    "admin_state_up": bool,
    "mtu": int,
    "status": str,
    "subnets": [str],
    "shared": bool,
    "availability_zone_hints": [str],
    "availability_zones": [str],
    "ipv4_address_scope": None | str,
    "ipv6_address_scope": None | str,
    "router:external": bool,
    "qinq": bool,
    "vlan_transparent": bool,
    "port_security_enabled": bool,
}
SUBNET = STAMPS | {
    "id": str,
    "name": str,
    "network_id": str,
    "ip_version": int,
    "cidr": str,
    "gateway_ip": str,
    "enable_dhcp": bool,
    "allocation_pools": [{"start": str, "end": str}],
    "dns_nameservers": [str],
    "host_routes": [dict],
    "subnetpool_id": None | str,
    "ipv6_ra_mode": None | str,
    "ipv6_address_mode": None | str,
    "router:external": bool,
    "service_types": [str],
}
ROUTER = STAMPS | {
    "id": str,
    "name": str,
    "admin_state_up": bool,
    "status": str,
    "external_gateway_info": {
        "network_id": str,
        "external_fixed_ips": [{"subnet_id": str, "ip_address": str}],
        "enable_snat": bool,
    },
    "availability_zones": [str],
    "availability_zone_hints": [str],
    "routes": [dict],
    "flavor_id": None | str,
}


def test_a_port_has_an_address_and_the_default_group_at_birth(cloud: Tenant) -> None:
    description = "leasehold:installation/port-1"
    answer = cloud.network.post(
        "/ports", {"port": {"network_id": cloud.network_id, "description": description}}
    )
    assert answer.status == 201
    port = answer.one
    has_form(port, PORT)
    assert port["description"] == description
    assert port["status"] == "DOWN"
    assert port["mac_address"].startswith("fa:16:3e:")
    ((address),) = port["fixed_ips"]
    assert address["subnet_id"] == cloud.subnet_id
    assert address["ip_address"].startswith("10.77.0.")
    (default,) = cloud.network.get("/security-groups?name=default").one
    assert port["security_groups"] == [default["id"]]
    assert cloud.network.get(f"/ports/{port['id']}").one == port


def test_an_admin_sees_where_a_port_is_bound(cloud: Tenant) -> None:
    shown = cloud.admin.network.get(f"/ports/{cloud.a_port()['id']}").one
    has_form(shown, PORT | BINDING)


def test_a_port_takes_the_groups_asked_for_or_none(cloud: Tenant) -> None:
    group = cloud.a_security_group()["id"]
    assert cloud.a_port(security_groups=[group])["security_groups"] == [group]
    assert cloud.a_port(security_groups=[])["security_groups"] == []


def test_networks_subnets_and_routers_are_shown_whole(cloud: Tenant) -> None:
    has_form(cloud.network.get(f"/networks/{cloud.network_id}").one, NETWORK)
    has_form(cloud.network.get(f"/subnets/{cloud.subnet_id}").one, SUBNET)
    has_form(cloud.network.get(f"/routers/{cloud.router_id}").one, ROUTER)
    networks = {network["name"]: network for network in cloud.network.get("/networks").one}
    own, public = networks[cloud.network_name], networks["public"]
    has_form(own, NETWORK)
    has_form(public, NETWORK | {"is_default": bool})
    assert own["router:external"] is False
    assert own["subnets"] == [cloud.subnet_id]
    assert public["router:external"] is True
    (external,) = cloud.network.get("/networks?router:external=True&fields=name").one
    assert external == {"name": "public"}


def test_a_port_changes_its_description_and_name(cloud: Tenant) -> None:
    port = cloud.a_port()
    change = {"port": {"description": "leasehold:a/b", "name": "renamed"}}
    changed = cloud.network.put(f"/ports/{port['id']}", change)
    assert changed.status == 200
    assert (changed.one["description"], changed.one["name"]) == ("leasehold:a/b", "renamed")
    assert changed.one["revision_number"] > port["revision_number"]


def test_tags_are_put_as_a_whole_or_one_by_one(cloud: Tenant) -> None:
    path = f"/ports/{cloud.a_port()['id']}"
    whole = cloud.network.put(f"{path}/tags", {"tags": ["b", "a"]})
    assert whole.status == 200
    assert sorted(whole.body["tags"]) == ["a", "b"]
    assert cloud.network.put(f"{path}/tags/c").status == 201
    assert sorted(cloud.network.get(path).one["tags"]) == ["a", "b", "c"]


def test_ports_are_found_by_tags_name_and_description(cloud: Tenant) -> None:
    first = cloud.a_port(name="first", description="leasehold:a/b")["id"]
    cloud.a_port(name="second")
    cloud.network.put(f"/ports/{first}/tags", {"tags": ["x", "y"]})
    for query in ("tags=x,y", "name=first", "description=leasehold:a/b", f"id={first}"):
        found = cloud.network.get(f"/ports?{query}&fields=id").one
        assert found == [{"id": first}], query
    names = cloud.network.get("/ports?name=first&name=second&fields=name").one
    assert sorted(port["name"] for port in names) == ["first", "second"]


def test_pages_of_ports_lead_forward_and_back(cloud: Tenant) -> None:
    made = {cloud.a_port(name="paged")["id"] for _ in range(5)}
    path, pages = "/ports?name=paged&limit=2&fields=id", []
    while path:
        body = cloud.network.get(path).body
        pages.append([port["id"] for port in body["ports"]])
        links = {link["rel"]: link["href"] for link in body["ports_links"]}
        assert "previous" in links
        path = links.get("next", "")
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {port_id for page in pages for port_id in page} == made
    back = cloud.network.get(links["previous"]).body
    assert [port["id"] for port in back["ports"]] == pages[1]


def test_a_list_without_a_limit_has_no_links(cloud: Tenant) -> None:
    cloud.a_port()
    has_form(cloud.network.get("/ports").body, {"ports": [PORT]})


WRONG_QUERY: dict[str, tuple[str, int, str, str]] = {
    "marker": (
        f"limit=2&marker={NOBODY}",
        404,
        "PortNotFound",
        rf"Port {NOBODY} could not be found\.",
    ),
    "limit": (
        "limit=abc",
        400,
        "BadRequest",
        r"Bad limit request: Limit must be an integer 0 or greater and not 'abc'\.",
    ),
    "filter": ("nope=1", 400, "HTTPBadRequest", r"\['nope'\] is invalid attribute for filtering"),
}


@pytest.mark.parametrize(
    ("query", "status", "kind", "message"), WRONG_QUERY.values(), ids=WRONG_QUERY.keys()
)
def test_a_wrong_query_is_refused(
    cloud: Tenant, query: str, status: int, kind: str, message: str
) -> None:
    refused(cloud.network.get(f"/ports?{query}"), status, kind, message)


WRONG: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no such network": (
        {"network_id": NOBODY},
        404,
        "NetworkNotFound",
        rf"Network {NOBODY} could not be found\.",
    ),
    "no such group": (
        {"security_groups": [NOBODY]},
        404,
        "SecurityGroupNotFound",
        rf"Security group {NOBODY} does not exist",
    ),
    "unknown key": ({"nope": 1}, 400, "HTTPBadRequest", r"Unrecognized attribute\(s\) 'nope'"),
    "address elsewhere": (
        {"fixed_ips": [{"ip_address": "192.0.2.1"}]},
        400,
        "InvalidIpForNetwork",
        (
            r"IP address 192\.0\.2\.1 is not a valid IP for any of the subnets on the specified "
            r"network\."
        ),
    ),
}


@pytest.mark.parametrize(("wrong", "status", "kind", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_port_is_refused(
    cloud: Tenant, wrong: dict[str, Any], status: int, kind: str, message: str
) -> None:
    body = {"port": {"network_id": cloud.network_id} | wrong}
    refused(cloud.network.post("/ports", body), status, kind, message)


def test_a_port_without_a_network_is_refused(cloud: Tenant) -> None:
    answer = cloud.network.post("/ports", {"port": {}})
    refused(
        answer,
        400,
        "HTTPBadRequest",
        r"Failed to parse request\. Required attribute 'network_id' not specified",
    )


def test_an_address_is_given_once(cloud: Tenant) -> None:
    address = cloud.a_port()["fixed_ips"][0]["ip_address"]
    body = {"port": {"network_id": cloud.network_id, "fixed_ips": [{"ip_address": address}]}}
    refused(
        cloud.network.post("/ports", body),
        409,
        "IpAddressAlreadyAllocated",
        rf"IP address {address} already allocated in subnet {cloud.subnet_id}",
    )


def test_a_network_without_free_addresses_gives_none(cloud: Tenant) -> None:
    full = cloud.made(cloud.network, "/networks", network={"name": "full"})["id"]
    subnet = {"network_id": full, "ip_version": 4, "cidr": "10.79.0.0/30", "gateway_ip": None}
    cloud.made(cloud.network, "/subnets", subnet=subnet)
    ports = [cloud.a_port(network_id=full)["id"] for _ in range(2)]
    answer = cloud.network.post("/ports", {"port": {"network_id": full}})
    refused(
        answer,
        409,
        "IpAddressGenerationFailure",
        rf"No more IP addresses available on network {full}\.",
    )
    in_use = cloud.network.delete(f"/networks/{full}")
    refused(in_use, 409, "NetworkInUse", rf"Unable to complete operation on network {full}\. .*")
    for port_id in ports:
        cloud.network.delete(f"/ports/{port_id}")
    assert cloud.network.delete(f"/networks/{full}").status == 204


def test_a_body_that_is_no_json_is_refused(cloud: Tenant) -> None:
    headers = {"Content-Type": "application/json"}
    answer = cloud.network.post("/ports", data=b"{broken", headers=headers)
    refused(answer, 400, "HTTPBadRequest", "Body contains invalid data")


@pytest.mark.parametrize("port_id", [NOBODY, "nope"])
def test_an_unknown_port_is_not_found(cloud: Tenant, port_id: str) -> None:
    path, unknown = f"/ports/{port_id}", rf"Port {port_id} could not be found\."
    refused(cloud.network.get(path), 404, "PortNotFound", unknown)
    refused(cloud.network.delete(path), 404, "PortNotFound", unknown)
    answer = cloud.network.put(path, {"port": {"name": "x"}})
    refused(answer, 404, "PortNotFound", unknown)


def test_a_deleted_port_is_gone_at_once(cloud: Tenant) -> None:
    path = f"/ports/{cloud.a_port()['id']}"
    assert cloud.network.delete(path).status == 204
    assert cloud.network.get(path).status == 404
