from datetime import UTC, datetime

import pytest

from tests.unit.openstack.wire import CINDER, Reply, Wire, connection

VOLUME = {
    "id": "v1",
    "name": None,
    "status": "in-use",
    "size": 1,
    "created_at": "2030-01-01T00:00:00.000000",
    "updated_at": None,
    "bootable": "true",
    "encrypted": False,
    "metadata": {"leasehold": "a/b"},
    "attachments": [
        {
            "id": "v1",
            "attachment_id": "a1",
            "server_id": "s1",
            "device": "/dev/vdb",
            "attached_at": "2030-01-01T00:00:00.000000",
            "host_name": None,
        }
    ],
}
SNAPSHOT = {
    "id": "sn1",
    "volume_id": "v1",
    "status": "creating",
    "size": 1,
    "created_at": "2030-01-01T00:00:00.000000",
}


def test_a_volume_is_read_with_the_zone_that_cinder_leaves_out():
    wire = Wire().on("GET", f"{CINDER}/volumes/v1", Reply({"volume": VOLUME}))
    volume = connection(wire).volume.volume("v1")
    assert volume.created_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert [where.server_id for where in volume.attachments] == ["s1"]
    assert volume.bootable is True
    assert volume.name is None


def test_a_volume_is_asked_for_with_what_was_given_and_no_more():
    wire = Wire().on("POST", f"{CINDER}/volumes", Reply({"volume": VOLUME}, 202))
    connection(wire).volume.create_volume(size=1, name="n", metadata={"leasehold": "a/b"})
    sent = {"size": 1, "name": "n", "metadata": {"leasehold": "a/b"}}
    assert wire.calls()[0].json == {"volume": sent}


def test_a_volume_of_an_image_names_it_as_cinder_does():
    wire = Wire().on("POST", f"{CINDER}/volumes", Reply({"volume": VOLUME}, 202))
    connection(wire).volume.create_volume(size=1, image_id="i1", volume_type="ssd")
    sent = {"size": 1, "imageRef": "i1", "volume_type": "ssd"}
    assert wire.calls()[0].json == {"volume": sent}


@pytest.mark.parametrize(
    ("path", "key", "item", "verb"),
    [
        ("/volumes/detail", "volumes", VOLUME, "volumes"),
        ("/snapshots/detail", "snapshots", SNAPSHOT, "snapshots"),
        ("/types", "volume_types", {"id": "t1", "name": "ssd"}, "types"),
    ],
)
def test_each_kind_is_listed_and_filtered_by_cinder(path, key, item, verb):
    wire = Wire().on("GET", f"{CINDER}{path}", Reply({key: [item]}))
    (found,) = getattr(connection(wire).volume, verb)(name="x")
    assert found.id == item["id"]
    assert ("name", "x") in wire.calls()[0].query


def test_volumes_and_snapshots_are_deleted():
    wire = Wire().on("DELETE", f"{CINDER}/volumes/v1", Reply(status=202))
    wire.on("DELETE", f"{CINDER}/snapshots/sn1", Reply(status=202))
    cloud = connection(wire)
    cloud.volume.delete_volume("v1")
    cloud.volume.delete_snapshot("sn1")
    assert len(wire.calls("DELETE")) == 2


def test_a_snapshot_is_made_and_got():
    wire = Wire().on("POST", f"{CINDER}/snapshots", Reply({"snapshot": SNAPSHOT}, 202))
    wire.on("GET", f"{CINDER}/snapshots/sn1", Reply({"snapshot": SNAPSHOT}))
    cloud = connection(wire)
    made = cloud.volume.create_snapshot(volume_id="v1", force=True)
    assert made == cloud.volume.snapshot("sn1")
    sent = {"volume_id": "v1", "name": "", "force": True}
    assert wire.calls("POST")[0].json == {"snapshot": sent}


def test_limits_are_read():
    absolute = {"maxTotalVolumes": 10, "totalVolumesUsed": 2, "totalGigabytesUsed": 7}
    wire = Wire().on("GET", f"{CINDER}/limits", Reply({"limits": {"absolute": absolute}}))
    limits = connection(wire).volume.limits()
    assert (limits.max_volumes, limits.used_volumes) == (10, 2)
    assert (limits.max_gigabytes, limits.used_gigabytes) == (-1, 7)


def test_zones_are_listed():
    zones = [{"zoneName": "nova", "zoneState": {"available": True}}]
    path = f"{CINDER}/os-availability-zone"
    wire = Wire().on("GET", path, Reply({"availabilityZoneInfo": zones}))
    assert [zone.name for zone in connection(wire).volume.availability_zones()] == ["nova"]
