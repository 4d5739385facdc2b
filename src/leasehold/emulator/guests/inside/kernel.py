"""The Linux calls that Python 3.11 does not offer, each as a function that raises OSError."""

import ctypes
import os
from collections.abc import Collection, Sequence
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

# linux/sched.h
NEW_MOUNTS, NEW_HOSTNAME, NEW_IPC = 0x00020000, 0x04000000, 0x08000000
NEW_USERS, NEW_PIDS = 0x10000000, 0x20000000
# linux/mount.h
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC = 1, 2, 4, 8
REMOUNT, BIND, RECURSIVE, PRIVATE = 32, 4096, 16384, 1 << 18
_DETACH = 2
# linux/prctl.h
_SET_DEATH_SIGNAL, _SET_KEEP_CAPS, _SET_NAME, _DROP_BOUND = 1, 8, 15, 24
_SET_SUBREAPER, _AMBIENT, _AMBIENT_RAISE = 36, 47, 2
# linux/capability.h
CAPABILITIES = {
    name: number
    for number, name in enumerate(
        [
            "chown",
            "dac_override",
            "dac_read_search",
            "fowner",
            "fsetid",
            "kill",
            "setgid",
            "setuid",
            "setpcap",
            "linux_immutable",
            "net_bind_service",
            "net_broadcast",
            "net_admin",
            "net_raw",
            "ipc_lock",
            "ipc_owner",
            "sys_module",
            "sys_rawio",
            "sys_chroot",
            "sys_ptrace",
            "sys_pacct",
            "sys_admin",
            "sys_boot",
            "sys_nice",
            "sys_resource",
            "sys_time",
            "sys_tty_config",
            "mknod",
            "lease",
            "audit_write",
            "audit_control",
            "setfcap",
            "mac_override",
            "mac_admin",
            "syslog",
            "wake_alarm",
            "block_suspend",
            "audit_read",
            "perfmon",
            "bpf",
            "checkpoint_restore",
        ]
    )
}
_CAPABILITY_VERSION_3 = 0x20080522
# asm-generic/unistd.h: one number on every architecture, as for all calls since 2019
_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000


def _call(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones; a new PID namespace is for children only."""
    _call(_libc.unshare(flags), "unshare")


def children_into(descriptor: int) -> None:
    """Let later children be born in the PID namespace of ``descriptor``."""
    _call(_libc.setns(descriptor, NEW_PIDS), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount; the error names both ends, since EINVAL alone helps nobody."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None
    )
    _call(result, f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Take a mount out of sight; it ends with its last user."""
    _call(_libc.umount2(target.encode(), _DETACH), f"unmount {target}")


def make_read_only(target: str) -> None:
    """Make a mount and all below it read-only. Needs Linux 5.12."""
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        _AT_FDCWD,
        target.encode(),
        _AT_RECURSIVE,
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _call(result, f"mount_setattr {target}")


def swap_root(root: str) -> None:
    """Make ``root``, a mount, the file system's root and let go of the old one."""
    os.chdir(root)
    # Stacks the old root on the new one, so that no directory for it is needed.
    _call(_libc.pivot_root(b".", b"."), "pivot_root")
    unmount(".")
    os.chdir("/")


def _control(option: int, value: int | bytes, second: int = 0) -> None:
    argument = value if isinstance(value, bytes) else ctypes.c_ulong(value)
    zero = ctypes.c_ulong(0)
    result = _libc.prctl(option, argument, ctypes.c_ulong(second), zero, zero)
    _call(result, f"prctl {option}")


def die_with_parent() -> None:
    """Be killed when the parent ends, however it ends."""
    _control(_SET_DEATH_SIGNAL, 9)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ended."""
    _control(_SET_SUBREAPER, 1)


def name_process(name: str) -> None:
    """Set the name that ``ps`` shows and, as far as it fits, the command line."""
    _control(_SET_NAME, name.encode())
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = int(fields[45]), int(fields[46])  # proc(5): arg_start, arg_end
    if end > start:
        ctypes.memmove(start, name.encode().ljust(end - start, b"\0")[: end - start], end - start)


def limit_capabilities(keep: Collection[str]) -> None:
    """Give up all but ``keep``, for this process and for all it will ever start."""
    kept = {CAPABILITIES[name] for name in keep}
    for number in range(_last_capability() + 1):
        if number not in kept:
            _control(_DROP_BOUND, number)
    mask = sum(1 << number for number in kept)
    _set_capabilities(effective=mask, inheritable=0)


def keep_capabilities_over_setuid() -> None:
    """Let the permitted set survive a change of user; for `hand_on_capabilities`."""
    _control(_SET_KEEP_CAPS, 1)


def hand_on_capabilities(names: Sequence[str]) -> None:
    """Keep ``names`` across exec as an ordinary user; call it after the change of user."""
    mask = sum(1 << CAPABILITIES[name] for name in names)
    _set_capabilities(effective=mask, inheritable=mask)
    for name in names:
        _control(_AMBIENT, _AMBIENT_RAISE, CAPABILITIES[name])


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def _set_capabilities(effective: int, inheritable: int) -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    words = [
        part >> shift & 0xFFFFFFFF
        for shift in (0, 32)
        for part in (effective, effective, inheritable)
    ]
    _call(_libc.capset(ctypes.byref(header), (ctypes.c_uint32 * 6)(*words)), "capset")
