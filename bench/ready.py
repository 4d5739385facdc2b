"""From ACTIVE in the cloud to usable in the lab: by SSH and sentinel, and by the cloud's word alone.

libcloud and Buildbot look every 5 s, teuthology sleeps 20 s more: their mean is printed beside.
"""

import threading
import time

from bench.lab import a_lab, lock, wait
from bench.report import percentile, table
from leasehold.emulator import Delay, Delays, Emulator
from leasehold.lab.lab import Lab
from leasehold.lab.model import Lease, NodeState

SERVERS = 20
BOOT = Delay(low=3.0, mode=5.0, high=8.0)


def run() -> None:
    rows = [
        ("cloud's word only", *_figures(_measure("none", "active"))),
        ("SSH and sentinel", *_figures(_measure("auto", "sentinel"))),
        ("5 s grid (libcloud, Buildbot)", "2.50 s", "4.75 s", "by arithmetic"),
    ]
    table(("proof", "p50", "p95", "servers"), rows)


def _figures(took: list[float]) -> tuple[str, str, int]:
    return f"{percentile(took, 0.5):.2f} s", f"{percentile(took, 0.95):.2f} s", len(took)


def _measure(guests: str, ready: str) -> list[float]:
    delays = Delays(boot=BOOT)
    with (
        Emulator(guests=guests, seed=1, delays=delays) as emulator,
        a_lab(emulator, nodes=SERVERS, ready=ready) as lab,
    ):
        active: dict[str, float] = {}
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.01):
                now = time.time()
                for name in emulator.run(lambda: _active(emulator)):
                    active.setdefault(name, now)

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            lease = wait(lab, lock(lab, SERVERS))
        finally:
            done.set()
            watcher.join()
        usable = _usable(lab, lease)
        return [max(0.0, usable[name] - active[name]) for name in usable]


def _usable(lab: Lab, lease: Lease) -> dict[str, float]:
    """By node, when its history says READY; the last lines are written a moment after the fact."""
    found: dict[str, float] = {}
    while len(found) < SERVERS:
        found = {
            event.node: event.at.timestamp()
            for event in lab.events(lease=lease.id, limit=10_000)
            if event.object is None and event.node and event.state == NodeState.READY.value
        }
    return found


def _active(emulator: Emulator) -> list[str]:
    servers = emulator.cloud.compute.servers.alive
    return [server.name for server in servers if server.status == "ACTIVE"]
