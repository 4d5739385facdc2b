"""What of the host's root a guest is made of: worked out once, used for every guest.

Every directory at the top of the host's root becomes an overlay of its own. One overlay of ``/``
would be simpler, but the kernel refuses it to ordinary users, because mounts lie below it.
"""

import contextlib
import re
from pathlib import Path

import msgspec

from . import kernel, template

_EMPTY = frozenset(
    {"proc", "sys", "dev", "run", "tmp", "boot", "mnt", "media", "snap", "cdrom", "lost+found"}
)
"""What a new server has of its own, or what only the host needs."""

_NEEDED = frozenset({"/etc", "/usr", "/var", "/root", "/home", "/bin", "/sbin", "/lib"})

_DISKS = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "jfs"})
"""Further mounts are shown in the guest if they are of a kind that cannot hang, as NFS can."""

_SECRETS = (
    "/etc/ssh/ssh_host_*",
    "/etc/ssl/private/*",
    "/etc/*shadow*",
    "/etc/sudoers.d/90-cloud-init-users",
    "/var/lib/cloud",
    "/var/log/cloud-init*",
    # A person's own keys, history and settings: a new server's home has none.
    "/root/.*",
    "/home/*/.*",
)


class Overlay(msgspec.Struct, frozen=True, kw_only=True):
    """A directory of the host that guests get as a copy on write."""

    path: str
    lower: tuple[str, ...]
    """Where it is taken from, uppermost first."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a guest's root."""

    empty: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    overlays: tuple[Overlay, ...]
    hidden: tuple[str, ...]
    """Files and directories of the host that guests must not see."""
    left_out: tuple[str, ...]
    """Directories that the kernel would not overlay."""
    resolver: str
    """The host's resolv.conf."""
    many_users: bool
    """Whether user ids other than 0 exist in the guest."""


def survey(scratch: Path, *, many_users: bool) -> Layout:
    """Look at the host's root and try each overlay once.

    ``scratch`` is a directory on a tmpfs. Without ``many_users`` files of other owners cannot be
    copied up, so that directories which guests have to change come from a template kept there.
    Raises OSError when a directory no guest can do without is refused.
    """
    copied = {} if many_users else template.make(scratch / "template")
    empty, links, overlays = [], [], []
    for entry in sorted(Path("/").iterdir()):
        if entry.is_symlink():
            links.append((entry.name, str(entry.readlink())))
        elif entry.name in _EMPTY:
            empty.append(entry.name)
        elif entry.is_dir():
            path = str(entry)
            overlays.append(Overlay(path=path, lower=copied.get(path, (path,))))
    overlays += [Overlay(path=path, lower=(path,)) for path in _disks_below(overlays)]
    usable, left_out = _tried(overlays, scratch / "trial", many_users=many_users)
    return Layout(
        empty=tuple(empty),
        links=tuple(links),
        overlays=usable,
        hidden=_hidden(usable),
        left_out=left_out,
        resolver=_resolver(),
        many_users=many_users,
    )


def overlay(entry: Overlay, upper: Path, work: Path, target: Path, *, many_users: bool) -> None:
    """Mount one part of a guest's root."""
    lower = ":".join(_escaped(path) for path in entry.lower)
    options = f"lowerdir={lower},upperdir={_escaped(str(upper))},workdir={_escaped(str(work))}"
    if not many_users:
        options += ",userxattr"  # trusted.* attributes are for the real root alone
    kernel.mount("overlay", str(target), "overlay", kernel.NO_DEVICES, options)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _tried(
    overlays: list[Overlay], trial: Path, *, many_users: bool
) -> tuple[tuple[Overlay, ...], tuple[str, ...]]:
    upper, work, target = (trial / name for name in ("upper", "work", "target"))
    for directory in (upper, work, target):
        directory.mkdir(parents=True)
    usable: list[Overlay] = []
    left_out: list[str] = []
    for entry in overlays:
        try:
            overlay(entry, upper, work, target, many_users=many_users)
        except OSError:
            if entry.path in _NEEDED:
                raise
            left_out.append(entry.path)
        else:
            kernel.unmount(str(target))
            usable.append(entry)
    return tuple(usable), tuple(left_out)


def _disks_below(overlays: list[Overlay]) -> list[str]:
    found = []
    tops = tuple(entry.path + "/" for entry in overlays if entry.lower == (entry.path,))
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, source = line.partition(" - ")
        path = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), mount.split()[4])
        # What is mounted below /var/lib belongs to container engines and databases.
        shown = path.startswith(tops) and not path.startswith("/var/lib/")
        if shown and source.split()[0] in _DISKS and Path(path).is_dir():
            found.append(path)
    return sorted(set(found))


def _resolver() -> str:
    with contextlib.suppress(OSError):
        return Path("/etc/resolv.conf").read_text()
    return ""


def _hidden(overlays: tuple[Overlay, ...]) -> tuple[str, ...]:
    from_host = tuple(entry.path + "/" for entry in overlays if entry.lower == (entry.path,))
    found: list[str] = []
    for pattern in _SECRETS:
        with contextlib.suppress(PermissionError):
            found += [str(path) for path in Path("/").glob(pattern[1:])]
    return tuple(path for path in found if path.startswith(from_host))
