"""What is on a device: a filesystem, something else, or provably nothing."""

import os
import struct
from fcntl import ioctl
from pathlib import Path

import msgspec

from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.tool import run

STAMP_SIZE = 4096
"""Bytes of the stamp that a formatting agent leaves on a device."""
_MAGIC = b"leasehold is formatting this volume\n"

_WHOLE = 64 << 20
"""Up to this size every byte is read."""
_EDGE = 8 << 20
"""Bytes read at both ends of a larger one: signatures of any kind stand there."""
_SAMPLES = 512
_SAMPLE = 64 << 10
"""So many places in between are read, at even distances and where copies of signatures stand."""
_COPIES = (64 << 20, 128 << 20, 256 << 20, 1 << 38, 1 << 50)
_XFS_IOC_FSGEOMETRY_V1 = 0x80705864
_ZEROS = bytes(1 << 20)

FILESYSTEMS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The stamp of a `mkfs` that began: for which dataset, and what its filesystem was to be."""

    dataset: str
    volume: str
    filesystem: str
    uuid: str


class Filesystem(msgspec.Struct, frozen=True, kw_only=True):
    """A filesystem on the whole device."""

    type: str
    uuid: str | None = None
    size: int | None = None
    """Bytes that it uses of the device; None where we cannot tell."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a device found. Never made of a device that could not be read."""

    filesystem: Filesystem | None = None
    stamp: Stamp | None = None
    found: str | None = None
    """Anything else that is there, for people; None with no filesystem: the device is blank."""

    @property
    def is_blank(self) -> bool:
        """Nothing at all was found, where every place that could hold something was looked at."""
        return self.filesystem is None and self.found is None


def examine(device: Device, descriptor: int) -> Content:
    """Look at a device that is held open by `descriptor`.

    Two programs are asked, because neither sees all: blkid finds the filesystem, LUKS, RAID or LVM
    that a mount would find, wipefs also signatures behind it and partition tables. A device that
    both find empty is read itself. Raises OSError and `ToolFailed` when it cannot be read: that is
    never the same as blank.
    """
    path = str(device.path)
    stamp = read_stamp(descriptor, device.size)
    tags = _blkid(path)
    signatures = _wipefs(path)
    kind = tags.get("TYPE")
    if kind in FILESYSTEMS and tags.get("USAGE") == "filesystem" and set(signatures) == {kind}:
        size = filesystem_size(kind, descriptor)
        filesystem = Filesystem(type=kind, uuid=tags.get("UUID"), size=size)
        return Content(filesystem=filesystem, stamp=stamp)
    named = sorted({*signatures, *_kinds(tags)})
    if named:
        return Content(found=f"signatures of {', '.join(named)}", stamp=stamp)
    place = first_data(descriptor, device.size, but_at=stamp_place(device.size) if stamp else None)
    if place is not None:
        return Content(found=f"bytes other than zero from {place} on", stamp=stamp)
    return Content(stamp=stamp)


def filesystem_of(device: Device, descriptor: int, place: Path) -> Filesystem | None:
    """The type, UUID and size of what is mounted there; a quick look, with no proof of anything."""
    tags = _blkid(str(device.path))
    kind = tags.get("TYPE")
    if kind is None:
        return None
    size = _mounted_xfs_size(place) if kind == "xfs" else filesystem_size(kind, descriptor)
    return Filesystem(type=kind, uuid=tags.get("UUID"), size=size)


