"""Snapshots of volumes."""

from typing import Any

import pytest

from leasehold.emulator import Effect, Quota, Rule
from tests.unit.emulator.conftest import DELAYS, InProcess, Reply

VOLUMES = "/volume/v3/volumes"
SNAPSHOTS = "/volume/v3/snapshots"
NOBODY = "00000000-0000-4000-8000-000000000000"


def a_volume(cloud: InProcess, size: int = 2, **fields: Any) -> Any:
    reply = cloud.call("POST", VOLUMES, {"volume": {"size": size, **fields}})
    assert reply.status == 202, reply.body
    cloud.advance(DELAYS.volume.high)
    return reply.json["volume"]


def make(cloud: InProcess, volume: Any, *, version: str | None = None, **fields: Any) -> Reply:
    wish = {"volume_id": volume["id"], **fields}
    return cloud.call("POST", SNAPSHOTS, {"snapshot": wish}, version=version)


def a_snapshot(cloud: InProcess, volume: Any, **fields: Any) -> Any:
    reply = make(cloud, volume, **fields)
    assert reply.status == 202, reply.body
    cloud.advance(DELAYS.volume.high)
    return reply.json["snapshot"]


def seen(cloud: InProcess, snapshot: Any) -> Any:
    return cloud.call("GET", f"{SNAPSHOTS}/{snapshot['id']}").json["snapshot"]


def attach(cloud: InProcess, volume: Any) -> None:
    given = {"instance_uuid": NOBODY, "mountpoint": "/dev/vdb"}
    cloud.call("POST", f"{VOLUMES}/{volume['id']}/action", {"os-attach": given})


def test_a_snapshot_is_creating_and_then_available(cloud: InProcess) -> None:
    made = make(cloud, a_volume(cloud), name="s", metadata={"k": "v"}).json["snapshot"]
    assert (made["status"], made["size"], made["updated_at"]) == ("creating", 2, None)
    cloud.advance(DELAYS.volume.high)
    snapshot = seen(cloud, made)
    assert (snapshot["status"], snapshot["metadata"]) == ("available", {"k": "v"})
    assert snapshot["os-extended-snapshot-attributes:progress"] == "100%"


def test_a_deleted_snapshot_is_deleting_and_then_gone(cloud: InProcess) -> None:
    snapshot = a_snapshot(cloud, a_volume(cloud))
    path = f"{SNAPSHOTS}/{snapshot['id']}"
    assert cloud.call("DELETE", path).status == 202
    assert seen(cloud, snapshot)["status"] == "deleting"
    cloud.advance(DELAYS.volume.high)
    reply = cloud.call("GET", path)
    assert (reply.status, reply.message) == (404, f"Snapshot {snapshot['id']} could not be found.")


def test_a_volume_in_use_is_snapshotted_by_force_or_by_later_versions(cloud: InProcess) -> None:
    volume = a_volume(cloud)
    attach(cloud, volume)
    reply = make(cloud, volume)
    assert (reply.status, reply.message) == (
        400,
        (
            f"Invalid volume: Volume {volume['id']} status must be available, but current status is: "
            "in-use."
        ),
    )
    assert make(cloud, volume, force=True).status == 202
    assert make(cloud, volume, version="3.66").status == 202


def test_a_volume_from_a_snapshot_is_no_smaller(cloud: InProcess) -> None:
    snapshot = a_snapshot(cloud, a_volume(cloud, size=3))
    body = {"volume": {"snapshot_id": snapshot["id"], "size": 1}}
    assert cloud.call("POST", VOLUMES, body).message == (
        "Invalid input received: Volume size '1'GB cannot be smaller than the snapshot size 3GB. "
        "They must be >= original snapshot size."
    )
    body = {"volume": {"snapshot_id": snapshot["id"]}}
    assert cloud.call("POST", VOLUMES, body).json["volume"]["size"] == 3


def test_a_snapshot_counts_as_gigabytes(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(gigabytes=3, snapshots=1))
    volume = a_volume(cloud, size=2)
    assert make(cloud, volume).message == (
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes "
        "quota. Requested 2G, quota is 3G and 2G has been consumed."
    )


