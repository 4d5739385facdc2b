"""Builds a guest's place and moves the calling process into it.

Called by a guest's init, in a new PID namespace, as root of its user namespace. ``stage`` is a
directory on a tmpfs of the guest's own that outlives the init, so that a restarted guest finds
its files again.
"""

import contextlib
import os
import shutil
import socket
import stat
from pathlib import Path

from . import kernel
from .layout import Layout, overlay

CONSOLE = 4
"""The descriptor of a guest's init that leads to its console log."""

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

_PROTECTED = ("sys", "sysrq-trigger", "irq", "bus", "fs")
"""Below /proc: these change the host for whoever has user id 0, capabilities or not."""

_CAPABILITIES = (
    "chown",
    "dac_override",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "net_bind_service",
    "sys_chroot",
    "audit_write",
    "setfcap",
)
"""What root of a guest may: own, share and serve files, change users; nothing with the kernel,
devices, mounts, the network's set-up or open_by_handle_at, by all of which one gets out."""


def furnish(stage: Path, layout: Layout) -> None:
    """Make the directories of a new guest, before `enter` is called for the first time."""
    for name in ("root", "upper", "work"):
        (stage / name).mkdir()
    root = stage / "root"
    for name in layout.empty:
        (root / name).mkdir()
    for name, target in layout.links:
        (root / name).symlink_to(target)
    for number, entry in enumerate(layout.overlays):
        (stage / "work" / str(number)).mkdir()
        upper = stage / "upper" / str(number)
        _like(Path(entry.path), upper, layout)
        (root / entry.path[1:]).mkdir(parents=True, exist_ok=True)
    for path in layout.hidden:
        with contextlib.suppress(FileNotFoundError):  # its directory is gone since the survey
            _hide(path, stage, layout)
    _write_resolver(stage, layout)
    _make_devices(root / "dev")
    (root / "tmp").chmod(0o1777)


def enter(stage: Path, layout: Layout, hostname: str) -> None:
    """Mount the place, make it the root and give up the rights to leave it.

    Raises OSError; the caller then ends, and the kernel takes the half-built place away.
    """
    kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_HOSTNAME | kernel.NEW_IPC)
    root = stage / "root"
    kernel.mount(str(root), str(root), flags=kernel.BIND)
    for name in ("run", "tmp"):
        _clear(root / name)
    (root / "run/lock").mkdir()
    (root / "run/lock").chmod(0o1777)
    for number, entry in enumerate(layout.overlays):
        upper, work = (stage / name / str(number) for name in ("upper", "work"))
        target = root / entry.path[1:]
        overlay(entry, upper, work, target, many_users=layout.many_users)
    _mount_devices(root / "dev", layout)
    _mount_kernel(root)
    kernel.swap_root(str(root))
    socket.sethostname(hostname)
    kernel.limit_capabilities(_CAPABILITIES)


def _like(model: Path, directory: Path, layout: Layout) -> None:
    """Make a directory with the owner and mode of another: overlays show those of the upper."""
    directory.mkdir()
    status = model.stat()
    if layout.many_users:
        os.chown(directory, status.st_uid, status.st_gid)
    directory.chmod(stat.S_IMODE(status.st_mode))


def _hide(path: str, stage: Path, layout: Layout) -> None:
    # An overlay's sign for "not here".
    os.mknod(_in_upper(path, stage, layout), stat.S_IFCHR, os.makedev(0, 0))


def _write_resolver(stage: Path, layout: Layout) -> None:
    """Write resolv.conf as a file: on the host it is often a link into /run, not seen here."""
    path = _in_upper("/etc/resolv.conf", stage, layout)
    path.write_text(layout.resolver)
    path.chmod(0o644)


def _in_upper(path: str, stage: Path, layout: Layout) -> Path:
    """Find where a file of the host would be copied up to, and make directories on the way."""
    number, entry = max(
        (
            (number, entry)
            for number, entry in enumerate(layout.overlays)
            if path.startswith(entry.path + "/")
        ),
        key=lambda found: len(found[1].path),
    )
    upper, model = stage / "upper" / str(number), Path(entry.path)
    *parents, name = Path(path).relative_to(model).parts
    for parent in parents:
        upper, model = upper / parent, model / parent
        if not upper.exists():
            _like(model, upper, layout)
    return upper / name


def _make_devices(directory: Path) -> None:
    for name in _DEVICES:
        (directory / name).touch()
    (directory / "pts").mkdir()
    (directory / "shm").mkdir()
    (directory / "shm").chmod(0o1777)
    (directory / "ptmx").symlink_to("pts/ptmx")
    (directory / "fd").symlink_to("/proc/self/fd")
    for name in ("console", "ttyS0"):
        (directory / name).symlink_to(f"/proc/1/fd/{CONSOLE}")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (directory / name).symlink_to(f"/proc/self/fd/{number}")


def _mount_devices(directory: Path, layout: Layout) -> None:
    for name in _DEVICES:
        kernel.mount(f"/dev/{name}", str(directory / name), flags=kernel.BIND)
    options = "newinstance,ptmxmode=0666,mode=0620"
    if layout.many_users:
        options += ",gid=5"  # tty
    flags = kernel.NO_SUID | kernel.NO_EXEC
    kernel.mount("devpts", str(directory / "pts"), "devpts", flags, options)


def _mount_kernel(root: Path) -> None:
    flags = kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_EXEC
    proc = root / "proc"
    kernel.mount("proc", str(proc), "proc", flags)
    for name in _PROTECTED:
        if (proc / name).exists():
            kernel.mount(str(proc / name), str(proc / name), flags=kernel.BIND)
            kernel.make_read_only(str(proc / name))
    kernel.mount("/sys", str(root / "sys"), flags=kernel.BIND | kernel.RECURSIVE)
    kernel.make_read_only(str(root / "sys"))


def _clear(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
