"""Volumes over Cinder's API: made, shown by microversion, changed and deleted."""

from typing import Any

import pytest

from leasehold.emulator import Effect, Quota, Rule
from tests.unit.emulator.conftest import DELAYS, InProcess, Reply

VOLUMES = "/volume/v3/volumes"
NOBODY = "00000000-0000-4000-8000-000000000000"
BUSY = (
    "Invalid volume: Volume status must be available or error or error_restoring or "
    "error_extending or error_managing and must not be migrating, attached, belong to a group, "
    "have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer."
)


def make(cloud: InProcess, *, version: str | None = None, **fields: Any) -> Reply:
    wish = {"size": 1, **fields}
    wish = {name: value for name, value in wish.items() if value is not ...}
    return cloud.call("POST", VOLUMES, {"volume": wish}, version=version)


def a_volume(cloud: InProcess, **fields: Any) -> Any:
    """An available one."""
    reply = make(cloud, **fields)
    assert reply.status == 202, reply.body
    cloud.advance(DELAYS.volume.high)
    return seen(cloud, reply.json["volume"]["id"])


def seen(cloud: InProcess, volume_id: str, **how: Any) -> Any:
    reply = cloud.call("GET", f"{VOLUMES}/{volume_id}", **how)
    assert reply.status == 200, reply.body
    return reply.json["volume"]


def delete(cloud: InProcess, volume: Any, query: str = "") -> Reply:
    return cloud.call("DELETE", f"{VOLUMES}/{volume['id']}{query}")


def test_a_volume_is_creating_and_then_available(cloud: InProcess) -> None:
    made = make(cloud, name="data", metadata={"leasehold": "i/volume-1"}).json["volume"]
    assert (made["status"], made["updated_at"], made["bootable"]) == ("creating", None, "false")
    cloud.advance(DELAYS.volume.high)
    volume = seen(cloud, made["id"])
    assert (volume["status"], volume["volume_type"]) == ("available", "default")
    assert volume["metadata"] == {"leasehold": "i/volume-1"}
    assert volume["os-vol-tenant-attr:tenant_id"] == cloud.cloud.project("demo").id


def test_an_address_may_have_the_projects_id_in_it(cloud: InProcess) -> None:
    project_id = cloud.cloud.project("demo").id
    volume = a_volume(cloud)
    reply = cloud.call("GET", f"/volume/v3/{project_id}/volumes/{volume['id']}")
    (link, _) = reply.json["volume"]["links"]
    assert link["href"].endswith(f"/volume/v3/{project_id}/volumes/{volume['id']}")
    assert volume["links"][0]["href"].endswith(f"/volume/v3/volumes/{volume['id']}")


def test_another_projects_id_in_the_address_is_refused(cloud: InProcess) -> None:
    other = cloud.cloud.project("admin").id
    reply = cloud.call("GET", f"/volume/v3/{other}/volumes")
    assert (reply.status, reply.message) == (400, "Malformed request url")


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("3.13", "group_id"),
        ("3.48", "service_uuid"),
        ("3.63", "volume_type_id"),
        ("3.65", "consumes_quota"),
    ],
)
def test_later_versions_show_more(cloud: InProcess, version: str, key: str) -> None:
    volume_id = a_volume(cloud)["id"]
    major, minor = version.split(".")
    before = f"{major}.{int(minor) - 1}"
    assert key in seen(cloud, volume_id, version=version)
    assert key not in seen(cloud, volume_id, version=before)


def test_administrators_see_where_a_volume_is(cloud: InProcess) -> None:
    volume_id = a_volume(cloud)["id"]
    assert "os-vol-host-attr:host" not in seen(cloud, volume_id)
    assert "os-vol-host-attr:host" in seen(cloud, volume_id, user="admin")


def test_a_volume_from_an_image_boots(cloud: InProcess) -> None:
    volume = a_volume(cloud, imageRef=cloud.image_id("debian-12"))
    assert volume["bootable"] == "true"
    assert volume["volume_image_metadata"]["image_name"] == "debian-12"


