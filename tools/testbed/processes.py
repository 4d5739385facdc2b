"""Plain processes, known by pid and start time, ended with all their children."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from testbed.layout import DIR, LOG, PLUGINS, RUN

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def started_at(pid: int) -> str | None:
    """Kernel start time of a live pid (guards against pid reuse), or None."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def read_pid(name: str) -> tuple[int, str] | None:
    try:
        pid, stamp = (RUN / f"{name}.pid").read_text().split()
        return int(pid), stamp
    except (OSError, ValueError):
        return None


def alive(name: str) -> bool:
    entry = read_pid(name)
    return entry is not None and started_at(entry[0]) == entry[1]


def start(name: str, command: Iterable[object], env: Mapping[str, str] | None = None) -> None:
    """Start it in a session of its own, unless it runs."""
    if alive(name):
        return
    full = {k: v for k, v in os.environ.items() if k.lower() not in PROXIES}
    full |= {"PYTHONPATH": str(PLUGINS), "PYTHONUNBUFFERED": "1", **(env or {})}
    with (LOG / f"{name}.log").open("ab") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=full,
            cwd=DIR,
            start_new_session=True,
        )
    (RUN / f"{name}.pid").write_text(f"{process.pid} {started_at(process.pid)}")


def group_members(pgid: int) -> list[int]:
    """Pids of a process group that are still alive (not zombies)."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[2]) == pgid:
            members.append(int(stat.parent.name))
    return members


def stop(names: Collection[str], seconds: float = 20) -> None:
    """SIGTERM each named service's own session, SIGKILL what is left after `seconds`."""
    groups = {}
    for name in names:
        entry = read_pid(name)
        if entry and (alive(name) or group_members(entry[0])):
            groups[name] = entry[0]
            with contextlib.suppress(ProcessLookupError):
                os.kill(entry[0], signal.SIGTERM)  # the leader forwards to its workers
    end = time.monotonic() + seconds
    while any(map(group_members, groups.values())) and time.monotonic() < end:
        time.sleep(0.1)
    for pgid in groups.values():
        if group_members(pgid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pgid, signal.SIGKILL)
    for name in names:
        (RUN / f"{name}.pid").unlink(missing_ok=True)


def memory_mib(pgid: int) -> float:
    total = 0
    for pid in group_members(pgid):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024
