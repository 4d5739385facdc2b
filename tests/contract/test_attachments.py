"""Nova and Cinder: a volume on a server."""

from uuid import UUID

from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant
from tests.contract.test_volumes import NOT_NOW
from tests.contract.volume_forms import VOLUME

NOBODY = str(UUID(int=0xDEAD))
ATTACHMENT = {"id": str, "volumeId": str, "serverId": str, "device": str}
ATTACHMENT_2_89 = {
    "volumeId": str,
    "serverId": str,
    "device": str,
    "tag": None | str,
    "delete_on_termination": bool,
    "attachment_id": str,
    "bdm_uuid": str,
}


def attachments(server_id: str) -> str:
    return f"/servers/{server_id}/os-volume_attachments"


def test_a_volume_is_attached_shown_and_detached(cloud: Tenant) -> None:
    server_id, volume_id = cloud.a_server(), cloud.a_volume()
    path = attachments(server_id)
    made = cloud.compute.post(path, {"volumeAttachment": {"volumeId": volume_id}})
    assert made.status == 200
    has_form(made.one, ATTACHMENT)
    assert made.one["device"].startswith("/dev/")

    seen = cloud.volume_is(volume_id, "in-use")
    assert {sight["status"] for sight in seen} <= {"available", "reserved", "attaching", "in-use"}
    has_form(seen[-1], VOLUME)
    ((attached),) = seen[-1]["attachments"]
    assert (attached["server_id"], attached["device"]) == (server_id, made.one["device"])
    server = cloud.compute.get(f"/servers/{server_id}").one
    assert server["os-extended-volumes:volumes_attached"] == [{"id": volume_id}]

    listed = cloud.compute.get(path).body
    has_form(listed, {"volumeAttachments": [ATTACHMENT]})
    assert cloud.compute.get(f"{path}/{volume_id}").one == listed["volumeAttachments"][0]
    later = cloud.compute.get(f"{path}/{volume_id}", version="2.96").one
    has_form(later, ATTACHMENT_2_89)

    assert cloud.compute.delete(f"{path}/{volume_id}").status == 202
    seen = cloud.volume_is(volume_id, "available")
    assert {sight["status"] for sight in seen} <= {"in-use", "detaching", "available"}
    assert seen[-1]["attachments"] == []
    assert cloud.compute.get(path).body == {"volumeAttachments": []}


def test_a_volume_in_use_is_neither_deleted_nor_attached_again(cloud: Tenant) -> None:
    server_id, volume_id = cloud.a_server(), cloud.a_volume()
    body = {"volumeAttachment": {"volumeId": volume_id}}
    cloud.compute.post(attachments(server_id), body)
    cloud.volume_is(volume_id, "in-use")

    refused(cloud.volume.delete(f"/volumes/{volume_id}"), 400, "badRequest", NOT_NOW)
    taken = f"Invalid volume: volume {volume_id} is already attached to instances: {server_id}"
    for other in (server_id, cloud.a_server()):
        answer = cloud.compute.post(attachments(other), body)
        refused(answer, 400, "badRequest", taken)


def test_a_volume_comes_free_when_its_server_ends(cloud: Tenant) -> None:
    server_id, volume_id = cloud.a_server(), cloud.a_volume()
    body = {"volumeAttachment": {"volumeId": volume_id}}
    cloud.compute.post(attachments(server_id), body)
    cloud.volume_is(volume_id, "in-use")
    cloud.compute.delete(f"/servers/{server_id}")
    assert cloud.volume_is(volume_id, "available")[-1]["attachments"] == []


def test_what_is_unknown_is_neither_attached_nor_detached(cloud: Tenant) -> None:
    server_id, volume_id = cloud.a_server(), cloud.a_volume()
    body = {"volumeAttachment": {"volumeId": volume_id}}
    no_server = rf"Instance {NOBODY} could not be found\."
    no_volume = rf"Volume {NOBODY} could not be found\."
    not_attached = f"Instance {server_id} is not attached to volume {volume_id}"

    answer = cloud.compute.post(attachments(NOBODY), body)
    refused(answer, 404, "itemNotFound", no_server)
    answer = cloud.compute.post(attachments(server_id), {"volumeAttachment": {"volumeId": NOBODY}})
    refused(answer, 404, "itemNotFound", no_volume)
    answer = cloud.compute.delete(f"{attachments(server_id)}/{NOBODY}")
    refused(answer, 404, "itemNotFound", no_volume)
    for method in ("GET", "DELETE"):
        answer = cloud.compute.call(method, f"{attachments(server_id)}/{volume_id}")
        refused(answer, 404, "itemNotFound", not_attached)


def test_a_volume_is_named_by_its_id(cloud: Tenant) -> None:
    answer = cloud.compute.post(
        attachments(cloud.a_server()), {"volumeAttachment": {"volumeId": "nope"}}
    )
    refused(
        answer,
        400,
        "badRequest",
        r"Invalid input for field/attribute volumeId\. Value: nope\. 'nope' is not a 'uuid'",
    )
