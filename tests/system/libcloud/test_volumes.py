"""Volumes and snapshots: each method on Libcloud's own driver and on ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.compute.types import StorageVolumeState

from tests.looking import named
from tests.system.libcloud.pair import Pair, compare, until
from tests.system.libcloud.shown import alike
from tests.system.libcloud.test_nodes import make, settled


def available(driver: Any, volume: Any) -> Any:
    until(lambda: driver.ex_get_volume(volume.id).state == StorageVolumeState.AVAILABLE)
    return driver.ex_get_volume(volume.id)


def taken(driver: Any, snapshot: Any) -> Any:
    until(lambda: driver.ex_get_snapshot(snapshot.id).extra["status"] == "available")
    return driver.ex_get_snapshot(snapshot.id)


@pytest.fixture(scope="module")
def volume(pair: Pair) -> Iterator[Any]:
    made = available(pair.ours, pair.ours.create_volume(1, "data"))
    yield made
    until(lambda: pair.ours.list_volume_snapshots(made) == [])
    assert made.destroy()


def test_volumes_are_listed_and_got_alike(pair: Pair, volume: Any) -> None:
    pair.read(lambda driver: driver.list_volumes())
    pair.read(lambda driver: driver.ex_get_volume(volume.id))


def test_a_volume_is_made_of_a_type_in_a_zone_and_deleted(pair: Pair) -> None:
    kind = next(pair.ours.cloud.volume.types()).name
    made = pair.do(
        lambda driver: driver.create_volume(2, "typed", location="nova", ex_volume_type=kind)
    )
    whole = [available(driver, each) for driver, each in zip(pair, made, strict=True)]
    compare(*map(alike, whole))
    assert [driver.destroy_volume(each) for driver, each in zip(pair, whole, strict=True)] == [
        True,
        True,
    ]


def test_a_volume_is_made_of_an_image_and_of_a_snapshot(pair: Pair, volume: Any) -> None:
    image = named(pair.ours.list_images(), "tiny")
    snapshot = taken(pair.ours, volume.snapshot("s"))
    for wish in ({"ex_image_ref": image.id}, {"snapshot": snapshot}):
        made = pair.do(lambda driver, wish=wish: driver.create_volume(1, "copy", **wish))
        for driver, each in zip(pair, made, strict=True):
            assert driver.destroy_volume(available(driver, each)) is True
    assert snapshot.destroy()


def test_a_volume_is_attached_and_detached_alike(pair: Pair, volume: Any) -> None:
    node = settled(pair.ours, make(pair.ours))
    for driver in pair:
        assert driver.attach_volume(node, volume, device="/dev/vdb") is True
        until(lambda: pair.ours.ex_get_volume(volume.id).state == StorageVolumeState.INUSE)
        attached = pair.read(lambda driver: driver.ex_get_volume(volume.id))
        (attachment,) = attached.extra["attachments"]
        assert attachment["server_id"] == node.id
        assert driver.detach_volume(attached, ex_node=node) is True
        available(pair.ours, volume)
    assert volume.attach(node)
    until(lambda: pair.ours.ex_get_volume(volume.id).state == StorageVolumeState.INUSE)
    assert pair.ours.ex_get_volume(volume.id).detach()
    available(pair.ours, volume)
    assert node.destroy()
    until(lambda: pair.ours.ex_get_node_details(node) is None)


def test_a_node_boots_from_a_volume_without_an_image(pair: Pair) -> None:
    """Libcloud sends an empty imageRef with it."""
    image = named(pair.ours.list_images(), "tiny")
    volume = available(pair.ours, pair.ours.create_volume(1, "root", ex_image_ref=image.id))
    mapping = {
        "uuid": volume.id,
        "boot_index": "0",
        "source_type": "volume",
        "destination_type": "volume",
        "delete_on_termination": True,
    }
    size = named(pair.ours.list_sizes(), "tiny")
    network = named(pair.ours.ex_list_networks(), "contract")
    made = pair.ours.create_node(
        "booted", size, networks=[network], ex_blockdevicemappings=[mapping]
    )
    node = settled(pair.ours, made)
    assert node.extra["imageId"] is None
    assert node.extra["volumes_attached"] == [{"id": volume.id}]
    assert node.destroy()
    until(lambda: volume.id not in [each.id for each in pair.ours.list_volumes()])


def test_snapshots_are_made_listed_got_and_deleted_alike(pair: Pair, volume: Any) -> None:
    made = pair.do(
        lambda driver: driver.create_volume_snapshot(volume, "s", ex_description="d", ex_force=True)
    )
    for driver, each in zip(pair, made, strict=True):
        taken(driver, each)
    pair.read(lambda driver: driver.ex_list_snapshots())
    pair.read(lambda driver: driver.list_volume_snapshots(volume))
    for driver, each in zip(pair, made, strict=True):
        assert driver.destroy_volume_snapshot(each) is True


def test_a_snapshot_is_got_by_its_id(pair: Pair, volume: Any) -> None:
    """Libcloud asks Nova for it, which has none: its ex_get_snapshot never works."""
    snapshot = pair.ours.create_volume_snapshot(volume, "s")
    assert pair.ours.ex_get_snapshot(snapshot.id).name == "s"
    taken(pair.ours, snapshot)
    assert snapshot.destroy()


def test_the_old_names_warn_and_work(pair: Pair, volume: Any) -> None:
    for driver in pair:
        with pytest.warns(UserWarning, match="create_volume_snapshot") as warned:
            made = driver.ex_create_snapshot(volume, "s", description="d", force=True)
        taken(pair.ours, made)
        with pytest.warns(UserWarning, match="destroy_volume_snapshot"):
            assert driver.ex_delete_snapshot(made) is True
    assert warned[0].filename == __file__  # ours, the last: it names the program's own line
