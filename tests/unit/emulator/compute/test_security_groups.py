"""Neutron's security groups in Nova's shape."""

from tests.unit.emulator.conftest import InProcess


def test_security_groups_show_their_incoming_rules(cloud: InProcess) -> None:
    server = cloud.a_server()
    path = f"/compute/v2.1/servers/{server['id']}/os-security-groups"
    (group,) = cloud.call("GET", path, version="2.90").json["security_groups"]
    assert group["name"] == "default"
    assert {rule["group"]["name"] for rule in group["rules"]} == {"default"}
    (listed,) = cloud.call("GET", "/compute/v2.1/os-security-groups").json["security_groups"]
    assert listed == group


def test_from_2_36_it_is_the_other_services_business(cloud: InProcess) -> None:
    path = "/compute/v2.1/os-security-groups"
    assert cloud.call("GET", path, version="2.35").status == 200
    reply = cloud.call("GET", path, version="2.36")
    assert (reply.status, reply.message) == (404, "The resource could not be found.")
