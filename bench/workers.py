"""Buildbot's workers: ours beside Buildbot's own class, on one emulator, with a real master each.

The workers themselves are played (see bots.py); boots take 7 seconds.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.system.buildbot.masters import Master, a_master

from bench.bots import PASSWORD, Bots
from bench.report import table
from leasehold.emulator import Delays, Effect, Emulator, Rule, fixed

BOOT = Delays(boot=fixed(7.0), delete=fixed(1.0))
QUICK = Delays(boot=fixed(0.3), delete=fixed(0.3))
CLASSES = {
    "leasehold": "from leasehold.buildbot import OpenStackLatentWorker as Class",
    "Buildbot's own": "from buildbot.worker.openstack import OpenStackLatentWorker as Class",
}
FAULTED = 200
FAULTED_PATIENCE = 300.0
STALL = 3.0


def run() -> None:
    bots = Bots()
    names = list(CLASSES)
    columns = [{**_measure(bots, CLASSES[name]), **_faulted(bots, CLASSES[name])} for name in names]
    rows = [(what, *(column[what] for column in columns)) for what in columns[0]]
    table(("", *names), rows)


def _measure(bots: Bots, statement: str) -> dict[str, str]:
    found = {}
    with _site(bots, statement, workers=16, delays=BOOT) as (emulator, master):
        cold = _until_built(master, ["w0"])
        found["request to build, cold (7 s boot)"] = f"{cold:.1f} s"
        found["request to build, warm"] = f"{_until_built(master, ['w0']):.2f} s"
    with _site(bots, statement, workers=16, delays=BOOT, wait=0) as (emulator, master):
        emulator.requests.reset()
        names = [f"w{number}" for number in range(16)]
        found["16 at once, until the last is built"] = f"{_until_built(master, names):.1f} s"
        _until_nothing_left(emulator)
        found["calls to the cloud per build, of those"] = f"{emulator.requests.total / 16:.1f}"
    with _site(bots, statement, workers=100, delays=BOOT) as (emulator, master):
        names = [f"w{number}" for number in range(100)]
        found["100 at once, until the last is built"] = f"{_until_built(master, names):.1f} s"
    with _site(bots, statement, workers=1, delays=QUICK) as (emulator, master):
        emulator.faults.add(
            Rule(effect=Effect.LATENCY, method="GET", path="flavors", seconds=STALL)
        )
        stall = _longest_answer(master, lambda: _until_built(master, ["w0"]))
        found[f"longest stall of the master, {STALL:.0f} s flavor list"] = f"{stall:.2f} s"
    return found


def _faulted(bots: Bots, statement: str) -> dict[str, str]:
    with _site(bots, statement, workers=20, delays=QUICK, wait=0) as (emulator, master):
        done, left = _left_after_faults(emulator, master)
    return {f"of {FAULTED} builds with faults, done; servers left": f"{done}; {left}"}


@contextmanager
def _site(
    bots: Bots, statement: str, *, workers: int, delays: Delays, wait: int = 600
) -> Iterator[tuple[Emulator, Master]]:
    """A cloud and a master with workers ``w0`` and on."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Emulator(delays=delays, seed=1) as emulator,
    ):
        text = f"""
        {statement}
        c["workers"] = [
            Class(f"w{{number}}", {PASSWORD!r}, flavor="tiny", image="debian-12",
                  build_wait_timeout={wait}, os_auth_args=dict(auth_url={emulator.auth_url!r},
                  username="demo", password="demo", project_name="demo",
                  user_domain_name="Default", project_domain_name="Default"))
            for number in range({workers})
        ]
        """
        with a_master(Path(directory), text, step="steps.MakeDirectory(dir='built')") as master:
            bots.serve(emulator, master.worker_port)
            try:
                yield emulator, master
            finally:
                bots.serve(None)


def _until_built(master: Master, builders: list[str]) -> float:
    """Seconds from asking for builds until the last one has begun its only step, and so ended."""
    began = time.monotonic()
    for request in [master.force(builder) for builder in builders]:
        master.done(request, seconds=600)
    return time.monotonic() - began


def _until_nothing_left(emulator: Emulator) -> None:
    while emulator.leftovers().servers:
        time.sleep(0.1)


def _longest_answer(master: Master, work: Callable[[], object]) -> float:
    """The longest that the master's API let somebody wait while work went on."""
    longest = 0.0
    over = threading.Event()

    def look() -> None:
        nonlocal longest
        while not over.wait(0.02):
            began = time.monotonic()
            master.get("masters")
            longest = max(longest, time.monotonic() - began)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        over.set()
        watcher.join()
    return longest


def _left_after_faults(emulator: Emulator, master: Master) -> tuple[int, int]:
    """Builds that ended within the time, and servers that are there a while after that.

    The weather is fine again by then, and all builds that still wait are given up.
    """
    for effect, method, probability in (
        (Effect.ERROR_AFTER, "POST", 0.05),
        (Effect.LOST_AFTER, "POST", 0.05),
        (Effect.FAILED_BUILD, "POST", 0.05),
        (Effect.ERROR_BEFORE, "DELETE", 0.2),
    ):
        emulator.faults.add(
            Rule(effect=effect, kind="server", method=method, probability=probability, status=500)
        )
    waiting = [master.force(f"w{number % 20}") for number in range(FAULTED)]
    end = time.monotonic() + FAULTED_PATIENCE
    while waiting and time.monotonic() < end:
        time.sleep(1)
        waiting = [each for each in waiting if not master.is_complete(each)]
    emulator.faults.clear()
    time.sleep(60)  # long enough for whoever remembers what he has to delete
    return FAULTED - len(waiting), len(emulator.leftovers().servers)
