"""Volumes that hold something: loop devices, which need Linux and root."""

import os
import shutil
from pathlib import Path

import pytest

from leasehold.emulator.volume.disks import refusal


def need_loop_devices() -> None:
    """Skip, and say why; where CI runs it is a failure."""
    missing(refusal())


def need_program(name: str, package: str) -> None:
    if shutil.which(name) is None:
        missing(f"{name} is not installed (Debian: apt install {package})")


def missing(why: str | None) -> None:
    if why is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


def loops_below(directory: Path) -> list[str]:
    """The loop devices whose files are there, but for those that go as soon as nobody has them:
    a container of somebody else may have a copy of a mount that was there when it began."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            goes = (backing.parent / "autoclear").read_text().strip() == "1"
            if backing.read_text().startswith(f"{directory}/") and not goes:
                found.append(f"/dev/{backing.parent.parent.name}")
        except OSError:
            continue  # freed meanwhile
    return found
