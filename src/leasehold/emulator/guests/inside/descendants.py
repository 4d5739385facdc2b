"""Ends every process below this one, where no PID namespace does it for us."""

import contextlib
import os
import signal
from pathlib import Path


def end_descendants() -> None:
    """Kill all descendants, also those born meanwhile, and wait until they are gone.

    Complete only for a process that adopts orphans; else one that left its parent escapes. What
    has become another user's (sudo) is not ours to kill and stays.
    """
    while True:
        killed = 0
        for pid in _below(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        if not killed:
            return
        with contextlib.suppress(ChildProcessError):
            # Each death may hand us more orphans, so look again after every one.
            os.waitpid(-1, 0)


def _below(top: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, ahead = [], [top]
    while ahead:
        below = children.get(ahead.pop(), [])
        found += below
        ahead += below
    return found
