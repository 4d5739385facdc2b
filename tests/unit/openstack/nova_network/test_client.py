"""Networking by Nova: what is sent, and what the oldest clouds answer."""

from tests.unit.openstack.wire import NOVA, Reply, Wire, connection


def test_no_microversion_is_asked_for() -> None:
    wire = Wire().on("GET", f"{NOVA}/os-networks", Reply({"networks": []}))
    assert list(connection(wire).nova_network.networks()) == []
    (call,) = wire.calls()
    assert not any("Version" in name for name in call.headers)


def test_ids_are_numbers_where_nova_has_the_things_itself() -> None:
    ip = {"id": 7, "ip": "203.0.113.7", "pool": "nova", "fixed_ip": None, "instance_id": None}
    rule = {
        "id": 3,
        "parent_group_id": 2,
        "ip_protocol": "icmp",
        "from_port": -1,
        "to_port": -1,
        "group": {},
        "ip_range": {"cidr": "0.0.0.0/0"},
    }
    group = {"id": 2, "name": "web", "description": "", "tenant_id": "p", "rules": [rule]}
    wire = (
        Wire()
        .on("GET", f"{NOVA}/os-floating-ips", Reply({"floating_ips": [ip]}))
        .on("DELETE", f"{NOVA}/os-floating-ips/7", Reply(status=202))
        .on(
            "GET",
            f"{NOVA}/os-security-groups",
            Reply({"security_groups": [group]}),
            Reply({"security_groups": []}),
        )
    )
    network = connection(wire).nova_network
    (found,) = network.floating_ips()
    assert (found.id, found.address) == (7, "203.0.113.7")
    network.delete_floating_ip(found.id)
    ((first,),) = (one.rules for one in network.security_groups())
    assert (first.id, first.security_group_id, first.from_port) == (3, 2, -1)


def test_a_rule_is_sent_with_all_its_fields() -> None:
    rule = {"id": "r", "parent_group_id": "g"}
    url = f"{NOVA}/os-security-group-rules"
    wire = Wire().on("POST", url, Reply({"security_group_rule": rule}))
    connection(wire).nova_network.create_security_group_rule("g", protocol="tcp", group_id="h")
    assert wire.calls("POST")[0].json == {
        "security_group_rule": {
            "parent_group_id": "g",
            "ip_protocol": "tcp",
            "from_port": None,
            "to_port": None,
            "cidr": None,
            "group_id": "h",
        }
    }


def test_a_network_of_one_s_own_is_spoken_of_at_another_path() -> None:
    network = {"id": "n", "label": "mine", "cidr": "10.9.0.0/24"}
    wire = Wire().on("POST", f"{NOVA}/os-tenant-networks", Reply({"network": network}))
    made = connection(wire).nova_network.create_network(name="mine", cidr="10.9.0.0/24", own=True)
    assert (made.id, made.name, made.cidr) == ("n", "mine", "10.9.0.0/24")
    assert wire.calls("POST")[0].json == {"network": {"label": "mine", "cidr": "10.9.0.0/24"}}
