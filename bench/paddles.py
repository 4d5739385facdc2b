"""Pairs of lock and unlock over paddles' API, durable; with others who change the nodes; a long list.

The service is a process of its own. Each client is a thread with one connection that locks one node
with ``lock_many`` and gives it back, again and again, as teuthology does. Both databases flush each
commit. A node whose owner may not unlock it was given out twice. BENCH_PADDLES=http://HOST:PORT
measures what answers there in the same run: a paddles, with 1,000 free nodes of type "bench".
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.postgres import Cluster, programs

from bench.paddles_service import KIND
from bench.report import percentile, table

CLIENTS = (1, 8, 64)
NODES = (1000, 6000)
SECONDS = 5.0
LISTS = 20


class Caller:
    """One connection."""

    def __init__(self, place: str) -> None:
        self._http = http.client.HTTPConnection(place, timeout=120)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        content = None if body is None else json.dumps(body)
        self._http.request(method, path, content, {"content-type": "application/json"})
        answer = self._http.getresponse()
        return answer.status, answer.read()


class Client(threading.Thread):
    """Locks and unlocks until its time is over."""

    def __init__(self, place: str, number: int, until: float) -> None:
        super().__init__()
        self._caller = Caller(place)
        self._me = f"client-{number}"
        self._until = until
        self.took: list[float] = []
        self.refused = self.double = 0

    def run(self) -> None:
        wish = {"count": 1, "locked_by": self._me, "machine_type": KIND, "description": "bench"}
        while (began := time.perf_counter()) < self._until:
            status, body = self._caller.call("POST", "/nodes/lock_many/", wish)
            if status != 200:
                self.refused += 1
                continue
            (name,) = [node["name"] for node in json.loads(body)]
            give = {"name": name, "locked": False, "locked_by": self._me, "description": "bench"}
            while (status := self._caller.call("PUT", f"/nodes/{name}/lock/", give)[0]) >= 500:
                self.refused += 1
            if status == 200:
                self.took.append(time.perf_counter() - began)
            else:
                self.double += 1


class Churn(threading.Thread):
    """Changes one node after the other, as inventories do, until it is told to stop."""

    def __init__(self, place: str, over: threading.Event) -> None:
        super().__init__()
        self._caller = Caller(place)
        self._over = over
        self.count = 0

    def run(self) -> None:
        nodes = json.loads(self._caller.call("GET", f"/nodes/?machine_type={KIND}")[1])
        names = [node["name"] for node in nodes]
        while not self._over.wait(0.01):
            name = names[self.count % len(names)]
            self._caller.call("PUT", f"/nodes/{name}/", {"ssh_pub_key": f"key {self.count}"})
            self.count += 1


def run() -> None:
    rows: list[tuple[object, ...]] = []
    lists: list[tuple[object, ...]] = []
    with _ledgers() as ledgers:
        for ledger, database in ledgers:
            for nodes in NODES:
                with _service(nodes, database()) as (place, pid):
                    rows += _measured(f"{ledger}, {nodes} nodes", place, pid)
                    lists.append((f"{ledger}, {nodes} nodes", *_listing(place)))
    peer = os.environ.get("BENCH_PADDLES")
    if peer:
        place = urlsplit(peer).netloc
        rows += _measured("paddles there", place)
        lists.append(("paddles there", *_listing(place)))
    head = ("service", "clients", "churn", "pairs per s", "p50", "p99")
    head = (*head, "CPU per pair", "refused", "double")
    table(head, rows)
    if not peer:
        print(
            "paddles, read and not run: 30 to 50 pairs per s, 29 % of the calls of 8 clients refused\n"
        )
    table(("service", "list of all nodes, p50", "bytes"), lists)


def _measured(name: str, place: str, pid: int | None = None) -> list[tuple[object, ...]]:
    plain = [(name, *_pairs(place, clients, churn=False, pid=pid)) for clients in CLIENTS]
    return [*plain, (name, *_pairs(place, 8, churn=True, pid=pid))]


def _pairs(place: str, clients: int, *, churn: bool, pid: int | None = None) -> tuple[object, ...]:
    over = threading.Event()
    churning = Churn(place, over)
    if churn:
        churning.start()
    began, used = time.perf_counter(), _cpu(pid)
    threads = [Client(place, number, began + SECONDS) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, used = time.perf_counter() - began, _cpu(pid) - used
    over.set()
    if churn:
        churning.join()
    took = [each for thread in threads for each in thread.took] or [0.0]
    times = (f"{percentile(took, share) * 1000:.1f} ms" for share in (0.5, 0.99))
    changes = f"{churning.count / seconds:.0f} per s" if churn else "none"
    refused = sum(thread.refused for thread in threads)
    double = sum(thread.double for thread in threads)
    cost = f"{used / len(took) * 1000:.1f} ms" if pid else "not ours"
    return (clients, changes, f"{len(took) / seconds:.0f}", *times, cost, refused, double)


def _cpu(pid: int | None) -> float:
    """Seconds of CPU that a process has had, all its threads together."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _listing(place: str) -> tuple[object, ...]:
    caller = Caller(place)
    took, size = [], 0
    for _ in range(LISTS):
        began = time.perf_counter()
        size = len(caller.call("GET", "/nodes/")[1])
        took.append(time.perf_counter() - began)
    return (f"{percentile(took, 0.5) * 1000:.1f} ms", size)


@contextmanager
def _ledgers() -> Iterator[list[tuple[str, object]]]:
    """Each database, and how to get a new one."""
    found = programs()
    ledgers: list = [("SQLite", lambda: None)]
    if found is None:
        print("PostgreSQL is not installed: apt install postgresql")
        yield ledgers
        return
    cluster = Cluster(found, fsync=True)
    try:
        yield [*ledgers, ("PostgreSQL", lambda: cluster.a_database().url)]
    finally:
        cluster.remove()


@contextmanager
def _service(nodes: int, database: str | None) -> Iterator[tuple[str, int]]:
    """Host and port of a running service, and its process."""
    module = [sys.executable, "-m", "bench.paddles_service"]
    with tempfile.TemporaryDirectory() as directory, Path(directory, "log").open("w") as log:
        options = ["--nodes", str(nodes), *(["--database", database] if database else [])]
        process = subprocess.Popen(
            [*module, directory, *options], stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert process.stdout is not None
        try:
            place = urlsplit(process.stdout.readline().strip()).netloc
            assert place, Path(directory, "log").read_text()
            yield place, process.pid
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
