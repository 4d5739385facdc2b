"""Where a volume is on this server: found by its serial, never by the name that a cloud gives."""

import contextlib
import os
import re
import stat
import struct
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import msgspec

from leasehold.datasets.agent.errors import DeviceDoubtful, DeviceMissing

_BLKGETSIZE64 = 0x80081272
_SECTOR = 512
"""What sysfs counts in, whatever the device's own sectors are."""
_SHORT = 20
"""virtio-blk and NVMe have room for so many characters of a serial."""


class Places(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the kernel and udev show the disks of this server."""

    sys_block: Path = Path("/sys/block")
    by_id: Path = Path("/dev/disk/by-id")
    dev: Path = Path("/dev")


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A whole disk, as it was a moment ago."""

    path: Path
    major: int
    minor: int
    size: int
    """Bytes."""
    sequence: int | None = None
    """What the kernel gives to one disk, and to no other until it is booted; None before Linux 5.15."""

    @property
    def number(self) -> str:
        """As in mountinfo: major:minor."""
        return f"{self.major}:{self.minor}"


def find(volume_id: str, least_size: int, places: Places) -> Device:
    """The device of a volume, with everything about it agreeing.

    sysfs is asked first (virtio, SCSI and NVMe show the serial there, with or without udev), then
    the links of udev. Raises `DeviceMissing` if neither has it, and `DeviceDoubtful` if two devices
    have the serial, if the device cannot be opened, is not the one that sysfs shows, or is too small.
    """
    found = {**_linked(volume_id, places), **_in_sysfs(volume_id, places)}
    if not found:
        raise DeviceMissing(
            f"no disk here has the serial of volume {volume_id}: looked in {places.sys_block} and"
            f" {places.by_id}"
        )
    if len(found) > 1:
        names = ", ".join(str(path) for path in sorted(found.values()))
        raise DeviceDoubtful(
            f"{names} all have the serial of volume {volume_id}; multipath devices are not used"
        )
    ((number, path),) = found.items()
    device = Device(path=path, major=os.major(number), minor=os.minor(number), size=_size(path))
    _check(device, least_size, places)
    return msgspec.structs.replace(device, sequence=_sequence(device))


@contextlib.contextmanager
def pinned(device: Device) -> Iterator[int]:
    """Keep the device open for reading: for so long its number cannot become another disk's.

    Raises `DeviceMissing` if it went meanwhile, `DeviceDoubtful` if another one is in its place.
    """
    try:
        descriptor = os.open(device.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise DeviceMissing(f"{device.path} cannot be opened: {error.strerror}") from error
    try:
        if os.fstat(descriptor).st_rdev != os.makedev(device.major, device.minor):
            raise DeviceDoubtful(f"{device.path} is not {device.number} any more")
        yield descriptor
    finally:
        os.close(descriptor)


def is_still_here(device: Device) -> bool:
    """Whether the kernel has this very disk yet, whatever serial is shown of it by now."""
    return device.sequence is not None and device.sequence == _sequence(device)


def is_free(device: Device) -> bool:
    """Whether nothing has it: no mount in any namespace, no other device on top of it."""
    try:
        os.close(os.open(device.path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def is_serial_of(serial: str, volume_id: str) -> bool:
    """Whether a disk's serial names the volume: whole, without dashes, or cut to 20 characters."""
    if len(serial) < _SHORT:
        return False
    return serial in _forms(volume_id)


def _forms(volume_id: str) -> set[str]:
    bare = volume_id.replace("-", "")
    return {volume_id, volume_id[:_SHORT], bare, bare[:_SHORT]}


def _in_sysfs(volume_id: str, places: Places) -> dict[int, Path]:
    found = {}
    for shown in places.sys_block.glob("*"):
        if any(is_serial_of(serial, volume_id) for serial in _serials(shown)):
            path = places.dev / shown.name.replace("!", "/")
            number = _number(path)
            if number is None:
                raise DeviceDoubtful(
                    f"{shown} is volume {volume_id}, but {path} is no device: it comes or goes just now"
                )
            found[number] = path
    return found


def _serials(shown: Path) -> Iterator[str]:
    """virtio-blk has `serial`, NVMe `device/serial`, SCSI the page of its vital product data."""
    for attribute in ("serial", "device/serial"):
        with contextlib.suppress(OSError):
            yield (shown / attribute).read_text(errors="replace").strip()
    with contextlib.suppress(OSError):
        page = (shown / "device/vpd_pg80").read_bytes()
        yield page[4:].decode(errors="replace").strip(" \0")


def _linked(volume_id: str, places: Places) -> dict[int, Path]:
    """Names such as virtio-X, scsi-0QEMU_QEMU_HARDDISK_X, nvme-QEMU_NVMe_Ctrl_X and wwn-0xX."""
    forms = "|".join(re.escape(form) for form in _forms(volume_id))
    pattern = re.compile(rf"(virtio-|scsi-.*_|scsi-[0-9]|nvme-.*_|wwn-0x)({forms})(_[0-9]+)?")
    found = {}
    for link in places.by_id.glob("*"):
        if pattern.fullmatch(link.name):
            path = link.resolve()
            number = _number(path)
            if number is not None:
                found[number] = path
    return found


def _number(path: Path) -> int | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_rdev if stat.S_ISBLK(status.st_mode) else None


def _sequence(device: Device) -> int | None:
    try:
        return int((Path("/sys/dev/block") / device.number / "diskseq").read_text())
    except (OSError, ValueError):
        return None


def _size(path: Path) -> int:
    """Raises `DeviceDoubtful`: what has the serial and cannot be opened is here nevertheless."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise DeviceDoubtful(f"{path} cannot be opened: {error.strerror}") from error
    try:
        answer: bytes = ioctl(descriptor, _BLKGETSIZE64, bytes(8))
        return int(struct.unpack("Q", answer)[0])
    except OSError as error:
        raise DeviceDoubtful(f"{path} does not tell its size: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _check(device: Device, least_size: int, places: Places) -> None:
    shown = places.sys_block / device.path.name
    try:
        number = (shown / "dev").read_text().strip()
        size = int((shown / "size").read_text()) * _SECTOR
    except (OSError, ValueError):
        pass  # udev's link alone: sysfs may be hidden from a container
    else:
        if number != device.number:
            raise DeviceDoubtful(f"{device.path} is {device.number}, but sysfs says {number}")
        if size != device.size:
            raise DeviceDoubtful(
                f"{device.path} has {device.size} bytes, but sysfs says {size}: it changes just now"
            )
    if device.size < least_size:
        raise DeviceDoubtful(
            f"{device.path} has {device.size} bytes, and the volume should have {least_size}: it is"
            " another one, or its server has not heard yet that it grew"
        )
