"""Volumes attached to servers, seen from Nova."""

from typing import Any

import pytest

from leasehold.emulator import Effect, Rule
from tests.unit.emulator.conftest import InProcess, Reply

NOWHERE = "11111111-2222-3333-4444-555555555555"


def attachments(server: Any) -> str:
    return f"/compute/v2.1/servers/{server['id']}/os-volume_attachments"


def a_volume(cloud: InProcess, **fields: Any) -> str:
    reply = cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1, **fields}})
    cloud.advance(2)
    return str(reply.json["volume"]["id"])


def volume(cloud: InProcess, volume_id: str) -> Any:
    return cloud.call("GET", f"/volume/v3/volumes/{volume_id}").json["volume"]


def attach(
    cloud: InProcess, server: Any, volume_id: str, *, version: str = "2.90", **given: Any
) -> Reply:
    body = {"volumeAttachment": {"volumeId": volume_id, **given}}
    return cloud.call("POST", attachments(server), body, version=version)


def test_a_volume_is_reserved_and_then_in_use(cloud: InProcess) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    reply = attach(cloud, server, volume_id)
    assert reply.status == 200
    assert reply.json["volumeAttachment"] == {
        "id": volume_id,
        "volumeId": volume_id,
        "serverId": server["id"],
        "device": "/dev/vdb",
        "tag": None,
        "delete_on_termination": False,
    }
    assert volume(cloud, volume_id)["status"] == "reserved"
    cloud.advance(2)
    shown = volume(cloud, volume_id)
    assert shown["status"] == "in-use"
    assert shown["attachments"][0]["server_id"] == server["id"]
    assert shown["attachments"][0]["device"] == "/dev/vdb"


def test_a_volume_is_detached_and_free_again(cloud: InProcess) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    attach(cloud, server, volume_id)
    cloud.advance(2)
    assert cloud.call("DELETE", f"{attachments(server)}/{volume_id}").status == 202
    assert volume(cloud, volume_id)["status"] == "detaching"
    cloud.advance(2)
    assert volume(cloud, volume_id)["status"] == "available"
    assert cloud.call("GET", attachments(server)).json == {"volumeAttachments": []}
    assert cloud.call("DELETE", f"{attachments(server)}/{volume_id}").status == 404


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("2.69", {"id", "volumeId", "serverId", "device"}),
        ("2.70", {"id", "volumeId", "serverId", "device", "tag"}),
        ("2.79", {"id", "volumeId", "serverId", "device", "tag", "delete_on_termination"}),
        (
            "2.89",
            {"volumeId", "serverId", "device", "tag", "delete_on_termination"}
            | {"attachment_id", "bdm_uuid"},
        ),
    ],
)
def test_each_version_shows_what_it_may(cloud: InProcess, version: str, shown: set[str]) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    attach(cloud, server, volume_id)
    path = attachments(server)
    (listed,) = cloud.call("GET", path, version=version).json["volumeAttachments"]
    assert listed.keys() == shown
    one = cloud.call("GET", f"{path}/{volume_id}", version=version).json["volumeAttachment"]
    assert one == listed


def test_from_2_101_an_attach_is_only_taken(cloud: InProcess) -> None:
    reply = attach(cloud, cloud.a_server(), a_volume(cloud), version="2.101")
    assert (reply.status, reply.body) == (202, b"")


def test_devices_follow_each_other_and_are_not_given_twice(cloud: InProcess) -> None:
    server = cloud.a_server()
    devices = [
        attach(cloud, server, a_volume(cloud)).json["volumeAttachment"]["device"] for _ in range(2)
    ]
    assert devices == ["/dev/vdb", "/dev/vdc"]
    assert attach(cloud, server, a_volume(cloud), device="/dev/vdc").status == 409


def test_a_volume_is_attached_in_one_place_only(cloud: InProcess) -> None:
    volume_id = a_volume(cloud)
    attach(cloud, cloud.a_server(), volume_id)
    reply = attach(cloud, cloud.a_server(), volume_id)
    assert reply.status == 400
    assert "Invalid" in reply.message


def test_what_is_not_there_cannot_be_attached(cloud: InProcess) -> None:
    server = cloud.a_server()
    assert attach(cloud, server, NOWHERE).status == 404
    assert attach(cloud, server, "nonsense").status == 400
    assert cloud.call("GET", f"{attachments(server)}/{NOWHERE}").status == 404


def test_a_server_that_is_built_takes_no_volume(cloud: InProcess) -> None:
    volume_id = a_volume(cloud)
    assert attach(cloud, cloud.a_server(built=False), volume_id).status == 409


def test_a_root_volume_stays(cloud: InProcess) -> None:
    volume_id = a_volume(cloud, imageRef=cloud.image_id())
    mapping = {
        "boot_index": 0,
        "uuid": volume_id,
        "source_type": "volume",
        "destination_type": "volume",
    }
    server = cloud.a_server(imageRef=..., block_device_mapping_v2=[mapping])
    reply = cloud.call("DELETE", f"{attachments(server)}/{volume_id}")
    assert (reply.status, reply.message) == (400, "Cannot detach a root device volume")


def test_a_volume_can_be_told_to_go_with_its_server(cloud: InProcess) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    attach(cloud, server, volume_id)
    cloud.advance(2)
    body = {"volumeAttachment": {"volumeId": volume_id, "delete_on_termination": True}}
    path = f"{attachments(server)}/{volume_id}"
    assert cloud.call("PUT", path, body, version="2.84").status == 403
    assert cloud.call("PUT", path, body, version="2.85").status == 202
    cloud.call("DELETE", f"/compute/v2.1/servers/{server['id']}")
    cloud.advance(10)
    assert cloud.cloud.leftovers().nothing


def go_wrong(cloud: InProcess, effect: Effect) -> None:
    cloud.cloud.faults.add(Rule(effect=effect, kind="attachment", count=1))


def test_an_attach_that_is_stuck_never_ends(cloud: InProcess) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    go_wrong(cloud, Effect.STUCK_BUILD)
    assert attach(cloud, server, volume_id).status == 200
    cloud.advance(3600)
    assert volume(cloud, volume_id)["status"] == "reserved"


def test_an_attach_that_fails_leaves_no_trace(cloud: InProcess) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    go_wrong(cloud, Effect.FAILED_BUILD)
    assert attach(cloud, server, volume_id).status == 200
    cloud.advance(2)
    assert volume(cloud, volume_id)["status"] == "available"
    assert cloud.call("GET", attachments(server)).json == {"volumeAttachments": []}
    assert attach(cloud, server, volume_id).status == 200


@pytest.mark.parametrize(
    ("effect", "status"),
    [(Effect.STUCK_DELETE, "detaching"), (Effect.FAILED_DELETE, "in-use")],
)
def test_a_detach_that_goes_wrong_leaves_the_volume_attached(
    cloud: InProcess, effect: Effect, status: str
) -> None:
    server, volume_id = cloud.a_server(), a_volume(cloud)
    attach(cloud, server, volume_id)
    cloud.advance(2)
    go_wrong(cloud, effect)
    assert cloud.call("DELETE", f"{attachments(server)}/{volume_id}").status == 202
    cloud.advance(3600)
    assert volume(cloud, volume_id)["status"] == status
    (shown,) = cloud.call("GET", attachments(server)).json["volumeAttachments"]
    assert shown["volumeId"] == volume_id