def _mounted_xfs_size(place: Path) -> int:
    """XFS writes its superblock late, so a mounted one is asked (xfsctl(3), XFS_IOC_FSGEOMETRY_V1)."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        answer: bytes = ioctl(descriptor, _XFS_IOC_FSGEOMETRY_V1, bytes(112))
    finally:
        os.close(descriptor)
    block, count = struct.unpack_from("=I", answer)[0], struct.unpack_from("=Q", answer, 32)[0]
    return int(block * count)


def filesystem_size(kind: str, descriptor: int) -> int | None:
    """Bytes, from the superblock: the block count of ext2 to ext4 and of XFS."""
    if kind.startswith("ext"):
        block = os.pread(descriptor, 1024, 1024)
        count = int.from_bytes(block[4:8], "little")
        if int.from_bytes(block[96:100], "little") & 0x80:  # INCOMPAT_64BIT
            count |= int.from_bytes(block[0x150:0x154], "little") << 32
        return count << (10 + int.from_bytes(block[24:28], "little"))
    if kind == "xfs":
        block = os.pread(descriptor, 16, 0)
        return int.from_bytes(block[4:8], "big") * int.from_bytes(block[8:16], "big")
    return None


def first_data(descriptor: int, size: int, *, but_at: int | None = None) -> int | None:
    """Where the first byte other than zero is, of those looked at; None if there is none.

    The stamp that stands at `but_at` does not count. Looked at are all of a small device, and of a
    large one both ends and `_SAMPLES` places in between. Reads past the page cache's back: what
    another server wrote before is on the volume, not in our memory.
    """
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    for start, end in _without(_spans(size), but_at):
        place = start
        while place < end:
            part = os.pread(descriptor, min(len(_ZEROS), end - place), place)
            if not part:
                raise OSError(5, f"nothing can be read at {place} of {size} bytes")
            if part != _ZEROS[: len(part)]:
                return place + len(part) - len(part.lstrip(b"\0"))
            place += len(part)
    return None


def stamp_place(size: int) -> int:
    """Two thirds into the device. mke2fs and mkfs.xfs wipe both ends first, and put backups, groups
    and the journal at other fractions; where one does write here, the stamp is lost, and with it only
    the other servers' leave to go on."""
    return size * 2 // 3 // STAMP_SIZE * STAMP_SIZE


def read_stamp(descriptor: int, size: int) -> Stamp | None:
    """The stamp on the device, if one is there."""
    block = os.pread(descriptor, STAMP_SIZE, stamp_place(size))
    if not block.startswith(_MAGIC):
        return None
    try:
        return msgspec.json.decode(block[len(_MAGIC) :].rstrip(b"\0"), type=Stamp)
    except msgspec.DecodeError:
        return None


def write_stamp(descriptor: int, size: int, stamp: Stamp | None) -> None:
    """Put the stamp there, or zeros; it is on the volume when this returns."""
    text = b"" if stamp is None else _MAGIC + msgspec.json.encode(stamp)
    os.pwrite(descriptor, text.ljust(STAMP_SIZE, b"\0"), stamp_place(size))
    os.fsync(descriptor)


def _spans(size: int) -> list[tuple[int, int]]:
    if size <= _WHOLE:
        return [(0, size)]
    step = (size - 2 * _EDGE) // _SAMPLES
    places = [_EDGE + step * number for number in range(1, _SAMPLES)]
    places += [place for place in _COPIES if _EDGE < place < size - _EDGE]
    middle = [(place, place + _SAMPLE) for place in sorted(places)]
    return [(0, _EDGE), *middle, (size - _EDGE, size)]


def _without(spans: list[tuple[int, int]], hole: int | None) -> list[tuple[int, int]]:
    if hole is None:
        return spans
    after = hole + STAMP_SIZE
    parts = [(start, min(end, hole)) for start, end in spans if start < hole]
    parts += [(max(start, after), end) for start, end in spans if end > after]
    return [(start, end) for start, end in parts if start < end]


def _blkid(path: str) -> dict[str, str]:
    """What libblkid's low-level probe says; {} for nothing. Never its cache."""
    code, text = run("blkid", "--probe", "--output", "export", path, fine=(0, 2, 8))
    if code == 8:
        return {"AMBIVALENT": "several things at once"}
    lines = (line.partition("=") for line in text.splitlines())
    return {name: value for name, _, value in lines if name != "DEVNAME"}


def _kinds(tags: dict[str, str]) -> list[str]:
    return [tags[name] for name in ("TYPE", "PTTYPE", "AMBIVALENT") if name in tags]


def _wipefs(path: str) -> list[str]:
    _, text = run("wipefs", "--no-act", "--noheadings", "--output", "TYPE", path)
    return [line.strip() for line in text.splitlines() if line.strip()]
