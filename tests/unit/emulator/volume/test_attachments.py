"""Attachments, as Cinder's own resource since microversion 3.27."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import DELAYS, InProcess, Reply

VOLUMES = "/volume/v3/volumes"
ATTACHMENTS = "/volume/v3/attachments"
SERVER = "4f2b5a9e-0000-4000-8000-000000000001"
OTHER = "4f2b5a9e-0000-4000-8000-000000000002"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def volume_id(cloud: InProcess) -> str:
    reply = cloud.call("POST", VOLUMES, {"volume": {"size": 1}})
    cloud.advance(DELAYS.volume.high)
    return str(reply.json["volume"]["id"])


def call(cloud: InProcess, method: str, path: str, json: Any = None) -> Reply:
    return cloud.call(method, path, json, version="3.71")


def reserve(cloud: InProcess, volume_id: str, server_id: str = SERVER, **fields: Any) -> Reply:
    wish = {"volume_uuid": volume_id, "instance_uuid": server_id, **fields}
    return call(cloud, "POST", ATTACHMENTS, {"attachment": wish})


def status(cloud: InProcess, volume_id: str) -> str:
    return str(cloud.call("GET", f"{VOLUMES}/{volume_id}").json["volume"]["status"])


def test_the_life_of_an_attachment(cloud: InProcess, volume_id: str) -> None:
    attachment = reserve(cloud, volume_id).json["attachment"]
    assert (attachment["status"], attachment["connection_info"]) == ("reserved", {})
    assert status(cloud, volume_id) == "reserved"
    path = f"{ATTACHMENTS}/{attachment['id']}"
    connector = {"connector": {"host": "h", "mountpoint": "/dev/vdb"}}
    connected = call(cloud, "PUT", path, {"attachment": connector}).json["attachment"]
    assert connected["connection_info"]["attachment_id"] == attachment["id"]
    assert status(cloud, volume_id) == "attaching"
    assert call(cloud, "POST", f"{path}/action", {"os-complete": None}).status == 204
    assert status(cloud, volume_id) == "in-use"
    assert call(cloud, "GET", path).json["attachment"]["status"] == "attached"
    assert call(cloud, "DELETE", path).json == {"attachments": []}
    assert status(cloud, volume_id) == "available"


def test_earlier_versions_have_no_attachments(cloud: InProcess) -> None:
    reply = cloud.call("GET", ATTACHMENTS, version="3.26")
    assert (reply.status, reply.message) == (404, "The resource could not be found.")
    assert cloud.call("GET", ATTACHMENTS, version="3.27").json == {"attachments": []}


def test_a_connector_may_come_with_the_reservation(cloud: InProcess, volume_id: str) -> None:
    connector = {"host": "h", "mountpoint": "/dev/vdc"}
    assert reserve(cloud, volume_id, connector=connector).status == 200
    assert status(cloud, volume_id) == "attaching"


def test_another_server_does_not_get_a_volume_that_is_reserved(
    cloud: InProcess, volume_id: str
) -> None:
    reserve(cloud, volume_id)
    reply = reserve(cloud, volume_id, OTHER)
    assert (reply.status, reply.message) == (
        400,
        (
            f"Invalid volume: Volume {volume_id} status must be available or downloading to reserve, "
            "but the current status is reserved."
        ),
    )


def test_the_same_server_may_reserve_again(cloud: InProcess, volume_id: str) -> None:
    first = reserve(cloud, volume_id).json["attachment"]
    assert reserve(cloud, volume_id).status == 200
    left = call(cloud, "DELETE", f"{ATTACHMENTS}/{first['id']}").json["attachments"]
    assert len(left) == 1
    assert status(cloud, volume_id) == "reserved"


def test_a_volume_in_error_is_not_reserved(cloud: InProcess, volume_id: str) -> None:
    body = {"os-reset_status": {"status": "error"}}
    cloud.call("POST", f"{VOLUMES}/{volume_id}/action", body, user="admin")
    reply = reserve(cloud, volume_id)
    assert reply.status == 400
    assert reply.message.startswith("Invalid volume: Volume attachments can not be created")


def test_several_servers_share_a_volume_made_for_it(cloud: InProcess) -> None:
    wish = {"name": "shared", "extra_specs": {"multiattach": "<is> True"}}
    cloud.call("POST", "/volume/v3/types", {"volume_type": wish}, user="admin")
    body = {"volume": {"size": 1, "volume_type": "shared"}}
    volume = cloud.call("POST", VOLUMES, body).json["volume"]
    cloud.advance(DELAYS.volume.high)
    for number, server_id in enumerate((SERVER, OTHER)):
        connector = {"host": f"h{number}", "mountpoint": "/dev/vdb"}
        attachment = reserve(cloud, volume["id"], server_id, connector=connector)
        assert attachment.status == 200, attachment.body
        path = f"{ATTACHMENTS}/{attachment.json['attachment']['id']}/action"
        call(cloud, "POST", path, {"os-complete": None})
    found = cloud.call("GET", f"{VOLUMES}/{volume['id']}").json["volume"]
    assert {one["server_id"] for one in found["attachments"]} == {SERVER, OTHER}


def test_attachments_are_listed_by_volume(cloud: InProcess, volume_id: str) -> None:
    reserve(cloud, volume_id)
    found = call(cloud, "GET", f"{ATTACHMENTS}?volume_id={volume_id}").json["attachments"]
    assert [one["instance"] for one in found] == [SERVER]
    detailed = call(cloud, "GET", f"{ATTACHMENTS}/detail").json["attachments"]
    assert "connection_info" in detailed[0]
    assert call(cloud, "GET", f"{ATTACHMENTS}?volume_id={NOBODY}").json == {"attachments": []}


def test_novas_attachment_is_not_deleted_behind_its_back(cloud: InProcess, volume_id: str) -> None:
    server = cloud.a_server()
    path = f"/compute/v2.1/servers/{server['id']}/os-volume_attachments"
    cloud.call("POST", path, {"volumeAttachment": {"volumeId": volume_id}})
    cloud.advance(DELAYS.volume.high)
    (attachment,) = call(cloud, "GET", ATTACHMENTS).json["attachments"]
    reply = call(cloud, "DELETE", f"{ATTACHMENTS}/{attachment['id']}")
    assert (reply.status, reply.message) == (
        409,
        (
            f"ConflictNovaUsingAttachment: Detach volume from instance {server['id']} using the "
            "Compute API"
        ),
    )


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, ("Invalid input for field/attribute attachment. Value: {}. 'volume_uuid' is a "
         "required property")),
        ({"volume_uuid": "x"}, 400, ("Invalid input for field/attribute volume_uuid. Value: x. "
         "'x' is not a 'uuid'")),
        ({"volume_uuid": NOBODY}, 404, f"Volume {NOBODY} could not be found."),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_in_cinders_words(
    cloud: InProcess, body: dict[str, str], status: int, message: str
) -> None:
    reply = call(cloud, "POST", ATTACHMENTS, {"attachment": body})
    assert (reply.status, reply.message) == (status, message)


def test_an_attachment_that_is_gone_is_not_found(cloud: InProcess) -> None:
    reply = call(cloud, "GET", f"{ATTACHMENTS}/{NOBODY}")
    assert (reply.status, reply.message) == (
        404,
        f"Volume attachment could not be found with filter: attachment_id = {NOBODY}.",
    )