def test_a_volume_from_a_volume_is_as_large(cloud: InProcess) -> None:
    source = a_volume(cloud, size=3)
    copy = a_volume(cloud, size=..., source_volid=source["id"])
    assert (copy["size"], copy["source_volid"]) == (3, source["id"])


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"size": 0}, 400,
         "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1"),
        ({"size": "x"}, 400,
         "Invalid input for field/attribute size. Value: x. 'x' does not match '^[0-9]+$'"),
        ({"size": None}, 400, (
         "The server could not comply with the request since it is either malformed or "
         "otherwise incorrect.")),
        ({"size": 2**31}, 400, (
         "Invalid input for field/attribute size. Value: 2147483648. 2147483648 is greater than "
         "the maximum of 2147483647")),
        ({"name": 5}, 400, (
         "Invalid input for field/attribute name. Value: 5. 5 is not of type 'string', 'null'")),
        ({"name": "x" * 256}, 400,
         "Invalid input received: name has 256 characters, more than 255."),
        ({"metadata": {"a": 1}}, 400,
         "Invalid input for field/attribute a. Value: 1. 1 is not of type 'string'"),
        ({"volume_type": "nope"}, 404, "Volume type with name nope could not be found."),
        ({"imageRef": NOBODY}, 400,
         "Invalid image identifier or unable to access requested image."),
        ({"snapshot_id": NOBODY}, 404, f"Snapshot {NOBODY} could not be found."),
        ({"source_volid": NOBODY}, 404, f"Volume {NOBODY} could not be found."),
        ({"availability_zone": "mars"}, 400, "Availability zone 'mars' is invalid."),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_in_cinders_words(
    cloud: InProcess, fields: dict[str, Any], status: int, message: str
) -> None:
    reply = make(cloud, **fields)
    assert (reply.status, reply.message) == (status, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Malformed request body"),
        (b"[]", "[] is not of type 'object'"),
        (b"{}", "'volume' is a required property"),
    ],
)
def test_a_wrong_body_is_refused_in_cinders_words(
    cloud: InProcess, body: bytes, message: str
) -> None:
    reply = cloud.call("POST", VOLUMES, body=body)
    assert (reply.status, reply.message) == (400, message)


def test_unknown_fields_are_refused_by_later_versions_only(cloud: InProcess) -> None:
    assert make(cloud, colour="red").status == 202
    reply = make(cloud, version="3.53", colour="red")
    assert reply.message == (
        "Invalid input for field/attribute volume. Value: {'size': 1, 'colour': 'red'}. Additional "
        "properties are not allowed ('colour' was unexpected)"
    )


def test_a_volume_is_renamed_and_redescribed(cloud: InProcess) -> None:
    volume = a_volume(cloud, name="a", metadata={"k": "v"})
    body = {"volume": {"name": "b", "description": "d"}}
    changed = cloud.call("PUT", f"{VOLUMES}/{volume['id']}", body).json["volume"]
    assert (changed["name"], changed["description"]) == ("b", "d")
    assert changed["metadata"] == {"k": "v"}


def test_metadata_is_extended_replaced_and_removed(cloud: InProcess) -> None:
    path = f"{VOLUMES}/{a_volume(cloud, metadata={'a': '1'})['id']}/metadata"
    added = cloud.call("POST", path, {"metadata": {"b": "2"}})
    assert added.json == {"metadata": {"a": "1", "b": "2"}}
    assert cloud.call("PUT", path, {"metadata": {"c": "3"}}).json == {"metadata": {"c": "3"}}
    assert cloud.call("PUT", f"{path}/d", {"meta": {"d": "4"}}).json == {"meta": {"d": "4"}}
    assert cloud.call("GET", f"{path}/d").json == {"meta": {"d": "4"}}
    assert cloud.call("DELETE", f"{path}/d").status == 200
    reply = cloud.call("DELETE", f"{path}/d")
    assert reply.status == 404
    assert reply.message.endswith("has no metadata with key d.")
    mismatch = cloud.call("PUT", f"{path}/d", {"meta": {"e": "4"}})
    assert mismatch.message == "Request body and URI mismatch"


def test_a_deleted_volume_is_deleting_and_then_gone(cloud: InProcess) -> None:
    volume = a_volume(cloud)
    assert delete(cloud, volume).status == 202
    assert seen(cloud, volume["id"])["status"] == "deleting"
    again = delete(cloud, volume)
    assert (again.status, again.message) == (400, BUSY)
    cloud.advance(DELAYS.volume.high)
    reply = cloud.call("GET", f"{VOLUMES}/{volume['id']}")
    assert (reply.status, reply.message) == (404, f"Volume {volume['id']} could not be found.")


