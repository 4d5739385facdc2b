"""Whether a disk is blank: every kind of thing that may be on one, and what cannot be read."""

import os
import subprocess
import uuid
from pathlib import Path

import pytest

from leasehold.datasets.agent import content
from leasehold.datasets.agent.content import Content, Stamp
from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.errors import ToolFailed
from leasehold.datasets.agent.filesystem import is_whole, make
from tests.disks import need_program

SIZE = 1 << 30


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """As a file: the programs that look treat it like a device."""
    need_program("blkid", "util-linux")
    need_program("wipefs", "util-linux")
    path = tmp_path / "disk"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def look(disk: Path) -> Content:
    device = Device(path=disk, major=0, minor=0, size=disk.stat().st_size)
    descriptor = os.open(disk, os.O_RDONLY)
    try:
        return content.examine(device, descriptor)
    finally:
        os.close(descriptor)


def write(disk: Path, data: bytes, place: int) -> None:
    with disk.open("r+b") as file:
        file.seek(place)
        file.write(data)


def test_a_disk_of_zeros_is_blank(disk: Path):
    assert look(disk) == Content()
    assert look(disk).is_blank


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_filesystem_is_known_with_its_uuid_and_size(disk: Path, kind: str):
    need_program(f"mkfs.{kind}", "e2fsprogs xfsprogs")
    wanted = str(uuid.uuid4())
    option = ["-U", wanted] if kind == "ext4" else ["-m", f"uuid={wanted}"]
    subprocess.run([f"mkfs.{kind}", "-q", *option, disk], check=True)
    found = look(disk).filesystem
    assert found is not None
    assert (found.type, found.uuid) == (kind, wanted)
    assert found.size is not None
    assert SIZE - (16 << 20) < found.size <= SIZE


LUKS1 = b"LUKS\xba\xbe\x00\x01" + b"aes".ljust(32, b"\0") + b"xts-plain64".ljust(32, b"\0")
LUKS2 = b"LUKS\xba\xbe\x00\x02" + (16384).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("data", "place", "told"),
    [
        pytest.param(LUKS1.ljust(592, b"\1"), 0, "crypto_LUKS", id="LUKS 1"),
        pytest.param(LUKS2.ljust(4096, b"\1"), 0, "LUKS|zero", id="LUKS 2"),
        pytest.param(
            b"LABELONE" + (1).to_bytes(8, "little") + bytes(4) + b"\x20\0\0\0LVM2 001" + b"x" * 32,
            512,
            "LVM2_member|zero from 512",
            id="LVM",
        ),
        pytest.param(
            (0xA92B4EFC).to_bytes(4, "little") + (1).to_bytes(4, "little") + b"\1" * 200,
            4096,
            "raid|zero from 4096",
            id="RAID",
        ),
        pytest.param(b"\1", 0, "zero from 0", id="first byte"),
        pytest.param(b"\1", SIZE - 1, f"zero from {SIZE - 1}", id="last byte"),
        pytest.param(b"\1" * (4 << 20), 500 << 20, "zero from", id="in the middle"),
    ],
)
def test_whatever_is_there_makes_it_not_blank(disk: Path, data: bytes, place: int, told: str):
    write(disk, data, place)
    found = look(disk)
    assert not found.is_blank
    assert found.filesystem is None
    assert found.found is not None
    assert any(each in found.found for each in told.split("|")), found.found


def test_the_ruin_of_a_filesystem_is_not_blank_either(disk: Path):
    write(disk, b"_BHRfS_M", 64 << 10 | 64)  # the magic of btrfs, and nothing behind it
    assert not look(disk).is_blank


@pytest.mark.parametrize("label", ["gpt", "dos"])
def test_a_partition_table_makes_it_not_blank(disk: Path, label: str):
    need_program("sfdisk", "fdisk")
    subprocess.run(["sfdisk", "-q", disk], input=f"label: {label}\n,\n", text=True, check=True)
    assert label in str(look(disk).found)


def test_swap_is_not_taken_for_a_filesystem(disk: Path):
    need_program("mkswap", "util-linux")
    subprocess.run(["mkswap", "-q", disk], check=True)
    assert look(disk) == Content(found="signatures of swap")


