"""The page with 6,000 nodes, 600 of them held: bytes, CPU of the service, time to the last byte.

While nothing changes, and with a change before each look, which makes the service read the whole lab
anew.
"""

import gzip
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.report import table

NODES = 6000
HELD = 600
LOOKS = 20
VIEWS = ("/", "/nodes", "/nodes?text=demo59", "/nodes/demo001", "/leases", "/search?text=bench")
TICKS = os.sysconf("SC_CLK_TCK")


def run() -> None:
    with _service() as (port, pid):
        http_ = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        _hold(http_)
        rows = [_looked(http_, pid, view) for view in VIEWS]
        rows.append(_looked(http_, pid, "/", change=True))
        rows.append(_looked(http_, pid, "/api/v1/nodes"))
    head = ("view", "bytes", "compressed", "CPU", "p50", "slowest")
    table(head, rows)


def _looked(
    http_: http.client.HTTPConnection, pid: int, view: str, *, change: bool = False
) -> tuple[object, ...]:
    took, cpu, body = [], 0.0, b""
    for _ in range(LOOKS):
        if change:
            lease = _call(http_, "POST", "/api/v1/leases", {"machine_type": "demo"})
            _call(http_, "DELETE", f"/api/v1/leases/{lease['id']}")
            time.sleep(1)  # the page asks no more often
        spent, began = _cpu(pid), time.perf_counter()
        http_.request("GET", view)
        answer = http_.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        took.append(time.perf_counter() - began)
        cpu += _cpu(pid) - spent
    name = f"{view} after a change" if change else view
    times = (f"{each * 1000:.0f} ms" for each in (statistics.median(took), max(took)))
    packed = len(gzip.compress(body))
    return (name, f"{len(body):,}", f"{packed:,}", f"{cpu / LOOKS * 1000:.0f} ms", *times)


def _hold(http_: http.client.HTTPConnection) -> None:
    lease = _call(http_, "POST", "/api/v1/leases", {"machine_type": "demo", "count": HELD})
    while lease["state"] != "ready":
        lease = _call(http_, "GET", f"/api/v1/leases/{lease['id']}?wait=60")


def _call(http_: http.client.HTTPConnection, method: str, path: str, body: object = None) -> dict:
    content = None if body is None else json.dumps(body)
    http_.request(method, path, content, {"leasehold-owner": "bench"})
    answer = http_.getresponse()
    found: dict = json.loads(answer.read())
    assert answer.status < 400, found
    return found


def _cpu(pid: int) -> float:
    """Seconds that the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def _service() -> Iterator[tuple[int, int]]:
    """The port and the process of a running service."""
    module = [sys.executable, "-m", "tests.system.service.memory_service"]
    with tempfile.TemporaryDirectory() as directory, Path(directory, "log").open("w") as log:
        process = subprocess.Popen(
            [*module, directory, "--nodes", str(NODES)],
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            yield urlsplit(process.stdout.readline().strip()).port or 0, process.pid
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