def test_a_volume_in_use_is_not_deleted(cloud: InProcess) -> None:
    volume, server = a_volume(cloud), cloud.a_server()
    path = f"/compute/v2.1/servers/{server['id']}/os-volume_attachments"
    cloud.call("POST", path, {"volumeAttachment": {"volumeId": volume["id"]}})
    cloud.advance(DELAYS.volume.high)
    assert seen(cloud, volume["id"])["status"] == "in-use"
    reply = delete(cloud, volume)
    assert (reply.status, reply.message) == (400, BUSY)


def test_snapshots_keep_a_volume_unless_they_go_with_it(cloud: InProcess) -> None:
    volume = a_volume(cloud)
    cloud.call("POST", "/volume/v3/snapshots", {"snapshot": {"volume_id": volume["id"]}})
    cloud.advance(DELAYS.volume.high)
    assert delete(cloud, volume).message == BUSY
    assert delete(cloud, volume, "?cascade=True").status == 202
    cloud.advance(DELAYS.volume.high)
    assert cloud.call("GET", "/volume/v3/snapshots").json == {"snapshots": []}
    assert cloud.call("GET", VOLUMES).json == {"volumes": []}


def test_another_tenants_volume_is_not_found(cloud: InProcess) -> None:
    volume = a_volume(cloud)
    theirs = cloud.call("POST", VOLUMES, {"volume": {"size": 1}}, user="admin").json["volume"]
    assert cloud.call("GET", f"{VOLUMES}/{theirs['id']}").status == 404
    assert cloud.call("GET", f"{VOLUMES}/{volume['id']}", user="admin").status == 200


def test_a_summary_adds_up(cloud: InProcess) -> None:
    a_volume(cloud, size=2, metadata={"k": "a"})
    a_volume(cloud, size=3, metadata={"k": "b"})
    reply = cloud.call("GET", f"{VOLUMES}/summary", version="3.36")
    assert reply.json["volume-summary"] == {
        "total_count": 2,
        "total_size": 5,
        "metadata": {"k": ["a", "b"]},
    }
    assert cloud.call("GET", f"{VOLUMES}/summary").status == 404


def test_too_many_volumes_are_over_the_limit(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(volumes=1))
    assert make(cloud).status == 202
    reply = make(cloud)
    assert (reply.status, reply.headers["retry-after"]) == (413, "0")
    assert reply.json["overLimit"] == {
        "code": 413,
        "message": (
            "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota "
            "'volumes'."
        ),
        "retryAfter": "0",
    }


def test_too_many_gigabytes_are_over_the_limit(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(gigabytes=5, per_volume_gigabytes=4))
    assert make(cloud, size=3).status == 202
    assert make(cloud, size=3).message == (
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes "
        "quota. Requested 3G, quota is 5G and 3G has been consumed."
    )
    assert make(cloud, size=5).message == (
        "VolumeSizeExceedsLimit: Requested volume size 5G is larger than maximum allowed limit 4G."
    )


def test_a_deleted_volume_counts_no_more(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(volumes=1, gigabytes=1))
    delete(cloud, a_volume(cloud))
    cloud.advance(DELAYS.volume.high)
    assert make(cloud).status == 202


@pytest.mark.parametrize(
    ("effect", "status"),
    [(Effect.STUCK_BUILD, "creating"), (Effect.FAILED_BUILD, "error")],
)
def test_a_create_can_stick_or_fail(cloud: InProcess, effect: Effect, status: str) -> None:
    cloud.cloud.faults.add(Rule(effect=effect, kind="volume", count=1))
    assert a_volume(cloud)["status"] == status
    assert a_volume(cloud)["status"] == "available"


@pytest.mark.parametrize(
    ("effect", "status"),
    [(Effect.STUCK_DELETE, "deleting"), (Effect.FAILED_DELETE, "error_deleting")],
)
def test_a_delete_can_stick_or_fail(cloud: InProcess, effect: Effect, status: str) -> None:
    volume = a_volume(cloud)
    cloud.cloud.faults.add(Rule(effect=effect, kind="volume"))
    assert delete(cloud, volume).status == 202
    cloud.advance(60)
    assert seen(cloud, volume["id"])["status"] == status


def test_a_fault_says_that_the_quota_is_used_up(cloud: InProcess) -> None:
    cloud.cloud.faults.add(Rule(effect=Effect.QUOTA, kind="volume", count=1))
    reply = make(cloud)
    assert reply.status == 413
    assert reply.message.startswith("VolumeLimitExceeded: ")
