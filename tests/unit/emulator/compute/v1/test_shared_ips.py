"""Shared IP groups of Nova 1.0, and the addresses of its servers."""

from typing import Any

from tests.unit.emulator.compute.v1.test_servers import a_server, call
from tests.unit.emulator.conftest import InProcess

GROUPS = "/shared_ip_groups"


def a_group(cloud: InProcess, **fields: Any) -> Any:
    reply = call(cloud, "POST", GROUPS, {"sharedIpGroup": {"name": "pair", **fields}})
    assert reply.status == 201, reply.body
    return reply.json["sharedIpGroup"]


def a_public_address(cloud: InProcess, index: int = 0) -> str:
    """Give the server made so many before the last a floating IP."""
    server_id = cloud.call("GET", "/compute/v2.1/servers").json["servers"][index]["id"]
    ip = cloud.call("POST", "/compute/v2.1/os-floating-ips").json["floating_ip"]["ip"]
    assert cloud.act(server_id, "addFloatingIp", {"address": ip}, version="2.1").status == 202
    return str(ip)


def test_a_group_begins_with_a_server_and_others_are_born_into_it(cloud: InProcess) -> None:
    first = a_server(cloud)["id"]
    group = a_group(cloud, server=first)
    assert group == {"id": 1, "name": "pair", "servers": [first]}
    second = a_server(cloud, sharedIpGroupId=1)
    assert second["sharedIpGroupId"] == 1
    assert call(cloud, "GET", f"{GROUPS}/1").json["sharedIpGroup"]["servers"] == [
        first,
        second["id"],
    ]
    assert call(cloud, "GET", GROUPS).json == {"sharedIpGroups": [{"id": 1, "name": "pair"}]}
    (detailed,) = call(cloud, "GET", f"{GROUPS}/detail").json["sharedIpGroups"]
    assert len(detailed["servers"]) == 2
    call(cloud, "DELETE", f"/servers/{first}")
    assert call(cloud, "GET", f"{GROUPS}/1").json["sharedIpGroup"]["servers"] == [second["id"]]
    assert call(cloud, "DELETE", f"{GROUPS}/1").status == 204
    assert call(cloud, "GET", f"{GROUPS}/1").status == 404


def test_an_address_is_shared_within_the_group_and_taken_back(cloud: InProcess) -> None:
    first = a_server(cloud)["id"]
    address = a_public_address(cloud)
    a_group(cloud, server=first)
    second = a_server(cloud, sharedIpGroupId=1)["id"]
    path = f"/servers/{second}/ips/public/{address}"
    share = {"shareIp": {"sharedIpGroupId": 1, "configureServer": True}}
    assert call(cloud, "PUT", path, share).status == 202
    assert call(cloud, "GET", f"/servers/{second}/ips").json == {
        "addresses": {"public": [address], "private": ["10.20.0.3"]}
    }
    assert call(cloud, "GET", f"/servers/{second}/ips/public").json == {"public": [address]}
    assert call(cloud, "DELETE", path).status == 202
    assert call(cloud, "GET", f"/servers/{second}/ips/public").json == {"public": []}
    assert call(cloud, "DELETE", path).status == 400
    assert call(cloud, "GET", f"/servers/{second}/ips/secret").status == 404


def test_an_address_is_shared_with_members_and_by_members_only(cloud: InProcess) -> None:
    stranger, member = a_server(cloud)["id"], a_server(cloud)["id"]
    a_group(cloud, server=member)
    address = a_public_address(cloud, index=1)
    share = {"shareIp": {"sharedIpGroupId": 1}}
    by_stranger = call(cloud, "PUT", f"/servers/{member}/ips/public/{address}", share)
    assert "has the address" in by_stranger.message
    to_stranger = call(cloud, "PUT", f"/servers/{stranger}/ips/public/{address}", share)
    assert "is not in the shared IP group" in to_stranger.message
    nowhere = {"shareIp": {"sharedIpGroupId": 2}}
    assert call(cloud, "PUT", f"/servers/{member}/ips/public/{address}", nowhere).status == 404


def test_groups_have_names_and_are_not_too_many(cloud: InProcess) -> None:
    assert call(cloud, "POST", GROUPS, {"sharedIpGroup": {}}).status == 400
    for _ in range(25):
        a_group(cloud)
    reply = call(cloud, "POST", GROUPS, {"sharedIpGroup": {"name": "more"}})
    assert (reply.status, list(reply.json)) == (413, ["overLimit"])


def test_another_project_sees_nothing_of_a_group(cloud: InProcess) -> None:
    a_group(cloud)
    path = f"/compute/v1.0{GROUPS}"
    assert cloud.call("GET", path, user="admin").json == {"sharedIpGroups": []}
    assert cloud.call("DELETE", f"{path}/1", user="admin").status == 404
