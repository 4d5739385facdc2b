"""From `lock` to the server's POST leaving, with 1,000 nodes; the port's POST and reply are within.

GARM, for comparison, takes up to 30 s (its loop), mrack its next poll: see docs/performance.md.
"""

import threading
import time

from bench.lab import a_lab, lock
from bench.report import percentile, table
from leasehold.emulator import Emulator
from leasehold.emulator.counters import Call

LOCKS = 200
NODES = 1000
SERVER_POST = ("compute", "POST", "/v2.1/servers")


def run() -> None:
    with Emulator(guests="none", seed=1) as emulator, a_lab(emulator, nodes=NODES) as lab:
        arrivals = _watch(emulator)
        lock(lab)
        time.sleep(1.0)
        arrivals.clear()
        took, calls = [], []
        for number in range(LOCKS):
            began = time.perf_counter()
            lock(lab)
            calls.append(time.perf_counter() - began)
            while len(arrivals) <= number:
                time.sleep(0.0005)
            took.append(arrivals[number] - began)
        rows = [
            (name, *(f"{percentile(values, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99)))
            for name, values in (("lock answered, durable", calls), ("POST at the cloud", took))
        ]
        table((f"{LOCKS} locks", "p50", "p95", "p99"), rows)


def _watch(emulator: Emulator) -> list[float]:
    """When each POST /servers arrived."""
    arrivals: list[float] = []
    add, guard = emulator.requests.add, threading.Lock()

    def noting(call: Call) -> None:
        add(call)
        if (call.service, call.method, call.template) == SERVER_POST:
            with guard:
                arrivals.append(time.perf_counter())

    emulator.requests.add = noting  # type: ignore[method-assign]  # the benchmark's stop-watch
    return arrivals
