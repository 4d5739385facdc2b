"""Networks: who sees, uses and deletes them."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

NETWORKS = "/network/v2.0/networks"


def a_network(cloud: InProcess, user: str = "demo", **fields: Any) -> Any:
    reply = cloud.call("POST", NETWORKS, {"network": fields}, user=user)
    assert reply.status == 201, reply.body
    return reply.json["network"]


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_the_cloud_starts_with_a_lab_and_a_way_out(cloud: InProcess) -> None:
    networks = {one["name"]: one for one in cloud.call("GET", NETWORKS).json["networks"]}
    assert sorted(networks) == ["lab", "public"]
    assert networks["public"]["router:external"]
    assert not networks["lab"]["router:external"]
    assert "provider:network_type" not in networks["lab"]


def test_an_administrator_sees_how_a_network_is_made(cloud: InProcess) -> None:
    (lab,) = cloud.call("GET", f"{NETWORKS}?name=lab", user="admin").json["networks"]
    assert lab["provider:network_type"] == "vxlan"
    assert lab["provider:segmentation_id"] > 0


def test_external_networks_are_found_by_their_flag(cloud: InProcess) -> None:
    for word, name in (("True", "public"), ("false", "lab")):
        found = cloud.call("GET", f"{NETWORKS}?router:external={word}").json["networks"]
        assert [network["name"] for network in found] == [name]


def test_a_network_is_its_projects_alone_unless_shared(cloud: InProcess) -> None:
    private = a_network(cloud, user="admin", name="private")
    shared = a_network(cloud, user="admin", name="for-all", shared=True)
    assert cloud.call("GET", f"{NETWORKS}/{private['id']}").status == 404
    assert cloud.call("GET", f"{NETWORKS}/{shared['id']}").status == 200
    port = {"port": {"network_id": shared["id"]}}
    assert cloud.call("POST", "/network/v2.0/ports", port).status == 201


@pytest.mark.parametrize("attribute", ["shared", "router:external"])
def test_only_administrators_share_networks_and_lead_them_out(
    cloud: InProcess, attribute: str
) -> None:
    reply = cloud.call("POST", NETWORKS, {"network": {attribute: True}})
    assert refusal(reply) == (
        403,
        "PolicyNotAuthorized",
        f"(rule:create_network and rule:create_network:{attribute}) is disallowed by policy",
    )


def test_a_network_one_only_sees_is_not_changed_or_deleted(cloud: InProcess) -> None:
    path = f"{NETWORKS}/{cloud.network_id('public')}"
    update = refusal(cloud.call("PUT", path, {"network": {"name": "mine"}}))
    delete = refusal(cloud.call("DELETE", path))
    assert update[2] == "rule:update_network is disallowed by policy"
    assert delete[2] == "rule:delete_network is disallowed by policy"


def test_a_network_with_ports_is_not_deleted(cloud: InProcess) -> None:
    network = a_network(cloud)
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network["id"]}})
    port_id = port.json["port"]["id"]
    path = f"{NETWORKS}/{network['id']}"
    assert refusal(cloud.call("DELETE", path)) == (
        409,
        "NetworkInUse",
        (
            f"Unable to complete operation on network {network['id']}. There are one or more ports "
            f"still in use on the network, id for these ports is: {port_id}."
        ),
    )
    cloud.call("DELETE", f"/network/v2.0/ports/{port_id}")
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("GET", path).status == 404


def test_subnets_go_with_their_network(cloud: InProcess) -> None:
    network = a_network(cloud)
    wish = {"network_id": network["id"], "ip_version": 4, "cidr": "10.9.0.0/24"}
    subnet = cloud.call("POST", "/network/v2.0/subnets", {"subnet": wish}).json["subnet"]
    path = f"{NETWORKS}/{network['id']}"
    assert cloud.call("GET", path).json["network"]["subnets"] == [subnet["id"]]
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("GET", f"/network/v2.0/subnets/{subnet['id']}").status == 404


def test_an_external_network_with_gateways_stays_external(cloud: InProcess) -> None:
    path = f"{NETWORKS}/{cloud.network_id('public')}"
    reply = cloud.call("PUT", path, {"network": {"router:external": False}}, user="admin")
    assert refusal(reply)[:2] == (409, "ExternalNetworkInUse")
