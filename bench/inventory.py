"""A lab with 6,000 nodes, a third of them locked: register, list, lock one more, over HTTP.

The service is a process of its own; the nodes are fixed ones that were registered at run time.
"""

import http.client
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from tests.system.service.processes import ServiceProcess, a_process

from bench.report import percentile, table

NODES = 6000
LOCKED = 2000
TIMES = 20


def run() -> None:
    with tempfile.TemporaryDirectory() as directory, a_process(Path(directory)) as service:
        some = {"machine_type": "metal", "new_type": True, "os_type": "ubuntu"}
        half = NODES // 2
        rows = [
            (
                "register half of them",
                _took(service, lambda: _add(service, f"m0001..m{half}", some)),
            ),
            (
                "and the others",
                _took(service, lambda: _add(service, f"m{half + 1}..m{NODES}", some)),
            ),
            ("lock 2,000 at once", _took(service, lambda: _lock(service, LOCKED))),
            ("list all", _took(service, lambda: _list(service, NODES), TIMES)),
            (
                "list the free ones",
                _took(service, lambda: _list(service, 4000, state="free"), TIMES),
            ),
            ("list one owner's", _took(service, lambda: _list(service, 0, owner="nobody"), TIMES)),
            ("lock one, durable", _took(service, lambda: _lock(service, 1), TIMES)),
        ]
    head = (f"{NODES:,} nodes", "times", "p50", "p95", "CPU of the service, each")
    table(
        head,
        [
            (what, len(took), _ms(took, 0.5), _ms(took, 0.95), f"{1000 * cpu / len(took):.0f} ms")
            for what, (took, cpu) in rows
        ],
    )


Took = tuple[list[float], float]
"""Seconds of each time, and the CPU seconds of the service for all of them."""


def _took(service: ServiceProcess, act: Callable[[], None], times: int = 1) -> Took:
    found, before = [], _cpu(service)
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return found, _cpu(service) - before


def _cpu(service: ServiceProcess) -> float:
    """CPU seconds that the service has used."""
    stat = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _ms(took: list[float], share: float) -> str:
    return f"{percentile(took, share) * 1000:.0f} ms"


def _add(service: ServiceProcess, names: str, like: dict[str, object]) -> None:
    _call(service, "POST", "/nodes", {"names": [names], **like})


def _lock(service: ServiceProcess, count: int) -> None:
    wish = {"machine_type": "metal", "count": count, "owner": "bench"}
    lease = _call(service, "POST", "/leases", wish)
    assert lease["state"] == "ready", lease["reason"]


def _list(service: ServiceProcess, least: int, **asked: str) -> None:
    query = "&".join(
        f"{name}={value}" for name, value in {"machine_type": "metal", **asked}.items()
    )
    assert len(_call(service, "GET", f"/nodes?{query}")) >= least - TIMES


def _call(service: ServiceProcess, method: str, path: str, body: object = None):  # type: ignore[no-untyped-def]
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    content = None if body is None else json.dumps(body)
    headers = {"content-type": "application/json"}
    connection.request(method, f"/api/v1{path}", content, headers)
    answer = connection.getresponse()
    found = msgspec.json.decode(answer.read())
    connection.close()
    assert answer.status < 300, found
    return found
