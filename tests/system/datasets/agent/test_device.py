"""Which device is a volume: real block devices, shown by a sysfs and a by-id of the test's own."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from leasehold.datasets.agent.device import Places, find, is_free, is_still_here, pinned
from leasehold.datasets.agent.errors import DeviceDoubtful, DeviceMissing
from tests.disks import need_loop_devices

ID = "0d8f1f32-7cd5-4a2b-9d2e-0123456789ab"
SIZE = 64 << 20


class Bench:
    """Loop devices, and what a guest's kernel and udev would say of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.devices: list[Path] = []
        self.places = Places(sys_block=directory / "block", by_id=directory / "by-id")
        self.places.sys_block.mkdir()
        self.places.by_id.mkdir()

    def device(self) -> Path:
        path = self.directory / f"disk{len(self.devices)}"
        with path.open("wb") as file:
            file.truncate(SIZE)
        command = ["losetup", "--find", "--show", str(path)]
        device = Path(
            subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
        )
        self.devices.append(device)
        return device

    def show(self, device: Path, attribute: str, serial: bytes) -> None:
        shown = self.places.sys_block / device.name
        path = shown / attribute
        path.parent.mkdir(parents=True)
        path.write_bytes(serial)
        for name in ("dev", "size"):
            (shown / name).write_text((Path("/sys/block") / device.name / name).read_text())

    def link(self, device: Path, name: str) -> None:
        (self.places.by_id / name).symlink_to(device)

    def close(self) -> None:
        for device in self.devices:
            subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    need_loop_devices()
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("attribute", "serial"),
    [
        pytest.param("serial", ID[:20].encode(), id="virtio-blk"),
        pytest.param("device/serial", f"{ID[:20]}\n".encode(), id="NVMe"),
        pytest.param("device/vpd_pg80", b"\0\x80\0\x24" + ID.encode(), id="SCSI"),
    ],
)
def test_the_kernel_shows_the_serial_in_three_ways(bench: Bench, attribute: str, serial: bytes):
    bench.show(bench.device(), "serial", b"0d8f1f32-7cd5-4a2b-0")
    wanted = bench.device()
    bench.show(wanted, attribute, serial)
    found = find(ID, SIZE, bench.places)
    assert found.path == wanted
    assert os.makedev(found.major, found.minor) == wanted.stat().st_rdev
    assert found.size == SIZE


@pytest.mark.parametrize(
    "name",
    [
        f"virtio-{ID[:20]}",
        f"scsi-0QEMU_QEMU_HARDDISK_{ID[:20]}",
        f"scsi-0QEMU_QEMU_HARDDISK_{ID}",
        f"scsi-SQEMU_QEMU_HARDDISK_{ID}",
        f"nvme-QEMU_NVMe_Ctrl_{ID[:20]}",
        f"nvme-QEMU_NVMe_Ctrl_{ID[:20]}_1",
        f"wwn-0x{ID.replace('-', '')}",
    ],
)
def test_udevs_links_are_enough_where_sysfs_has_no_serial(bench: Bench, name: str):
    device = bench.device()
    bench.link(device, name)
    assert find(ID, SIZE, bench.places).path == device


@pytest.mark.parametrize(
    "name", [f"virtio-{ID[:20]}-part1", f"virtio-{ID[:19]}", f"virtio-x{ID[:20]}", "virtio-"]
)
def test_a_partition_or_another_disk_is_not_the_volume(bench: Bench, name: str):
    bench.link(bench.device(), name)
    with pytest.raises(DeviceMissing, match=ID):
        find(ID, SIZE, bench.places)


def test_links_and_sysfs_that_agree_are_one_device(bench: Bench):
    device = bench.device()
    bench.show(device, "serial", ID[:20].encode())
    bench.link(device, f"virtio-{ID[:20]}")
    assert find(ID, SIZE, bench.places).path == device


def test_a_stale_link_beside_the_real_device_is_doubted(bench: Bench):
    bench.show(bench.device(), "serial", ID[:20].encode())
    bench.link(bench.device(), f"virtio-{ID[:20]}")
    with pytest.raises(DeviceDoubtful, match="all have the serial"):
        find(ID, SIZE, bench.places)


def test_a_link_to_nothing_is_a_device_that_is_missing(bench: Bench):
    bench.link(bench.directory / "gone", f"virtio-{ID[:20]}")
    with pytest.raises(DeviceMissing):
        find(ID, SIZE, bench.places)


def test_a_device_without_its_node_is_doubted_and_not_missed(bench: Bench):
    device = bench.device()
    bench.show(device, "serial", ID[:20].encode())
    places = msgspec.structs.replace(bench.places, dev=bench.directory / "dev")
    with pytest.raises(DeviceDoubtful, match=f"{ID}, but .* is no device"):
        find(ID, SIZE, places)


def test_a_device_that_cannot_be_opened_is_doubted_and_not_missed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    bench.link(bench.device(), f"virtio-{ID[:20]}")

    def refuse(path: Path, flags: int) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DeviceDoubtful, match="cannot be opened: Input/output error"):
        find(ID, SIZE, bench.places)


def test_a_disk_is_known_again_without_its_serial_and_another_in_its_place_is_not(bench: Bench):
    device = bench.device()
    bench.link(device, f"virtio-{ID[:20]}")
    found = find(ID, SIZE, bench.places)
    assert is_still_here(found)
    subprocess.run(["losetup", "--detach", device], check=True)
    subprocess.run(["losetup", device, bench.directory / "disk0"], check=True)
    assert device.stat().st_rdev == os.makedev(found.major, found.minor)
    assert not is_still_here(found)


def test_a_device_that_is_too_small_is_doubted(bench: Bench):
    bench.link(bench.device(), f"virtio-{ID[:20]}")
    with pytest.raises(DeviceDoubtful, match=f"{SIZE} bytes.*{SIZE + 1}"):
        find(ID, SIZE + 1, bench.places)


@pytest.mark.parametrize(("name", "told"), [("dev", "sysfs says 8:0"), ("size", "sysfs says 512:")])
def test_a_device_that_is_not_as_sysfs_shows_it_is_doubted(bench: Bench, name: str, told: str):
    device = bench.device()
    bench.show(device, "serial", ID[:20].encode())
    (bench.places.sys_block / device.name / name).write_text("8:0" if name == "dev" else "1")
    with pytest.raises(DeviceDoubtful, match=told):
        find(ID, SIZE, bench.places)


def test_a_device_that_became_another_one_is_not_opened(bench: Bench):
    device = bench.device()
    bench.link(device, f"virtio-{ID[:20]}")
    found = find(ID, SIZE, bench.places)
    with pinned(found):
        pass
    other = msgspec.structs.replace(found, minor=found.minor + 1)
    with pytest.raises(DeviceDoubtful, match=r"not .* any more"), pinned(other):
        pass
    gone = msgspec.structs.replace(found, path=bench.directory / "gone")
    with pytest.raises(DeviceMissing, match="cannot be opened"), pinned(gone):
        pass


def test_a_device_is_not_free_while_it_is_mounted_in_another_namespace_only(bench: Bench):
    device = bench.device()
    bench.link(device, f"virtio-{ID[:20]}")
    found = find(ID, SIZE, bench.places)
    assert is_free(found)
    assert shutil.which("mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", device], check=True)
    script = f"mount {device} /mnt && echo mounted && read line"
    command = ["unshare", "--mount", "sh", "-c", script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mounted\n"
        assert not is_free(found)
        other.communicate("\n")
    assert is_free(found)
