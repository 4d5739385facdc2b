"""What one can do with a volume: reserve, attach, extend, mark, reset."""

from typing import Any

import pytest

from leasehold.emulator import Effect, Rule
from tests.unit.emulator.conftest import DELAYS, InProcess, Reply

VOLUMES = "/volume/v3/volumes"
SERVER = "4f2b5a9e-0000-4000-8000-000000000001"
ADMIN_RULE = "volume_extension:volume_admin_actions"


@pytest.fixture
def volume_id(cloud: InProcess) -> str:
    reply = cloud.call("POST", VOLUMES, {"volume": {"size": 1}})
    cloud.advance(DELAYS.volume.high)
    return str(reply.json["volume"]["id"])


def act(cloud: InProcess, volume_id: str, action: str, given: Any = None, **how: Any) -> Reply:
    return cloud.call("POST", f"{VOLUMES}/{volume_id}/action", {action: given}, **how)


def seen(cloud: InProcess, volume_id: str) -> Any:
    return cloud.call("GET", f"{VOLUMES}/{volume_id}").json["volume"]


def status(cloud: InProcess, volume_id: str) -> str:
    return str(seen(cloud, volume_id)["status"])


def attach(cloud: InProcess, volume_id: str, server_id: str = SERVER) -> None:
    given = {"instance_uuid": server_id, "mountpoint": "/dev/vdb"}
    assert act(cloud, volume_id, "os-attach", given).status == 202


def test_a_reserved_volume_is_nobody_elses(cloud: InProcess, volume_id: str) -> None:
    assert act(cloud, volume_id, "os-reserve").status == 202
    assert status(cloud, volume_id) == "attaching"
    again = act(cloud, volume_id, "os-reserve")
    assert (again.status, again.message) == (
        400,
        "Invalid volume: Volume status must be available to reserve, but the status is attaching.",
    )
    assert act(cloud, volume_id, "os-unreserve").status == 202
    assert status(cloud, volume_id) == "available"


