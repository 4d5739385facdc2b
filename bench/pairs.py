"""Pairs of lock and unlock over HTTP, durable, with 1,000 nodes: on SQLite and on PostgreSQL.

The service is a process of its own over a cloud in memory; each client is a thread with one connection
that locks one node and gives it back, again and again. Both databases flush each commit to the disk.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.postgres import Cluster, programs

from bench.report import percentile, table

NODES = 1000
CLIENTS = (1, 8, 64)
SECONDS = 10.0


class Client(threading.Thread):
    """Locks and unlocks until its time is over."""

    def __init__(self, port: int, number: int, until: float, held: Counter[str]) -> None:
        super().__init__()
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._me = {"content-type": "application/json", "leasehold-owner": f"client-{number}"}
        self._until = until
        self._held = held
        self.took: list[float] = []
        self.refused = self.double = 0

    def run(self) -> None:
        while (began := time.perf_counter()) < self._until:
            lease = self._call("POST", "/api/v1/leases", {"machine_type": "demo"})
            if lease is None:
                continue
            names = [node["name"] for node in lease["nodes"]]
            self._held.update(names)
            self.double += any(self._held[name] > 1 for name in names)
            self._held.subtract(names)
            if self._call("DELETE", f"/api/v1/leases/{lease['id']}") is not None:
                self.took.append(time.perf_counter() - began)

    def _call(self, method: str, path: str, body: object = None) -> dict | None:
        content = None if body is None else json.dumps(body)
        self._http.request(method, path, content, self._me)
        answer = self._http.getresponse()
        found = json.loads(answer.read())
        if answer.status >= 400:
            self.refused += 1
            return None
        return found


def run() -> None:
    rows = [("SQLite", *_measure(clients)) for clients in CLIENTS]
    found = programs()
    if found is None:
        print("PostgreSQL is not installed: apt install postgresql")
    else:
        cluster = Cluster(found, fsync=True)
        try:
            rows += [
                ("PostgreSQL", *_measure(clients, cluster.a_database().url)) for clients in CLIENTS
            ]
        finally:
            cluster.remove()
    head = ("ledger", "clients", "pairs per s", "p50", "p99", "refused", "double")
    table(head, rows)


def _measure(clients: int, database: str | None = None) -> tuple[object, ...]:
    held: Counter[str] = Counter()
    with _service(database) as port:
        until = time.perf_counter() + SECONDS
        threads = [Client(port, number, until, held) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    took = [each for thread in threads for each in thread.took]
    times = (f"{percentile(took, share) * 1000:.1f} ms" for share in (0.5, 0.99))
    refused = sum(thread.refused for thread in threads)
    double = sum(thread.double for thread in threads)
    return (clients, f"{len(took) / SECONDS:.0f}", *times, refused, double)


@contextmanager
def _service(database: str | None) -> Iterator[int]:
    """The port of a running service."""
    module = [sys.executable, "-m", "tests.system.service.memory_service"]
    with tempfile.TemporaryDirectory() as directory, Path(directory, "log").open("w") as log:
        options = ["--nodes", str(NODES), *(["--database", database] if database else [])]
        process = subprocess.Popen(
            [*module, directory, *options], stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert process.stdout is not None
        try:
            yield urlsplit(process.stdout.readline().strip()).port or 0
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
