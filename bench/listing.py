"""List 1,000 and 10,000 servers, beside libcloud, novaclient, openstacksdk and plain requests.

CPU seconds and added peak memory of a process that has signed in before; the median of three runs,
of one run where a client takes longer than ten seconds.
"""

import json
import os
import statistics
import subprocess
import sys

from bench.clients import CLIENTS
from bench.report import table
from leasehold.emulator import Emulator

RUNS = 3
SLOW = 10.0


def run() -> None:
    with Emulator(guests="none", seed=1) as cloud:
        cloud.seed_servers(1000)
        print("openstacksdk takes over a minute for 10,000 servers\n", flush=True)
        _compare(cloud.auth_url, 1000)
        cloud.seed_servers(9000)
        _compare(cloud.auth_url, 10_000)


def _compare(auth_url: str, count: int) -> None:
    results = {name: _measure(name, auth_url, count) for name in CLIENTS}
    peer = results["libcloud"]
    rows = [
        (
            name,
            f"{found['cpu']:.3f} s",
            f"{found['cpu'] / peer['cpu']:.2f}",
            f"{found['mb']:.0f} MB",
            f"{found['mb'] / peer['mb']:.2f}",
        )
        for name, found in results.items()
    ]
    table((f"{count:,} servers", "CPU", "to libcloud", "memory", "to libcloud"), rows)


def _measure(name: str, auth_url: str, count: int) -> dict[str, float]:
    found = [_once(name, auth_url, count)]
    while len(found) < RUNS and found[0]["wall"] < SLOW:
        found.append(_once(name, auth_url, count))
    return {key: statistics.median(each[key] for each in found) for key in ("cpu", "mb")}


def _once(name: str, auth_url: str, count: int) -> dict[str, float]:
    env = os.environ | {
        "OS_AUTH_URL": auth_url,
        "OS_USERNAME": "demo",
        "OS_PASSWORD": "demo",
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.clients", name], env=env, capture_output=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    assert found["count"] == count, f"{name} listed {found['count']} of {count}"
    return found
