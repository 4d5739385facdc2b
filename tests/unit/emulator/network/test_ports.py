"""Ports: addresses, groups, bindings, and what may be deleted by whom."""

from typing import Any

import pytest

from leasehold.emulator import Effect, Quota, Rule
from tests.unit.emulator.conftest import InProcess, Reply

PORTS = "/network/v2.0/ports"
NOBODY = "00000000-0000-4000-8000-000000000000"


def make(cloud: InProcess, user: str = "demo", **fields: Any) -> Reply:
    given = {"network_id": cloud.network_id(), **fields}
    return cloud.call("POST", PORTS, {"port": given}, user=user)


def a_port(cloud: InProcess, **fields: Any) -> Any:
    reply = make(cloud, **fields)
    assert reply.status == 201, reply.body
    return reply.json["port"]


def change(cloud: InProcess, port: Any, user: str = "demo", **fields: Any) -> Reply:
    return cloud.call("PUT", f"{PORTS}/{port['id']}", {"port": fields}, user=user)


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_a_port_has_an_address_a_mac_address_and_the_default_group(cloud: InProcess) -> None:
    port = a_port(cloud, name="web", description="leasehold:i/port-1")
    assert port["status"] == "DOWN"
    assert port["fixed_ips"][0]["ip_address"].startswith("10.20.")
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["description"] == "leasehold:i/port-1"
    assert port["tenant_id"] == port["project_id"]
    group_id = port["security_groups"][0]
    group = cloud.call("GET", f"/network/v2.0/security-groups/{group_id}").json["security_group"]
    assert group["name"] == "default"


def test_bindings_are_shown_to_administrators_only(cloud: InProcess) -> None:
    port = a_port(cloud)
    assert {key for key in port if key.startswith("binding:")} == {"binding:vnic_type"}
    seen = cloud.call("GET", f"{PORTS}/{port['id']}", user="admin").json["port"]
    assert seen["binding:vif_type"] == "unbound"


def test_a_host_makes_a_port_active_and_no_host_unbinds_it(cloud: InProcess) -> None:
    port = a_port(cloud)
    bound = change(cloud, port, user="admin", **{"binding:host_id": "h1"}).json["port"]
    assert (bound["status"], bound["binding:vif_type"]) == ("ACTIVE", "ovs")
    loose = change(cloud, port, user="admin", **{"binding:host_id": ""}).json["port"]
    assert (loose["status"], loose["binding:vif_type"]) == ("DOWN", "unbound")


def test_a_tenant_may_not_choose_the_host(cloud: InProcess) -> None:
    assert refusal(make(cloud, **{"binding:host_id": "h1"})) == (
        403,
        "PolicyNotAuthorized",
        "(rule:create_port and rule:create_port:binding:host_id) is disallowed by policy",
    )


def test_a_wished_address_is_given_once(cloud: InProcess) -> None:
    wish = [{"ip_address": "10.20.1.2"}]
    port = a_port(cloud, fixed_ips=wish)
    subnet_id = port["fixed_ips"][0]["subnet_id"]
    assert refusal(make(cloud, fixed_ips=wish)) == (
        409,
        "IpAddressAlreadyAllocated",
        f"IP address 10.20.1.2 already allocated in subnet {subnet_id}",
    )


def test_an_address_is_free_again_after_its_port(cloud: InProcess) -> None:
    wish = [{"ip_address": "10.20.1.2"}]
    port = a_port(cloud, fixed_ips=wish)
    assert cloud.call("DELETE", f"{PORTS}/{port['id']}").status == 204
    assert make(cloud, fixed_ips=wish).status == 201


def test_a_refused_port_leaves_no_address_taken(cloud: InProcess) -> None:
    wish = [{"ip_address": "10.20.1.2"}, {"ip_address": "10.55.0.1"}]
    assert make(cloud, fixed_ips=wish).status == 400
    assert make(cloud, fixed_ips=wish[:1]).status == 201