def test_a_filesystem_beside_something_else_is_neither_mounted_nor_overwritten(disk: Path):
    subprocess.run(["mkfs.ext4", "-q", disk], check=True)
    write(disk, b"\x55\xaa", 510)
    write(disk, b"\x80\1\1\0\x83\xfe\xff\xff\x3f\0\0\0\0\0\x10\0", 446)
    found = look(disk)
    assert found.filesystem is None or found.filesystem.type == "ext4"
    assert not found.is_blank


def test_a_missing_disk_is_never_blank(tmp_path: Path, disk: Path):
    gone = Device(path=tmp_path / "gone", major=0, minor=0, size=SIZE)
    descriptor = os.open(disk, os.O_RDONLY)
    try:
        with pytest.raises(ToolFailed, match="gone"):
            content.examine(gone, descriptor)
    finally:
        os.close(descriptor)


def test_a_disk_that_ends_before_its_size_cannot_be_read_and_is_never_blank(disk: Path):
    device = Device(path=disk, major=0, minor=0, size=2 * SIZE)
    descriptor = os.open(disk, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="nothing can be read"):
            content.examine(device, descriptor)
    finally:
        os.close(descriptor)


def test_the_mark_of_a_mkfs_is_read_back_and_does_not_count_as_data(disk: Path):
    stamp = Stamp(dataset="d", volume="v", filesystem="ext4", uuid="u")
    descriptor = os.open(disk, os.O_RDWR)
    content.write_stamp(descriptor, SIZE, stamp)
    assert look(disk) == Content(stamp=stamp)
    content.write_stamp(descriptor, SIZE, None)
    assert look(disk) == Content()
    os.close(descriptor)


def test_a_mark_does_not_hide_what_else_is_there(disk: Path):
    descriptor = os.open(disk, os.O_RDWR)
    content.write_stamp(
        descriptor, SIZE, Stamp(dataset="d", volume="v", filesystem="ext4", uuid="u")
    )
    os.close(descriptor)
    for place in (0, SIZE - 1):
        write(disk, b"\1", place)
        assert not look(disk).is_blank
        write(disk, b"\0", place)
    assert look(disk).is_blank


def test_the_size_of_an_ext4_is_read_beyond_16_tib(tmp_path: Path):
    path = tmp_path / "superblock"
    block = bytearray(2048)
    block[1024 + 4 : 1024 + 8] = (5).to_bytes(4, "little")
    block[1024 + 24 : 1024 + 28] = (2).to_bytes(4, "little")
    block[1024 + 96 : 1024 + 100] = (0x80).to_bytes(4, "little")
    block[1024 + 0x150 : 1024 + 0x154] = (1).to_bytes(4, "little")
    path.write_bytes(block)
    descriptor = os.open(path, os.O_RDONLY)
    assert content.filesystem_size("ext4", descriptor) == ((1 << 32) + 5) * 4096
    os.close(descriptor)


def test_in_a_small_disk_every_byte_but_the_mark_counts(tmp_path: Path):
    disk = tmp_path / "small"
    size = 1 << 20
    disk.write_bytes(bytes(size))
    place = content.stamp_place(size)
    write(disk, b"\1" * content.STAMP_SIZE, place)
    descriptor = os.open(disk, os.O_RDONLY)
    assert content.first_data(descriptor, size) == place
    assert content.first_data(descriptor, size, but_at=place) is None
    write(disk, b"\1", place - 1)
    assert content.first_data(descriptor, size, but_at=place) == place - 1
    write(disk, b"\0", place - 1)
    write(disk, b"\1", place + content.STAMP_SIZE)
    assert content.first_data(descriptor, size, but_at=place) == place + content.STAMP_SIZE
    os.close(descriptor)


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
@pytest.mark.parametrize("size", [1 << 30, 10 << 30, 500 << 30])
def test_making_a_filesystem_leaves_its_mark_where_it_is(tmp_path: Path, kind: str, size: int):
    need_program(f"mkfs.{kind}", "e2fsprogs xfsprogs")
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(size)
    stamp = Stamp(dataset="d", volume="v", filesystem=kind, uuid=str(uuid.uuid4()))
    descriptor = os.open(disk, os.O_RDWR)
    content.write_stamp(descriptor, size, stamp)
    device = Device(path=disk, major=0, minor=0, size=size)
    make(device, kind, stamp.uuid, over_remains=False)
    assert content.read_stamp(descriptor, size) == stamp
    content.write_stamp(descriptor, size, None)
    assert is_whole(device, kind)
    os.close(descriptor)
