"""Flocker's conformance list for block-device backends, on the emulator's disks, and what it lacks."""

import os
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from leasehold.datasets.agent.device import Places, find
from leasehold.datasets.flocker.block_devices import (
    GIB,
    AlreadyAttachedVolume,
    BlockDevices,
    BlockDeviceVolume,
    UnattachedVolume,
    UnknownVolume,
    VolumeException,
    VolumeInTrouble,
)
from leasehold.emulator import Delays, Effect, Emulator, Rule, fixed
from leasehold.openstack import Connection, connect
from tests.disks import loops_below, need_loop_devices

QUICK = fixed(0.02)
DELAYS = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)


class Site:
    """A cluster on an emulator; we are its first server."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self.emulator = emulator
        self.cloud: Connection = connect(
            auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
        )
        self.here, self.there = (server.id for server in emulator.seed_servers(2))
        self._servers = directory / "servers"
        self.cluster_id = uuid4()
        self.api = self.cluster(self.cluster_id)

    def cluster(self, cluster_id: UUID, *, patience: float = 30.0) -> BlockDevices:
        place = self._servers / self.here
        places = Places(sys_block=place / "sys" / "block", by_id=place / "by-id")
        return BlockDevices(
            self.cloud,
            cluster_id,
            server_id=lambda: self.here,
            device_of=lambda volume_id, size: find(volume_id, size, places).path,
            patience=patience,
            pause=lambda seconds: time.sleep(min(seconds, 0.05)),
        )

    def volume(self) -> BlockDeviceVolume:
        return self.api.create_volume(uuid4(), GIB)

    def attached(self) -> BlockDeviceVolume:
        return self.api.attach_volume(self.volume().blockdevice_id, self.here)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    need_loop_devices()
    directory = tmp_path / "disks"
    with Emulator(delays=DELAYS, disk_directory=directory) as emulator:
        yield Site(emulator, directory)
    assert loops_below(directory) == []


UNKNOWN = str(uuid4())


# -- the instance ------------------------------------------------------------------------------------


def test_the_instance_id_is_text_and_the_server_s(site: Site) -> None:
    assert site.api.compute_instance_id() == site.here


def test_sizes_are_counted_in_whole_gibibytes(site: Site) -> None:
    assert site.api.allocation_unit() == GIB
    assert site.api.create_volume(uuid4(), GIB + 1).size == 2 * GIB


# -- listing -----------------------------------------------------------------------------------------


def test_a_new_cluster_has_no_volumes(site: Site) -> None:
    assert site.api.list_volumes() == []


def test_a_created_volume_is_listed_as_it_was_returned(site: Site) -> None:
    dataset = uuid4()
    made = site.api.create_volume(dataset, GIB)
    assert (made.dataset_id, made.size, made.attached_to) == (dataset, GIB, None)
    assert site.api.list_volumes() == [made]


def test_volumes_on_and_off_servers_are_listed_together(site: Site) -> None:
    off, on = site.volume(), site.attached()
    assert sorted(site.api.list_volumes(), key=str) == sorted([off, on], key=str)


def test_another_cluster_s_volumes_and_foreign_ones_are_not_listed(site: Site) -> None:
    site.cluster(uuid4()).create_volume(uuid4(), GIB)
    site.cloud.volume.create_volume(size=1, name="somebody else's")
    assert site.api.list_volumes() == []


@pytest.mark.parametrize("key", ["flocker-cluster-id", "flocker-dataset-id"])
def test_a_volume_with_broken_metadata_does_not_hide_the_others(site: Site, key: str) -> None:
    good, bad = site.volume(), site.volume()
    site.cloud.volume.update_volume_metadata(bad.blockdevice_id, {key: "nonsense"})
    assert site.api.list_volumes() == [good]


def test_volumes_carry_the_name_and_metadata_that_flocker_gave_them(site: Site) -> None:
    made = site.volume()
    shown = site.cloud.volume.volume(made.blockdevice_id)
    assert shown.name == f"flocker-{made.dataset_id}"
    assert shown.metadata["flocker-dataset-id"] == str(made.dataset_id)


# -- attaching ---------------------------------------------------------------------------------------


def test_attaching_returns_and_lists_where_the_volume_is(site: Site) -> None:
    made = site.volume()
    attached = site.api.attach_volume(made.blockdevice_id, site.here)
    assert attached == BlockDeviceVolume(made.blockdevice_id, GIB, site.here, made.dataset_id)
    assert site.api.list_volumes() == [attached]


def test_several_volumes_can_be_on_one_server(site: Site) -> None:
    paths = {site.api.get_device_path(site.attached().blockdevice_id) for _ in range(3)}
    assert len(paths) == 3


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_volume_that_is_attached_cannot_be_attached_again(site: Site, where: str) -> None:
    attached = site.api.attach_volume(site.volume().blockdevice_id, getattr(site, where))
    with pytest.raises(AlreadyAttachedVolume) as caught:
        site.api.attach_volume(attached.blockdevice_id, site.here)
    assert caught.value.blockdevice_id == attached.blockdevice_id


def test_an_unknown_or_destroyed_volume_cannot_be_attached(site: Site) -> None:
    made = site.volume()
    site.api.destroy_volume(made.blockdevice_id)
    for blockdevice_id in (UNKNOWN, made.blockdevice_id):
        with pytest.raises(UnknownVolume) as caught:
            site.api.attach_volume(blockdevice_id, site.here)
        assert caught.value.blockdevice_id == blockdevice_id


def test_another_cluster_s_volume_is_unknown(site: Site) -> None:
    theirs = site.cluster(uuid4()).create_volume(uuid4(), GIB)
    for call in (site.api.destroy_volume, site.api.detach_volume, site.api.get_device_path):
        with pytest.raises(UnknownVolume):
            call(theirs.blockdevice_id)


# -- devices -----------------------------------------------------------------------------------------


def test_the_device_is_a_block_device_of_the_volume_s_size_and_stays_the_same(site: Site) -> None:
    attached = site.attached()
    path = site.api.get_device_path(attached.blockdevice_id)
    assert stat.S_ISBLK(path.stat().st_mode)
    assert _size(path) == attached.size
    assert site.api.get_device_path(attached.blockdevice_id) == path


def test_a_volume_that_is_unknown_has_no_device(site: Site) -> None:
    with pytest.raises(UnknownVolume):
        site.api.get_device_path(UNKNOWN)


def test_a_volume_that_is_on_no_server_or_on_another_has_no_device_here(site: Site) -> None:
    made = site.volume()
    with pytest.raises(UnattachedVolume):
        site.api.get_device_path(made.blockdevice_id)
    site.api.attach_volume(made.blockdevice_id, site.there)
    with pytest.raises(UnattachedVolume):
        site.api.get_device_path(made.blockdevice_id)


# -- detaching ---------------------------------------------------------------------------------------


def test_a_detached_volume_s_device_is_gone_and_others_are_untouched(site: Site) -> None:
    other, attached = site.attached(), site.attached()
    path = site.api.get_device_path(attached.blockdevice_id)
    site.api.detach_volume(attached.blockdevice_id)
    listed = {each.blockdevice_id: each.attached_to for each in site.api.list_volumes()}
    assert listed == {attached.blockdevice_id: None, other.blockdevice_id: site.here}
    assert _size(path) == 0


def test_a_volume_can_be_attached_again_with_what_was_written(site: Site) -> None:
    attached = site.attached()
    path = site.api.get_device_path(attached.blockdevice_id)
    with path.open("r+b") as disk:
        disk.write(b"still here")
        disk.flush()
        os.fsync(disk.fileno())
    site.api.detach_volume(attached.blockdevice_id)
    assert site.api.attach_volume(attached.blockdevice_id, site.here) == attached
    with site.api.get_device_path(attached.blockdevice_id).open("rb") as disk:
        assert disk.read(10) == b"still here"


def test_what_is_not_attached_or_not_known_cannot_be_detached(site: Site) -> None:
    made = site.volume()
    with pytest.raises(UnattachedVolume):
        site.api.detach_volume(made.blockdevice_id)
    with pytest.raises(UnknownVolume):
        site.api.detach_volume(UNKNOWN)


# -- destroying --------------------------------------------------------------------------------------


def test_destroying_removes_that_volume_alone_and_only_once(site: Site) -> None:
    stays, goes = site.volume(), site.volume()
    site.api.destroy_volume(goes.blockdevice_id)
    assert site.api.list_volumes() == [stays]
    for blockdevice_id in (goes.blockdevice_id, UNKNOWN):
        with pytest.raises(UnknownVolume):
            site.api.destroy_volume(blockdevice_id)


# -- profiles and errors -----------------------------------------------------------------------------


def test_a_profile_chooses_the_volume_type(site: Site) -> None:
    volume_type = next(iter(site.cloud.volume.types())).name
    api = BlockDevices(site.cloud, uuid4(), profiles={"gold": volume_type})
    made = api.create_volume_with_profile(uuid4(), GIB, "gold")
    assert site.cloud.volume.volume(made.blockdevice_id).volume_type == volume_type


def test_errors_refuse_ids_that_are_no_text() -> None:
    with pytest.raises(TypeError, match="blockdevice_id is text"):
        VolumeException(4)


# -- what hurt Flocker's users -----------------------------------------------------------------------


def test_a_volume_that_fails_is_told_at_once_and_does_not_stay_behind(site: Site) -> None:
    site.emulator.faults.add(Rule(effect=Effect.FAILED_BUILD, kind="volume", count=1))
    with pytest.raises(VolumeInTrouble, match="its status is 'error'"):
        site.volume()
    assert site.api.list_volumes() == []


def test_a_volume_that_stays_in_a_passing_state_ends_the_call_by_its_deadline(site: Site) -> None:
    api = site.cluster(uuid4(), patience=1.0)
    site.emulator.faults.add(Rule(effect=Effect.STUCK_BUILD, kind="volume", count=1))
    with pytest.raises(VolumeInTrouble, match="not available within 1 s, still 'creating'"):
        api.create_volume(uuid4(), GIB)


def test_a_detach_that_hangs_is_told_by_its_deadline_and_finished_by_the_next_call(
    site: Site,
) -> None:
    attached = site.attached()
    api = site.cluster(site.cluster_id, patience=1.0)
    path = site.api.get_device_path(attached.blockdevice_id)
    mounted = os.open(path, os.O_RDONLY | os.O_EXCL)  # as the kernel holds what is mounted
    with pytest.raises(VolumeInTrouble, match="still 'detaching'"):
        api.detach_volume(attached.blockdevice_id)
    os.close(mounted)
    site.api.detach_volume(attached.blockdevice_id)
    assert site.api.list_volumes()[0].attached_to is None


@pytest.mark.parametrize("effect", [Effect.LOST_AFTER, Effect.ERROR_AFTER])
def test_a_lost_answer_makes_no_second_volume_and_no_second_attachment(
    site: Site, effect: Effect
) -> None:
    for kind in ("volume", "attachment"):
        rule = Rule(effect=effect, kind=kind, method="POST", status=504, count=1)
        site.emulator.faults.add(rule)
    attached = site.attached()
    assert site.api.list_volumes() == [attached]
    assert attached.attached_to == site.here


def _size(path: Path) -> int:
    shown = subprocess.run(
        ["blockdev", "--getsize64", path], capture_output=True, text=True, check=False
    )
    return int(shown.stdout or 0)
