"""``leasehold --help`` beside ``openstack --help``: seconds from call to end, median of seven."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.report import table


def run() -> None:
    ours, peer = _measure("leasehold"), _measure("openstack")
    rows = [
        ("leasehold --help", f"{ours * 1000:.0f} ms", f"{ours / peer:.2f}"),
        ("openstack --help", f"{peer * 1000:.0f} ms", "1"),
    ]
    table(("command", "time", "to openstack"), rows)


def _measure(command: str) -> float:
    path = Path(sys.executable).with_name(command)

    def once() -> float:
        began = time.perf_counter()
        subprocess.run([path, "--help"], capture_output=True, check=True)
        return time.perf_counter() - began

    once()
    return statistics.median(once() for _ in range(7))