def test_too_many_snapshots_are_over_the_limit(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(snapshots=0))
    reply = make(cloud, a_volume(cloud))
    assert (reply.status, reply.message) == (
        413,
        "SnapshotLimitExceeded: Maximum number of snapshots allowed (0) exceeded",
    )


def test_snapshots_are_listed_with_filters_and_links(cloud: InProcess) -> None:
    first, second = a_volume(cloud), a_volume(cloud)
    a_snapshot(cloud, first, name="one")
    a_snapshot(cloud, second, name="two")
    page = cloud.call("GET", f"{SNAPSHOTS}?limit=1").json
    assert [snapshot["name"] for snapshot in page["snapshots"]] == ["two"]
    rest = cloud.call("GET", page["snapshots_links"][0]["href"]).json
    assert [snapshot["name"] for snapshot in rest["snapshots"]] == ["one"]
    found = cloud.call("GET", f"{SNAPSHOTS}/detail?volume_id={first['id']}").json["snapshots"]
    assert [snapshot["name"] for snapshot in found] == ["one"]


def test_a_snapshot_is_renamed(cloud: InProcess) -> None:
    snapshot = a_snapshot(cloud, a_volume(cloud), name="a")
    path = f"{SNAPSHOTS}/{snapshot['id']}"
    changed = cloud.call("PUT", path, {"snapshot": {"name": "b"}}).json["snapshot"]
    assert changed["name"] == "b"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "'snapshot' is a required property"),
        (
            {"snapshot": {}},
            400,
            (
                "Invalid input for field/attribute snapshot. Value: {}. 'volume_id' is a required "
                "property"
            ),
        ),
        ({"snapshot": {"volume_id": NOBODY}}, 404, f"Volume {NOBODY} could not be found."),
    ],
)
def test_a_wrong_wish_is_refused_in_cinders_words(
    cloud: InProcess, body: dict[str, Any], status: int, message: str
) -> None:
    reply = cloud.call("POST", SNAPSHOTS, body)
    assert (reply.status, reply.message) == (status, message)


@pytest.mark.parametrize(
    ("effect", "status"),
    [(Effect.STUCK_BUILD, "creating"), (Effect.FAILED_BUILD, "error")],
)
def test_a_create_can_stick_or_fail(cloud: InProcess, effect: Effect, status: str) -> None:
    cloud.cloud.faults.add(Rule(effect=effect, kind="snapshot"))
    assert seen(cloud, a_snapshot(cloud, a_volume(cloud)))["status"] == status


@pytest.mark.parametrize(
    ("effect", "status"),
    [(Effect.STUCK_DELETE, "deleting"), (Effect.FAILED_DELETE, "error_deleting")],
)
def test_a_delete_can_stick_or_fail(cloud: InProcess, effect: Effect, status: str) -> None:
    snapshot = a_snapshot(cloud, a_volume(cloud))
    cloud.cloud.faults.add(Rule(effect=effect, kind="snapshot"))
    cloud.call("DELETE", f"{SNAPSHOTS}/{snapshot['id']}")
    cloud.advance(60)
    assert seen(cloud, snapshot)["status"] == status


def test_administrators_reset_and_force(cloud: InProcess) -> None:
    snapshot = a_snapshot(cloud, a_volume(cloud))
    path = f"{SNAPSHOTS}/{snapshot['id']}/action"
    reset = {"os-reset_status": {"status": "creating"}}
    assert cloud.call("POST", path, reset).status == 403
    assert cloud.call("POST", path, reset, user="admin").status == 202
    assert cloud.call("DELETE", f"{SNAPSHOTS}/{snapshot['id']}").status == 400
    assert cloud.call("POST", path, {"os-force_delete": {}}, user="admin").status == 202
    cloud.advance(DELAYS.volume.high)
    assert cloud.call("GET", f"{SNAPSHOTS}/{snapshot['id']}").status == 404
