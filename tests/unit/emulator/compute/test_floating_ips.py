"""Neutron's floating IPs in Nova's shape, for clients that know Nova only."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess

IPS = "/compute/v2.1/os-floating-ips"


def an_ip(cloud: InProcess, version: str = "2.35") -> Any:
    reply = cloud.call("POST", IPS, {"pool": "public"}, version=version)
    return reply.json["floating_ip"]


def test_an_address_comes_from_a_pool_and_goes(cloud: InProcess) -> None:
    made = an_ip(cloud)
    assert made["ip"].startswith("198.51.")
    assert (made["pool"], made["instance_id"], made["fixed_ip"]) == ("public", None, None)
    assert cloud.call("GET", IPS).json == {"floating_ips": [made]}
    assert cloud.call("GET", f"{IPS}/{made['id']}").json == {"floating_ip": made}
    assert cloud.call("DELETE", f"{IPS}/{made['id']}").status == 202
    assert cloud.call("DELETE", f"{IPS}/{made['id']}").status == 404
    assert cloud.cloud.leftovers().nothing


def test_pools_are_the_external_networks(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/compute/v2.1/os-floating-ip-pools")
    assert reply.json == {"floating_ip_pools": [{"name": "public"}]}
    reply = cloud.call("POST", IPS, {"pool": "lab"})
    assert (reply.status, reply.message) == (404, "Floating IP pool not found.")


def test_an_address_is_joined_to_a_server_and_parted_from_it(cloud: InProcess) -> None:
    server, ip = cloud.a_server(), an_ip(cloud)["ip"]
    assert cloud.act(server["id"], "addFloatingIp", {"address": ip}, version="2.43").status == 202
    shown = cloud.server(server["id"])["addresses"]["lab"]
    assert [entry["addr"] for entry in shown] == ["10.20.0.2", ip]
    (listed,) = cloud.call("GET", IPS).json["floating_ips"]
    assert (listed["instance_id"], listed["fixed_ip"]) == (server["id"], "10.20.0.2")
    parted = cloud.act(server["id"], "removeFloatingIp", {"address": ip}, version="2.43")
    assert parted.status == 202
    assert len(cloud.server(server["id"])["addresses"]["lab"]) == 1


def test_an_address_that_cannot_be_joined_is_refused(cloud: InProcess) -> None:
    server, ip = cloud.a_server(), an_ip(cloud)["ip"]

    def act(action: str, **given: str) -> int | None:
        return cloud.act(server["id"], action, given, version="2.1").status

    assert act("addFloatingIp") == 400
    assert act("addFloatingIp", address="9.9.9.9") == 404
    assert act("addFloatingIp", address=ip, fixed_address="9.9.9.9") == 400
    assert act("removeFloatingIp", address=ip) == 403
    assert act("removeFloatingIp", address="9.9.9.9") == 404
    other = cloud.a_server()
    cloud.act(other["id"], "addFloatingIp", {"address": ip}, version="2.1")
    assert act("removeFloatingIp", address=ip) == 409


@pytest.mark.parametrize("path", ["os-floating-ips", "os-floating-ip-pools"])
def test_from_2_36_it_is_the_other_services_business(cloud: InProcess, path: str) -> None:
    assert cloud.call("GET", f"/compute/v2.1/{path}", version="2.35").status == 200
    reply = cloud.call("GET", f"/compute/v2.1/{path}", version="2.36")
    assert (reply.status, reply.message) == (404, "The resource could not be found.")
