"""Volumes that hold what is written: loop devices of this machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Delays, DisksFailed, Emulator, fixed
from leasehold.openstack import connect
from leasehold.openstack.connection import Connection
from tests.disks import loops_below, need_loop_devices
from tests.looking import wait_for

QUICK = fixed(0.05)
DELAYS = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)


class Site:
    """An emulator with disks, and two servers to attach them to."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self.emulator = emulator
        self.directory = directory
        self.cloud: Connection = connect(
            auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
        )
        self.one, self.two = (server.id for server in emulator.seed_servers(2))

    def volume(self, **fields: object) -> str:
        made = self.cloud.volume.create_volume(**{"size": 1, **fields})
        self.await_status(made.id, "available")
        return made.id

    def await_status(self, volume_id: str, status: str) -> None:
        wait_for(lambda: self.cloud.volume.volume(volume_id).status == status)

    def attach(self, volume_id: str, server_id: str) -> Path:
        self.cloud.compute.create_volume_attachment(server_id, volume_id=volume_id)
        self.await_status(volume_id, "in-use")
        return self.link(volume_id, server_id)

    def detach(self, volume_id: str, server_id: str) -> None:
        self.cloud.compute.delete_volume_attachment(server_id, volume_id)

    def link(self, volume_id: str, server_id: str) -> Path:
        return self.directory / "servers" / server_id / "by-id" / f"virtio-{volume_id[:20]}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    need_loop_devices()
    directory = tmp_path / "disks"
    with Emulator(delays=DELAYS, disk_directory=directory) as emulator:
        yield Site(emulator, directory)
    wait_for(lambda: loops_below(directory) == [])


def write(device: Path, text: bytes, place: int = 0) -> None:
    with device.open("r+b") as disk:
        disk.seek(place)
        disk.write(text)
        disk.flush()
        os.fsync(disk.fileno())


def read(device: Path, length: int, place: int = 0) -> bytes:
    with device.open("rb") as disk:
        disk.seek(place)
        return disk.read(length)


def shown(site: Site, volume_id: str, server_id: str) -> Path:
    name = site.link(volume_id, server_id).resolve().name
    return site.directory / "servers" / server_id / "sys/block" / name


def test_what_one_server_wrote_the_next_one_reads(site: Site):
    volume = site.volume()
    write(site.attach(volume, site.one), b"ledger", 512 << 20)
    site.detach(volume, site.one)
    site.await_status(volume, "available")
    assert not site.link(volume, site.one).is_symlink()
    assert read(site.attach(volume, site.two), 6, 512 << 20) == b"ledger"


def test_a_server_finds_its_disk_by_the_serial_and_no_other_servers(site: Site):
    volume, other = site.volume(), site.volume()
    device = site.attach(volume, site.one)
    site.attach(other, site.two)
    found = shown(site, volume, site.one)
    number = device.stat().st_rdev
    assert (found / "serial").read_text() == volume[:20]
    assert (found / "dev").read_text().strip() == f"{os.major(number)}:{os.minor(number)}"
    assert int((found / "size").read_text()) * 512 == 1 << 30
    assert [each.name for each in found.parent.iterdir()] == [found.name]


def test_a_volume_grows_in_the_hands_of_its_server(site: Site):
    volume = site.volume()
    site.attach(volume, site.one)
    site.cloud.volume.extend_volume(volume, size=3)
    size = shown(site, volume, site.one) / "size"
    wait_for(lambda: int(size.read_text()) * 512 == 3 << 30)


def test_a_snapshot_and_a_clone_hold_what_was_there_at_that_moment(site: Site):
    volume = site.volume()
    device = site.attach(volume, site.one)
    write(device, b"before")
    snapshot = site.cloud.volume.create_snapshot(volume_id=volume, force=True)
    wait_for(lambda: site.cloud.volume.snapshot(snapshot.id).status == "available")
    clone = site.volume(source_volume_id=volume)
    write(device, b"after!")
    restored = site.volume(snapshot_id=snapshot.id, size=2)
    assert read(site.attach(restored, site.two), 6) == b"before"
    assert read(site.attach(clone, site.two), 6) == b"before"


def test_a_detach_waits_until_the_server_has_unmounted(site: Site, tmp_path: Path):
    volume = site.volume()
    device = site.attach(volume, site.one)
    place = tmp_path / "mounted"
    place.mkdir()
    subprocess.run(["mkfs.ext4", "-q", device.resolve()], check=True)
    subprocess.run(["mount", device.resolve(), place], check=True)
    site.detach(volume, site.one)
    (place / "written").write_text("while it was asked for")
    assert site.cloud.volume.volume(volume).status == "detaching"
    subprocess.run(["umount", place], check=True)
    site.await_status(volume, "available")
    assert not site.link(volume, site.one).is_symlink()


def test_a_server_that_is_deleted_loses_what_it_has_mounted(site: Site, tmp_path: Path):
    volume = site.volume()
    device = site.attach(volume, site.one)
    place = tmp_path / "a b"
    place.mkdir()
    subprocess.run(["mkfs.ext4", "-q", device.resolve()], check=True)
    subprocess.run(["mount", device.resolve(), place], check=True)
    site.cloud.compute.delete_server(site.one)
    site.await_status(volume, "available")
    assert not place.is_mount()


def test_two_emulators_cannot_have_the_same_directory(site: Site):
    with pytest.raises(DisksFailed, match="another emulator"):
        Emulator(disk_directory=site.directory)


def test_what_a_killed_emulator_left_attached_is_freed_by_the_next(tmp_path: Path):
    need_loop_devices()
    directory = tmp_path / "disks"
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from leasehold.emulator.volume.disks import LoopDisks\n"
        "disks = LoopDisks(Path(sys.argv[1]))\n"
        "disks.make('a' * 36, 1)\n"
        "disks.attach('a' * 36, 'server')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(directory)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(loops_below(directory)) == 1
    with Emulator(disk_directory=directory):
        assert loops_below(directory) == []
    assert list((directory / "servers").iterdir()) == []
