"""What is mounted where, by device number; mounting, unmounting, and who is in the way."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from leasehold.datasets.agent.device import Device, is_free
from leasehold.datasets.agent.errors import Busy, Misplaced, ToolFailed
from leasehold.datasets.agent.tool import run

_PROC = Path("/proc")
_DEVICES = Path("/sys/dev/block")
_OCTAL = re.compile(r"\\([0-7]{3})")
_CONTAINER = re.compile(r"[0-9a-f]{64}")
_UMOUNT_FAILED = 32


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """One line of mountinfo (proc(5))."""

    number: str
    """major:minor of the device."""
    root: str
    """What of the filesystem is mounted: ``/`` is all of it."""
    place: Path
    groups: frozenset[str] = frozenset()
    """Numbers of the peer groups that it shares with, or hears from: an unmount there comes here."""


def table(process: str = "self") -> list[Mount]:
    """The mounts of a process's namespace, the uppermost last."""
    mounts = []
    for line in (_PROC / process / "mountinfo").read_text(errors="replace").splitlines():
        fields = line.split(" ")
        place = Path(_unescaped(fields[4]))
        optional = fields[6 : fields.index("-", 6)]
        groups = frozenset(each.partition(":")[2] for each in optional if ":" in each)
        root = _unescaped(fields[3])
        mounts.append(Mount(number=fields[2], root=root, place=place, groups=groups))
    return mounts


def places_of(device: Device) -> tuple[Path, ...]:
    """Where it is mounted in our namespace, whatever name it was mounted by."""
    return tuple(mount.place for mount in table() if mount.number == device.number)


def is_gone(number: str) -> bool:
    """Whether the kernel has no device of this number any more; what was mounted of it is a ruin.

    Where sysfs is hidden nothing is known to be gone.
    """
    return _DEVICES.is_dir() and not (_DEVICES / number).exists()


def what_is_at(place: Path) -> str | None:
    """The number of the device that is mounted exactly there, the uppermost; None for none."""
    place = place.resolve()
    found = None
    for mount in table():
        if mount.place == place:
            found = mount.number
    return found


def mount(device: Device, kind: str, place: Path, options: str) -> None:
    """Mount, and see that it is there. Raises `Misplaced` and `ToolFailed`."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise Misplaced(f"{place} is not empty: nothing is mounted over what is there")
    chosen = ("-o", options) if options else ()
    run("mount", "-t", kind, *chosen, str(device.path), str(place))
    if what_is_at(place) != device.number:
        raise Misplaced(f"{device.path} was mounted, but {place} shows another device")


def tidy(place: Path) -> None:
    """Make a new filesystem look empty, and everybody's: a container's user has any number.

    An ext filesystem begins with lost+found, which databases take for somebody else's data; e2fsck
    makes it again when it needs it. Where there is anything else, nothing is changed.
    """
    entries = [entry.name for entry in place.iterdir()]
    if entries not in ([], ["lost+found"]):
        return
    for name in entries:
        with contextlib.suppress(OSError):  # it holds something: then it stays
            (place / name).rmdir()
    place.chmod(0o777)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unmount(device: Device) -> None:
    """Unmount it wherever it is in our namespace, and prove that nothing has it any more.

    Never lazily: who has a file open would go on writing. Raises `Busy` with who is in the way,
    before anything is unmounted if a container has it.
    """
    elsewhere = containers_with(device)
    places = places_of(device)
    if elsewhere:
        raise Busy(str(places[0] if places else device.path), elsewhere)
    for place in reversed(places):
        unmount_place(place, device)
    if not is_free(device):
        raise Busy(str(device.path), holders(device))


def unmount_place(place: Path, device: Device | None = None) -> None:
    """Unmount what is there. Raises `Busy`, with who is in the way if the device is known."""
    try:
        run("umount", str(place))
    except ToolFailed as error:
        if error.code != _UMOUNT_FAILED:
            raise
        raise Busy(str(place), holders(device, place) if device is not None else ()) from error


def containers_with(device: Device) -> tuple[str, ...]:
    """Processes, one for each, of the containers that have it mounted."""
    return tuple(_held_by_namespaces(device.number))


def holders(device: Device, place: Path | None = None) -> tuple[str, ...]:
    """Which processes have files of it open, stand in it, run from it, or mount it elsewhere."""
    found = [*containers_with(device)]
    number = os.makedev(device.major, device.minor)
    found += [_named(process) for process in _processes() if _uses(process, number)]
    if place is not None:
        below = [mount.place for mount in table() if place in mount.place.parents]
        found += [f"a mount on {each}" for each in below]
    return tuple(dict.fromkeys(found))


def _held_by_namespaces(number: str) -> Iterator[str]:
    """Containers have copies of our mounts in namespaces of their own; each is looked at once.

    A copy that hears from ours does not count: it goes with ours. Services of systemd have such.
    """
    mine = [mount.groups for mount in table() if mount.number == number]
    groups = frozenset[str]().union(*mine)
    ours = _link(_PROC / "self/ns/mnt")
    seen = {ours}
    for process in _processes():
        space = _link(process / "ns/mnt")
        if space is None or space in seen:
            continue
        seen.add(space)
        with contextlib.suppress(OSError):
            copies = [mount for mount in table(process.name) if mount.number == number]
            if any(not (copy.groups & groups) for copy in copies):
                yield _named(process)


def _processes() -> list[Path]:
    return [entry for entry in _PROC.iterdir() if entry.name.isdigit()]


def _uses(process: Path, number: int) -> bool:
    links = [process / "cwd", process / "root", process / "exe"]
    with contextlib.suppress(OSError):
        links += list((process / "fd").iterdir())
    for link in links:
        with contextlib.suppress(OSError):
            if link.stat().st_dev == number:
                return True
    with contextlib.suppress(OSError):
        wanted = f" {os.major(number):02x}:{os.minor(number):02x} "
        return wanted in (process / "maps").read_text(errors="replace")
    return False


def _named(process: Path) -> str:
    """``process 4711 (postgres)``, and of which container."""
    name = "?"
    with contextlib.suppress(OSError):
        name = (process / "comm").read_text().strip()
    with contextlib.suppress(OSError):
        container = _CONTAINER.search((process / "cgroup").read_text())
        if container is not None:
            return f"process {process.name} ({name}) of container {container[0][:12]}"
    return f"process {process.name} ({name})"


def _link(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None


def _unescaped(text: str) -> str:
    """mountinfo writes spaces and such as octal numbers of their bytes."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