@pytest.mark.parametrize(
    ("fields", "status", "kind", "message"),
    [
        ({"network_id": NOBODY}, 404, "NetworkNotFound",
         f"Network {NOBODY} could not be found."),
        ({"network_id": "x"}, 400, "HTTPBadRequest",
         "Invalid input for network_id. Reason: 'x' is not a valid UUID."),
        ({"fixed_ips": [{"ip_address": "10.55.0.1"}]}, 400, "InvalidIpForNetwork",
         ("IP address 10.55.0.1 is not a valid IP for any of the subnets on the specified "
         "network.")),
        ({"fixed_ips": [{"ip_address": "10.20.255.255"}]}, 400, "InvalidIpForNetwork",
         ("IP address 10.20.255.255 is not a valid IP for any of the subnets on the specified "
         "network.")),
        ({"fixed_ips": [{"subnet_id": NOBODY}]}, 404, "SubnetNotFound",
         f"Subnet {NOBODY} could not be found."),
        ({"fixed_ips": [{}]}, 400, "InvalidInput",
         "Invalid input for operation: IP allocation requires subnet_id or ip_address."),
        ({"fixed_ips": "x"}, 400, "HTTPBadRequest",
         "Invalid input for fixed_ips. Reason: Invalid data format for fixed IP: 'x'."),
        ({"security_groups": [NOBODY]}, 404, "SecurityGroupNotFound",
         f"Security group {NOBODY} does not exist"),
        ({"security_groups": "x"}, 400, "HTTPBadRequest",
         "Invalid input for security_groups. Reason: 'x' is not a list."),
        ({"mac_address": "zz"}, 400, "HTTPBadRequest",
         "Invalid input for mac_address. Reason: 'zz' is not a valid MAC address."),
        ({"name": None}, 400, "HTTPBadRequest",
         "Invalid input for name. Reason: 'None' is not a valid string."),
        ({"colour": "red"}, 400, "HTTPBadRequest", "Unrecognized attribute(s) 'colour'"),
        ({"status": "ACTIVE"}, 400, "HTTPBadRequest", "Attribute 'status' not allowed in POST"),
        ({"project_id": "other"}, 400, "HTTPBadRequest",
         ("Specifying 'project_id' other than the authenticated project in request is not allowed "
         "for the current user.")),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_in_neutrons_words(
    cloud: InProcess, fields: dict[str, Any], status: int, kind: str, message: str
) -> None:
    assert refusal(make(cloud, **fields)) == (status, kind, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Body contains invalid data"),
        (b"[]", "Body contains invalid data"),
        (b"", "Unable to find 'port' in request body"),
        (b"{}", "Unable to find 'port' in request body"),
        (b'{"port": 1}', "Object 'port' contains invalid data"),
        (
            b'{"port": {}}',
            "Failed to parse request. Required attribute 'network_id' not specified",
        ),
        (b'{"ports": []}', "Resources required"),
    ],
)
def test_a_wrong_body_is_refused_in_neutrons_words(
    cloud: InProcess, body: bytes, message: str
) -> None:
    assert refusal(cloud.call("POST", PORTS, body=body)) == (400, "HTTPBadRequest", message)


def test_several_ports_are_made_together_or_not_at_all(cloud: InProcess) -> None:
    network_id = cloud.network_id()
    good = {"network_id": network_id, "device_id": "many"}
    reply = cloud.call("POST", PORTS, {"ports": [good, good]})
    assert (reply.status, len(reply.json["ports"])) == (201, 2)
    bad = {"network_id": network_id, "fixed_ips": [{"ip_address": "1.1.1.1"}]}
    assert cloud.call("POST", PORTS, {"ports": [good, bad]}).status == 400
    assert len(cloud.call("GET", f"{PORTS}?device_id=many").json["ports"]) == 2


def test_a_mac_address_is_used_once_in_a_network(cloud: InProcess) -> None:
    port = a_port(cloud)
    status, kind, _ = refusal(make(cloud, mac_address=port["mac_address"]))
    assert (status, kind) == (409, "MacAddressInUse")


def test_no_groups_means_none_and_unguarded_ports_have_none(cloud: InProcess) -> None:
    assert a_port(cloud, security_groups=[])["security_groups"] == []
    assert a_port(cloud, port_security_enabled=False)["security_groups"] == []


def test_an_update_changes_what_it_names_and_counts_the_revision(cloud: InProcess) -> None:
    port = a_port(cloud, name="a", description="d")
    changed = change(cloud, port, name="b").json["port"]
    assert (changed["name"], changed["description"]) == ("b", "d")
    assert changed["revision_number"] == port["revision_number"] + 1


def test_what_cannot_change_is_refused(cloud: InProcess) -> None:
    port = a_port(cloud)
    assert refusal(change(cloud, port, network_id=NOBODY)) == (
        400,
        "HTTPBadRequest",
        "Cannot update read-only attribute network_id",
    )


def test_new_addresses_replace_the_old_ones_but_for_those_kept(cloud: InProcess) -> None:
    port = a_port(cloud, fixed_ips=[{"ip_address": "10.20.1.2"}, {"ip_address": "10.20.1.3"}])
    wish = [{"ip_address": "10.20.1.3"}, {"ip_address": "10.20.1.4"}]
    changed = change(cloud, port, fixed_ips=wish).json["port"]
    assert [ip["ip_address"] for ip in changed["fixed_ips"]] == ["10.20.1.3", "10.20.1.4"]
    assert make(cloud, fixed_ips=[{"ip_address": "10.20.1.2"}]).status == 201


def test_a_network_without_addresses_left_says_so(cloud: InProcess) -> None:
    network_id = cloud.call("POST", "/network/v2.0/networks", {"network": {}}).json["network"]["id"]
    subnet = {"network_id": network_id, "ip_version": 4, "cidr": "10.9.0.0/30"}
    assert cloud.call("POST", "/network/v2.0/subnets", {"subnet": subnet}).status == 201
    assert make(cloud, network_id=network_id).status == 201
    assert refusal(make(cloud, network_id=network_id)) == (
        409,
        "IpAddressGenerationFailure",
        f"No more IP addresses available on network {network_id}.",
    )


def test_a_network_without_subnets_gives_ports_without_addresses(cloud: InProcess) -> None:
    network_id = cloud.call("POST", "/network/v2.0/networks", {"network": {}}).json["network"]["id"]
    assert a_port(cloud, network_id=network_id)["fixed_ips"] == []


def test_a_tenant_puts_no_ports_on_an_external_network(cloud: InProcess) -> None:
    status, _, message = refusal(make(cloud, network_id=cloud.network_id("public")))
    assert (status, message) == (403, "rule:create_port is disallowed by policy")


def test_another_tenants_port_is_not_found(cloud: InProcess) -> None:
    port = make(cloud, user="admin", project_id=cloud.cloud.project("admin").id).json["port"]
    other = make(cloud, user="admin", network_id=cloud.network_id("public")).json["port"]
    assert cloud.call("GET", f"{PORTS}/{port['id']}").status == 200, "it is on one's own network"
    reply = cloud.call("GET", f"{PORTS}/{other['id']}")
    assert refusal(reply) == (404, "PortNotFound", f"Port {other['id']} could not be found.")


def test_a_servers_port_is_deleted_by_nova_or_an_administrator_only(cloud: InProcess) -> None:
    server = cloud.a_server()
    (port,) = cloud.call("GET", f"{PORTS}?device_id={server['id']}").json["ports"]
    path = f"{PORTS}/{port['id']}"
    assert refusal(cloud.call("DELETE", path)) == (
        403,
        "PolicyNotAuthorized",
        "rule:delete_port is disallowed by policy",
    )
    assert cloud.call("DELETE", path, user="admin").status == 204
    assert cloud.server(server["id"])["addresses"] == {}


def test_a_routers_port_is_not_deleted_as_a_port(cloud: InProcess) -> None:
    query = f"{PORTS}?device_owner=network:router_interface"
    (port,) = cloud.call("GET", query).json["ports"]
    assert refusal(cloud.call("DELETE", f"{PORTS}/{port['id']}")) == (
        409,
        "ServicePortInUse",
        (
            f"Port {port['id']} cannot be deleted directly via the port API: has device owner "
            "network:router_interface."
        ),
    )


def test_more_ports_than_the_quota_are_refused(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(port=2))  # one is the router's
    assert make(cloud).status == 201
    assert refusal(make(cloud)) == (409, "OverQuota", "Quota exceeded for resources: ['port'].")


def test_a_fault_says_that_the_quota_is_used_up(cloud: InProcess) -> None:
    cloud.cloud.faults.add(Rule(effect=Effect.QUOTA, kind="port", count=1))
    assert refusal(make(cloud))[:2] == (409, "OverQuota")
    assert make(cloud).status == 201


def test_a_stale_listing_by_device_shows_the_port_that_is_gone(cloud: InProcess) -> None:
    port = a_port(cloud, device_id="somewhere")
    listing = f"{PORTS}?device_id=somewhere"
    assert [shown["id"] for shown in cloud.call("GET", listing).json["ports"]] == [port["id"]]
    cloud.advance(30)
    cloud.call("DELETE", f"{PORTS}/{port['id']}")
    assert cloud.call("GET", listing).json["ports"] == []
    cloud.cloud.faults.add(Rule(service="network", effect=Effect.STALE, seconds=10))
    assert [shown["id"] for shown in cloud.call("GET", listing).json["ports"]] == [port["id"]]
