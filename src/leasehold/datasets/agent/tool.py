"""Programs of the system: run with their words in English, and heard when they fail."""

import os
import shutil
import subprocess
from collections.abc import Collection

from leasehold.datasets.agent.errors import ToolFailed

_ADDED = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Looked at after PATH, which for many users lacks the programs of administrators."""


def run(*command: str, fine: Collection[int] = (0,)) -> tuple[int, str]:
    """The exit code, one of `fine`, and what was printed on stdout. Raises `ToolFailed`.

    There is no limit of time: a check of a large filesystem takes what it takes, and each dataset
    has a thread of its own. The child is in a session of its own, so Ctrl-C does not cut it short.
    """
    path = f"{os.environ.get('PATH', '')}:{_ADDED}".lstrip(":")
    program = shutil.which(command[0], path=path)
    if program is None:
        raise ToolFailed(command[0], None, "")
    done = subprocess.run(
        [program, *command[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,
        env={"PATH": path, "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")},
    )
    if done.returncode not in fine:
        said = " ".join((done.stderr or done.stdout).split())
        raise ToolFailed(command[0], done.returncode, said[-600:])
    return done.returncode, done.stdout
