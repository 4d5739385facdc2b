import pytest

from leasehold.openstack.network import FixedIp
from tests.unit.openstack.wire import NEUTRON, Reply, Wire, connection

V2 = f"{NEUTRON}/v2.0"
PORT = {
    "id": "p1",
    "network_id": "n1",
    "name": "",
    "status": "DOWN",
    "fixed_ips": [{"subnet_id": "sn1", "ip_address": "10.0.0.5"}],
    "device_id": "",
    "device_owner": "",
    "security_groups": ["g1"],
    "description": "leasehold:a/b",
    "created_at": "2030-01-01T00:00:00Z",
}
FLOATING_IP = {
    "id": "f1",
    "floating_ip_address": "198.51.0.7",
    "floating_network_id": "n2",
    "port_id": None,
    "fixed_ip_address": None,
    "status": "DOWN",
}
GROUP = {"id": "g1", "name": "web", "security_group_rules": []}
RULE = {"id": "r1", "security_group_id": "g1", "direction": "ingress", "protocol": None}
NETWORK = {"id": "n1", "name": "lab", "subnets": ["sn1"], "router:external": True, "shared": False}
SUBNET = {"id": "sn1", "network_id": "n1", "cidr": "10.0.0.0/24", "gateway_ip": None}


def creating(path: str, key: str, answer: dict, create) -> dict:
    """Create something, and give what was sent."""
    wire = Wire().on("POST", f"{V2}{path}", Reply({key: answer}, 201))
    create(connection(wire).network)
    return wire.calls("POST")[0].json[key]


@pytest.mark.parametrize(
    ("groups", "sent"),
    [(None, {}), ((), {"security_groups": []}), (("g1",), {"security_groups": ["g1"]})],
)
def test_a_port_without_groups_is_not_a_port_whose_groups_are_the_cloud_s_choice(groups, sent):
    body = creating(
        "/ports",
        "port",
        PORT,
        lambda net: net.create_port(network_id="n1", name="x", security_group_ids=groups),
    )
    assert body == {"network_id": "n1", "name": "x", "description": "", **sent}


def test_a_port_can_be_asked_for_at_an_address():
    ips = [FixedIp(ip_address="10.0.0.5")]
    body = creating(
        "/ports", "port", PORT, lambda net: net.create_port(network_id="n1", fixed_ips=ips)
    )
    assert body["fixed_ips"] == [{"ip_address": "10.0.0.5"}]


def test_a_port_is_read():
    wire = Wire().on("GET", f"{V2}/ports/p1", Reply({"port": PORT}))
    port = connection(wire).network.port("p1")
    assert (port.fixed_ips[0].ip_address, port.security_group_ids) == ("10.0.0.5", ("g1",))


def test_a_port_s_update_sends_only_what_changes():
    wire = Wire().on("PUT", f"{V2}/ports/p1", Reply({"port": PORT}))
    connection(wire).network.update_port("p1", description="")
    assert wire.calls()[0].json == {"port": {"description": ""}}


def test_a_floating_ip_is_made_for_a_port():
    body = creating(
        "/floatingips",
        "floatingip",
        FLOATING_IP,
        lambda net: net.create_floating_ip(network_id="n2", port_id="p1", description="d"),
    )
    assert body == {"floating_network_id": "n2", "port_id": "p1", "description": "d"}


def test_a_floating_ip_is_led_nowhere():
    wire = Wire().on("PUT", f"{V2}/floatingips/f1", Reply({"floatingip": FLOATING_IP}))
    connection(wire).network.update_floating_ip("f1", port_id=None)
    assert wire.calls()[0].json == {"floatingip": {"port_id": None}}


def test_a_rule_says_only_what_it_restricts():
    body = creating(
        "/security-group-rules",
        "security_group_rule",
        RULE,
        lambda net: net.create_security_group_rule(
            security_group_id="g1", protocol="tcp", port_range_min=22, port_range_max=22
        ),
    )
    assert body == {
        "security_group_id": "g1",
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 22,
    }


@pytest.mark.parametrize(
    ("path", "key", "item", "verb"),
    [
        ("/networks", "networks", NETWORK, "networks"),
        ("/subnets", "subnets", SUBNET, "subnets"),
        ("/ports", "ports", PORT, "ports"),
        ("/floatingips", "floatingips", FLOATING_IP, "floating_ips"),
        ("/security-groups", "security_groups", GROUP, "security_groups"),
        ("/security-group-rules", "security_group_rules", RULE, "security_group_rules"),
    ],
)
def test_each_kind_is_listed_and_filtered_by_neutron(path, key, item, verb):
    wire = Wire().on("GET", f"{V2}{path}", Reply({key: [item]}))
    (found,) = getattr(connection(wire).network, verb)(name="x")
    assert found.id == item["id"]
    assert ("name", "x") in wire.calls()[0].query


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        ("/networks/x", "delete_network"),
        ("/subnets/x", "delete_subnet"),
        ("/ports/x", "delete_port"),
        ("/floatingips/x", "delete_floating_ip"),
        ("/security-groups/x", "delete_security_group"),
        ("/security-group-rules/x", "delete_security_group_rule"),
    ],
)
def test_each_kind_is_deleted(path, verb):
    wire = Wire().on("DELETE", f"{V2}{path}", Reply(status=204))
    getattr(connection(wire).network, verb)("x")
    assert wire.calls()[0].url.endswith(path)


@pytest.mark.parametrize(
    ("path", "key", "item", "verb"),
    [
        ("/networks/x", "network", NETWORK, "network"),
        ("/subnets/x", "subnet", SUBNET, "subnet"),
        ("/floatingips/x", "floatingip", FLOATING_IP, "floating_ip"),
        ("/security-groups/x", "security_group", GROUP, "security_group"),
    ],
)
def test_each_kind_is_got_by_id(path, key, item, verb):
    wire = Wire().on("GET", f"{V2}{path}", Reply({key: item}))
    assert getattr(connection(wire).network, verb)("x").id == item["id"]


def test_a_network_and_its_subnet_are_made():
    assert creating(
        "/networks", "network", NETWORK, lambda net: net.create_network(name="lab")
    ) == {"name": "lab", "description": ""}
    assert creating(
        "/subnets",
        "subnet",
        SUBNET,
        lambda net: net.create_subnet(network_id="n1", cidr="10.0.0.0/24"),
    ) == {"network_id": "n1", "cidr": "10.0.0.0/24", "ip_version": 4, "name": ""}


def test_a_security_group_is_made():
    assert creating(
        "/security-groups",
        "security_group",
        GROUP,
        lambda net: net.create_security_group(name="web"),
    ) == {"name": "web", "description": ""}


def test_a_quota_counts_what_is_being_made():
    quota = {"port": {"limit": 10, "used": 3, "reserved": 1}, "rbac_policy": {"limit": 1}}
    wire = Wire().on("GET", f"{V2}/quotas/project-1/details", Reply({"quota": quota}))
    quotas = connection(wire).network.quotas()
    assert (quotas.ports.limit, quotas.ports.taken) == (10, 4)
    assert quotas.floating_ips.limit == -1
