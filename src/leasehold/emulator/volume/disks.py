"""What volumes hold: a sparse file each, and for the server that has it a loop device."""

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

GIB = 2**30
SERIAL_LENGTH = 20
"""Of a volume's id, so much is the serial that libvirt gives to a virtio disk."""

_LOOP_CLR_FD = 0x4C01
_SYSFS = Path("/sys/block")
_CHUNK = 1 << 20


class DisksFailed(Exception):
    """This machine cannot give what volumes need to hold something; the message says why."""


class Disks(Protocol):
    """The contents of volumes and snapshots, by id. Whatever fails raises OSError."""

    def make(self, volume_id: str, size: int, source_id: str | None = None) -> None:
        """A blank volume of `size` GiB, or a copy of the volume or snapshot `source_id`."""

    def grow(self, volume_id: str, size: int) -> None:
        """To `size` GiB, also while a server has it."""

    def remove(self, disk_id: str) -> None:
        """With all it holds."""

    def attach(self, volume_id: str, server_id: str) -> None:
        """Let the server find it."""

    def detach(self, volume_id: str, *, by_force: bool = False) -> bool:
        """Take it from its server; False if that still uses it, which `by_force` does not ask."""

    def clear(self) -> None:
        """Take all from all servers, and forget everything."""

    def close(self) -> None:
        """The same, for good."""


class NoDisks:
    """Volumes that hold nothing, as without a directory for them."""

    def make(self, volume_id: str, size: int, source_id: str | None = None) -> None:
        pass

    def grow(self, volume_id: str, size: int) -> None:
        pass

    def remove(self, disk_id: str) -> None:
        pass

    def attach(self, volume_id: str, server_id: str) -> None:
        pass

    def detach(self, volume_id: str, *, by_force: bool = False) -> bool:
        return True

    def clear(self) -> None:
        pass

    def close(self) -> None:
        pass


class LoopDisks:
    """Disks of this machine's kernel, in a directory that is one emulator's alone.

    A server finds its own below ``servers/ID``: in ``by-id`` as udev would link them, in
    ``sys/block`` as the kernel would show them. What an emulator that was killed left behind is
    gone once the next one has the directory.
    """

    def __init__(self, directory: Path) -> None:
        """Raises DisksFailed if there is no root, no loop device, or another emulator in there."""
        why = refusal()
        if why is not None:
            raise DisksFailed(f"volumes cannot be disks here: {why}")
        self.directory = directory.resolve()
        self._files = self.directory / "volumes"
        self._servers = self.directory / "servers"
        self._files.mkdir(parents=True, exist_ok=True)
        self._lock = (self.directory / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise DisksFailed(f"another emulator has its disks in {directory}") from error
        self._holders: dict[str, tuple[str, str]] = {}
        """The loop device and the server of each volume that is attached."""
        self.clear()

    def make(self, volume_id: str, size: int, source_id: str | None = None) -> None:
        path = self._files / volume_id
        if source_id is not None and (self._files / source_id).exists():
            _copy(self._files / source_id, path)
        with path.open("ab") as file:
            file.truncate(size * GIB)

    def grow(self, volume_id: str, size: int) -> None:
        os.truncate(self._files / volume_id, size * GIB)
        holder = self._holders.get(volume_id)
        if holder is not None:
            _run("losetup", "--set-capacity", f"/dev/{holder[0]}")

    def remove(self, disk_id: str) -> None:
        (self._files / disk_id).unlink(missing_ok=True)

    def attach(self, volume_id: str, server_id: str) -> None:
        device = _run("losetup", "--find", "--show", str(self._files / volume_id)).strip()
        name = Path(device).name
        self._holders[volume_id] = (name, server_id)
        serial = volume_id[:SERIAL_LENGTH]
        links, shown = self._by_id(server_id), self._sysfs(server_id) / name
        links.mkdir(parents=True, exist_ok=True)
        shown.mkdir(parents=True, exist_ok=True)
        (shown / "serial").write_text(serial)
        for attribute in ("dev", "size"):
            (shown / attribute).symlink_to(_SYSFS / name / attribute)
        (links / f"virtio-{serial}").symlink_to(device)

    def detach(self, volume_id: str, *, by_force: bool = False) -> bool:
        holder = self._holders.get(volume_id)
        if holder is None:
            return True
        name, server_id = holder
        if by_force:
            _unmount(name)
        if not _release(name, by_force=by_force):
            return False
        (self._by_id(server_id) / f"virtio-{volume_id[:SERIAL_LENGTH]}").unlink(missing_ok=True)
        shutil.rmtree(self._sysfs(server_id) / name, ignore_errors=True)
        del self._holders[volume_id]
        return True

    def clear(self) -> None:
        for backing in _SYSFS.glob("loop*/loop/backing_file"):
            with contextlib.suppress(OSError):
                if backing.read_text().startswith(f"{self._files}/"):
                    name = backing.parent.parent.name
                    _unmount(name)
                    _release(name, by_force=True)
        self._holders.clear()
        for directory in (self._files, self._servers):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()

    def close(self) -> None:
        self.clear()
        self._lock.close()

    def _by_id(self, server_id: str) -> Path:
        return self._servers / server_id / "by-id"

    def _sysfs(self, server_id: str) -> Path:
        return self._servers / server_id / "sys/block"


def refusal() -> str | None:
    """Why this machine has no disks to give; None if it has."""
    if not Path("/dev/loop-control").exists():
        return "there is no /dev/loop-control (Linux with loop devices is needed)"
    if shutil.which("losetup") is None:
        return "there is no losetup (Debian: apt install mount)"
    try:
        os.close(os.open("/dev/loop-control", os.O_RDWR))
    except OSError as error:
        return f"/dev/loop-control: {error.strerror} (root is needed)"
    return None


def _release(name: str, *, by_force: bool = False) -> bool:
    """Part a loop device from its file, unless somebody uses it; by force, as soon as nobody does.

    Whatever is mounted, in any namespace, or held by another device, has the kernel refuse to
    open it alone. One who has it merely open lets it go by closing it.
    """
    try:
        device = os.open(f"/dev/{name}", os.O_RDONLY | (0 if by_force else os.O_EXCL))
    except OSError as error:
        return error.errno != errno.EBUSY
    try:
        fcntl.ioctl(device, _LOOP_CLR_FD)
    except OSError as error:
        return error.errno == errno.ENXIO
    finally:
        os.close(device)
    return True


def _unmount(name: str) -> None:
    """A guest that ends takes with it what it has mounted."""
    number = (_SYSFS / name / "dev").read_text().strip()
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        fields = line.split(" ")
        if fields[2] == number:
            place = fields[4].encode().decode("unicode_escape")
            with contextlib.suppress(OSError):
                _run("umount", "--lazy", place)


def _copy(source: Path, target: Path) -> None:
    """Only what holds data: the rest of a sparse file stays a hole."""
    with source.open("rb") as read, target.open("wb") as written:
        size, place = os.fstat(read.fileno()).st_size, 0
        while place < size:
            try:
                place = os.lseek(read.fileno(), place, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    break  # nothing but a hole up to the end
                raise
            end = os.lseek(read.fileno(), place, os.SEEK_HOLE)
            while place < end:
                part = os.pread(read.fileno(), min(_CHUNK, end - place), place)
                os.pwrite(written.fileno(), part, place)
                place += len(part)
        written.truncate(size)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(errno.EIO, f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