def test_the_older_way_to_attach_and_detach(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    volume = seen(cloud, volume_id)
    assert volume["status"] == "in-use"
    (attachment,) = volume["attachments"]
    assert (attachment["server_id"], attachment["device"]) == (SERVER, "/dev/vdb")
    assert volume["metadata"] == {"readonly": "False", "attached_mode": "rw"}
    assert act(cloud, volume_id, "os-begin_detaching").status == 202
    assert status(cloud, volume_id) == "detaching"
    assert act(cloud, volume_id, "os-detach", {}).status == 202
    assert status(cloud, volume_id) == "available"
    assert seen(cloud, volume_id)["attachments"] == []


def test_detaching_can_be_called_off(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    act(cloud, volume_id, "os-begin_detaching")
    assert act(cloud, volume_id, "os-roll_detaching").status == 202
    assert status(cloud, volume_id) == "in-use"


def test_what_is_not_attached_is_not_detached(cloud: InProcess, volume_id: str) -> None:
    reply = act(cloud, volume_id, "os-begin_detaching")
    assert (reply.status, reply.message) == (
        400,
        (
            "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and "
            "attach_status must be 'attached' to detach."
        ),
    )


def test_a_volume_is_attached_in_one_place(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    given = {"instance_uuid": SERVER, "mountpoint": "/dev/vdc"}
    assert act(cloud, volume_id, "os-attach", given).status == 400


def test_what_nova_attached_nova_detaches(cloud: InProcess, volume_id: str) -> None:
    server = cloud.a_server()
    path = f"/compute/v2.1/servers/{server['id']}/os-volume_attachments"
    cloud.call("POST", path, {"volumeAttachment": {"volumeId": volume_id}})
    cloud.advance(DELAYS.volume.high)
    reply = act(cloud, volume_id, "os-detach", {})
    assert (reply.status, reply.message) == (
        409,
        (
            f"ConflictNovaUsingAttachment: Detach volume from instance {server['id']} using the "
            "Compute API"
        ),
    )


def test_a_volume_is_extended_over_time(cloud: InProcess, volume_id: str) -> None:
    assert act(cloud, volume_id, "os-extend", {"new_size": 3}).status == 202
    assert (status(cloud, volume_id), seen(cloud, volume_id)["size"]) == ("extending", 1)
    cloud.advance(DELAYS.volume.high)
    assert (status(cloud, volume_id), seen(cloud, volume_id)["size"]) == ("available", 3)


def test_a_volume_does_not_shrink(cloud: InProcess, volume_id: str) -> None:
    reply = act(cloud, volume_id, "os-extend", {"new_size": 1})
    assert (reply.status, reply.message) == (
        400,
        (
            "Invalid input received: New size for extend must be greater than current size. "
            "(current: 1, extended: 1)."
        ),
    )


def test_a_volume_in_use_is_extended_since_3_42(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    reply = act(cloud, volume_id, "os-extend", {"new_size": 2})
    assert reply.message == (
        f"Invalid volume: Volume {volume_id} status must be '{{'status': 'available'}}' to extend, "
        "currently in-use."
    )
    assert act(cloud, volume_id, "os-extend", {"new_size": 2}, version="3.42").status == 202
    cloud.advance(DELAYS.volume.high)
    assert (status(cloud, volume_id), seen(cloud, volume_id)["size"]) == ("in-use", 2)


def test_an_extension_that_fails_gives_its_quota_back(cloud: InProcess, volume_id: str) -> None:
    cloud.cloud.faults.add(Rule(effect=Effect.FAILED_BUILD, kind="volume"))
    act(cloud, volume_id, "os-extend", {"new_size": 9})
    cloud.advance(DELAYS.volume.high)
    assert status(cloud, volume_id) == "error_extending"
    limits = cloud.call("GET", "/volume/v3/limits").json["limits"]["absolute"]
    assert limits["totalGigabytesUsed"] == 1


def test_flags_and_image_metadata_are_set(cloud: InProcess, volume_id: str) -> None:
    assert act(cloud, volume_id, "os-set_bootable", {"bootable": "true"}).status == 200
    assert act(cloud, volume_id, "os-update_readonly_flag", {"readonly": True}).status == 202
    shown = act(cloud, volume_id, "os-set_image_metadata", {"metadata": {"a": "b", "c": "d"}})
    assert shown.json == {"metadata": {"a": "b", "c": "d"}}
    assert act(cloud, volume_id, "os-unset_image_metadata", {"key": "a"}).status == 200
    volume = seen(cloud, volume_id)
    assert volume["bootable"] == "true"
    assert volume["metadata"] == {"readonly": "True"}
    assert volume["volume_image_metadata"] == {"c": "d"}


def test_only_administrators_reset_a_status(cloud: InProcess, volume_id: str) -> None:
    given = {"status": "error"}
    reply = act(cloud, volume_id, "os-reset_status", given)
    assert (reply.status, reply.message) == (
        403,
        f"Policy doesn't allow {ADMIN_RULE}:reset_status to be performed.",
    )
    assert act(cloud, volume_id, "os-reset_status", given, user="admin").status == 202
    assert status(cloud, volume_id) == "error"
    wrong = act(cloud, volume_id, "os-reset_status", {"status": "blue"}, user="admin")
    assert wrong.message.startswith("Volume status: blue is invalid, valid statuses are: (")


def test_a_reset_can_forget_who_held_the_volume(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    given = {"status": "available", "attach_status": "detached"}
    act(cloud, volume_id, "os-reset_status", given, user="admin")
    volume = seen(cloud, volume_id)
    assert (volume["status"], volume["attachments"]) == ("available", [])


def test_only_administrators_delete_by_force(cloud: InProcess, volume_id: str) -> None:
    act(cloud, volume_id, "os-reset_status", {"status": "creating"}, user="admin")
    assert cloud.call("DELETE", f"{VOLUMES}/{volume_id}").status == 400
    assert act(cloud, volume_id, "os-force_delete", {}).status == 403
    assert act(cloud, volume_id, "os-force_delete", {}, user="admin").status == 202
    cloud.advance(DELAYS.volume.high)
    assert cloud.call("GET", f"{VOLUMES}/{volume_id}").status == 404


def test_even_force_does_not_delete_what_is_held(cloud: InProcess, volume_id: str) -> None:
    attach(cloud, volume_id)
    reply = act(cloud, volume_id, "os-force_delete", {}, user="admin")
    assert reply.status == 400
    assert reply.message.startswith("Invalid volume: Volume  must not be migrating, attached,")


def test_a_volume_becomes_an_image(cloud: InProcess, volume_id: str) -> None:
    given = {"image_name": "golden", "disk_format": "qcow2"}
    reply = act(cloud, volume_id, "os-volume_upload_image", given)
    assert reply.status == 202
    image_id = reply.json["os-volume_upload_image"]["image_id"]
    assert status(cloud, volume_id) == "uploading"
    cloud.advance(DELAYS.image.high)
    image = cloud.call("GET", f"/image/v2/images/{image_id}").json
    assert (image["name"], image["status"], image["disk_format"]) == ("golden", "active", "qcow2")
    assert status(cloud, volume_id) == "available"


def test_a_volume_changes_its_type(cloud: InProcess, volume_id: str) -> None:
    wish = {"volume_type": {"name": "fast"}}
    assert cloud.call("POST", "/volume/v3/types", wish, user="admin").status == 200
    given = {"new_type": "fast", "migration_policy": "never"}
    assert act(cloud, volume_id, "os-retype", given).status == 202
    cloud.advance(DELAYS.volume.high)
    assert seen(cloud, volume_id)["volume_type"] == "fast"
    assert act(cloud, volume_id, "os-retype", given).status == 400, "it has that type"


@pytest.mark.parametrize(
    ("action", "given", "message"),
    [
        ("dance", {}, ("There is no such action: dance. Verify the request body and Content-Type "
         "header and try again.")),
        ("os-extend", {}, ("Invalid input for field/attribute os-extend. Value: {}. 'new_size' is "
         "a required property")),
        ("os-set_bootable", {}, ("Invalid input for field/attribute os-set_bootable. Value: {}. "
         "'bootable' is a required property")),
        ("os-attach", {"mountpoint": "/dev/vdb"}, ("Invalid input for field/attribute os-attach. "
         "Value: {'mountpoint': '/dev/vdb'}. {'mountpoint': '/dev/vdb'} is not valid under any of "
         "the given schemas")),
        ("os-initialize_connection", {}, ("Invalid input for field/attribute "
         "os-initialize_connection. Value: {}. 'connector' is a required property")),
    ],
)  # fmt: skip
def test_a_wrong_action_is_refused_in_cinders_words(
    cloud: InProcess, volume_id: str, action: str, given: dict[str, str], message: str
) -> None:
    reply = act(cloud, volume_id, action, given)
    assert (reply.status, reply.message) == (400, message)


def test_an_empty_action_is_refused(cloud: InProcess, volume_id: str) -> None:
    reply = cloud.call("POST", f"{VOLUMES}/{volume_id}/action", {})
    assert (reply.status, reply.message) == (400, "Malformed request body")
