"""Making, checking and growing filesystems, with the programs that belong to each."""

from pathlib import Path

from leasehold.datasets.agent.content import Filesystem
from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.errors import Damaged, ToolFailed
from leasehold.datasets.agent.tool import run

_FSCK_MENDED = (0, 1, 2)
"""Exit codes of e2fsck that leave a sound filesystem: clean, mended, mended and best rebooted."""


def make(device: Device, kind: str, uuid: str, *, over_remains: bool) -> None:
    """Make a filesystem with this UUID. Raises `ToolFailed`.

    The programs refuse on their own where they find something, unless it is `over_remains` of a
    run of theirs that was cut short. Nothing is discarded: the device is blank, and the stamp of this
    very run stands on it.
    """
    path = str(device.path)
    match kind:
        case "ext4":
            # Reserved blocks are of no use where no system lives; the rest is mke2fs.conf's.
            force = ("-F",) if over_remains else ()
            run("mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard", "-U", uuid, *force, path)
        case "xfs":
            force = ("-f",) if over_remains else ()
            run("mkfs.xfs", "-q", "-K", "-m", f"uuid={uuid}", *force, path)
        case _:
            raise ToolFailed(f"mkfs.{kind}", None, "allowed are ext4 and xfs")


def is_whole(device: Device, kind: str) -> bool:
    """Whether a filesystem that nobody ever mounted was made to its end."""
    if kind.startswith("ext"):
        code, _ = run("e2fsck", "-f", "-n", str(device.path), fine=range(256))
    else:
        code, _ = run("xfs_repair", "-n", str(device.path), fine=range(256))
    return code == 0


def check(device: Device, filesystem: Filesystem) -> str | None:
    """Before a mount: mend what can be mended without loss; returns what was mended, for people.

    The journal of ext4 is replayed by this, that of XFS and btrfs by the mount. Raises `Damaged`.
    """
    if not filesystem.type.startswith("ext"):
        return None
    code, text = run("e2fsck", "-p", str(device.path), fine=range(256))
    said = " ".join(text.split())[-600:]
    if code not in _FSCK_MENDED:
        raise Damaged(f"{device.path}: e2fsck found what it cannot mend by itself: {said}")
    return said if code else None


def can_grow(device: Device, filesystem: Filesystem) -> bool:
    """Whether the device is larger than the filesystem by more than a rounded-off rest.

    XFS leaves off less than an allocation group's smallest size, ext4 less than a group's head.
    """
    if filesystem.size is None:
        return False
    return device.size - filesystem.size >= 16 << 20


def grow_unmounted(device: Device, filesystem: Filesystem) -> bool:
    """Let an unmounted filesystem take the whole device; False where only a mounted one can."""
    if not filesystem.type.startswith("ext"):
        return False
    code, text = run("e2fsck", "-f", "-p", str(device.path), fine=range(256))
    if code not in _FSCK_MENDED:
        raise Damaged(f"{device.path}: e2fsck, before it grows: {' '.join(text.split())[-600:]}")
    run("resize2fs", str(device.path))
    return True


def grow_mounted(device: Device, filesystem: Filesystem, place: Path) -> None:
    """Let a mounted filesystem take the whole device. Raises `ToolFailed` if that is refused.

    ext4 refuses it for example in a container without CAP_SYS_RESOURCE.
    """
    if filesystem.type.startswith("ext"):
        run("resize2fs", str(device.path))
    elif filesystem.type == "xfs":
        run("xfs_growfs", str(place))
    elif filesystem.type == "btrfs":
        run("btrfs", "filesystem", "resize", "max", str(place))
    else:
        raise ToolFailed(f"resize of {filesystem.type}", None, "nothing grows it while mounted")
