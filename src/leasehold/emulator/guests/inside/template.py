"""Directories for guests of an ordinary user, who cannot change what root owns on the host.

In a user namespace with one user, files of the host's root belong to nobody, and an overlay
cannot copy them up. What guests have to change is therefore copied once, and shared by all of
them as the lower layer of an overlay: so each guest may write to it and none sees the other.
"""

import contextlib
import os
import shutil
from pathlib import Path

_LARGEST = 1 << 20
"""Bytes. What is larger below /etc are compiled tables that nobody edits in a guest."""

_VAR = ("cache", "lib/misc", "local", "log", "mail", "opt", "spool/cron", "backups")

_DEPTHS = {"/usr": 1, "/usr/local": 4}
"""How deep directories below are made the guest's own, so that files can be added in them."""


def make(directory: Path) -> dict[str, tuple[str, ...]]:
    """Make the template; returns which layers stand for which directory of the host."""
    directory.mkdir()
    _copy_etc(directory / "etc")
    for name in _VAR:
        (directory / "var" / name).mkdir(parents=True)
    (directory / "var/run").symlink_to("/run")
    (directory / "var/lock").symlink_to("/run/lock")
    (directory / "var/tmp").mkdir()
    (directory / "var/tmp").chmod(0o1777)
    (directory / "root").mkdir(mode=0o700)
    (directory / "usr").mkdir()
    for top, depth in _DEPTHS.items():
        _copy_directories(Path(top), directory / top[1:], depth)
    return {
        "/etc": (str(directory / "etc"),),
        "/var": (str(directory / "var"),),
        "/root": (str(directory / "root"),),
        "/usr": (str(directory / "usr"), "/usr"),
    }


def _copy_etc(target: Path) -> None:
    for place, directories, files in os.walk("/etc"):
        here = target / Path(place).relative_to("/etc")
        here.mkdir(exist_ok=True)
        for name in (*files, *directories):
            source = Path(place, name)
            # What cannot be read is not for this user, in the guest no more than outside.
            with contextlib.suppress(OSError):
                if source.is_symlink() or _is_small_file(source):
                    shutil.copy2(source, here / name, follow_symlinks=False)


def _is_small_file(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= _LARGEST


def _copy_directories(source: Path, target: Path, depth: int) -> None:
    target.mkdir(exist_ok=True)
    if depth == 0:
        return
    with contextlib.suppress(OSError):
        for entry in source.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                _copy_directories(entry, target / entry.name, depth - 1)
