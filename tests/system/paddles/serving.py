"""Builders: paddles' API over a real lab, on a socket of its own."""

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import uvicorn

from leasehold.engine.clock import SystemClock
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import Config, MachineTypeConfig, PaddlesConfig, ServiceConfig
from leasehold.lab.config.limits import LimitsConfig
from leasehold.lab.lab import Lab
from leasehold.lab.model import NodeState
from leasehold.lab.open import open_lab
from leasehold.paddles.app import Paddles
from leasehold.paddles.desk import Desk
from leasehold.service.gate import Gate
from leasehold.store import Database, Place
from tests.system.cli.commands import Command
from tests.unit.service.labs import OFFERS

PATIENCE = 120.0
"""Seconds for anything that takes a moment, on a machine that is busy with other things."""

CLOUD_TYPE = MachineTypeConfig(
    cloud="memory", image="debian-12", flavor="small", nodes=4, ready="active", names="vm{n:03}"
)


def a_lab(directory: Path, place: Place | None = None, **options: Any) -> Lab:
    """A lab that knows one machine type, ``vm``, of 4 nodes in a cloud in memory.

    `boot` seconds each server takes, `limits` are those of owners; the other options change the
    machine type.
    """
    boot = options.pop("boot", 0.0)
    limits = options.pop("limits", LimitsConfig())
    clock = SystemClock()
    config = Config(
        path=directory / "leasehold.toml",
        service=ServiceConfig(),
        clouds={},
        limits=limits,
        machine_types={"vm": msgspec.structs.replace(CLOUD_TYPE, **options)},
    )
    database = Database(place) if place is not None else None
    cloud = MemoryCloud(clock, boot=boot, offers=OFFERS)
    return open_lab(config, clouds={"memory": cloud}, clock=clock, database=database)


class Served(msgspec.Struct):
    """A ``leasehold serve``."""

    url: str
    """Where it answers as paddles."""
    process: Any
    log: str = ""
    """What it wrote, once it has ended."""


@contextlib.contextmanager
def a_service(command: Command, config: str) -> Iterator[Served]:
    """``leasehold serve`` with a configuration; the command's own calls go to it.

    In the end it is stopped, and has to end in peace.
    """
    (command.home / "leasehold.toml").write_text(config)
    process = command.start("serve")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        command.environment["LEASEHOLD_SERVER"] = process.stdout.readline().strip()
        lines = iter(process.stderr.readline, "")
        told = next(line for line in lines if "serving paddles' API" in line)
        served = Served(json.loads(told)["url"], process)
        yield served
    finally:
        process.terminate()
        _, log = process.communicate(timeout=PATIENCE)
    served.log = log
    assert process.returncode == 0
    assert "Traceback" not in log


@contextlib.contextmanager
def serving(lab: Lab, config: PaddlesConfig | None = None) -> Iterator[str]:
    """The URL at which a lab that runs answers as paddles."""
    config = config or PaddlesConfig()
    app: Any = Gate(Paddles(Desk(lab, config)), config)
    settings = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextlib.contextmanager
def running(lab: Lab) -> Iterator[Lab]:
    lab.start()
    try:
        yield lab
    finally:
        lab.stop()


def until_spare(lab: Lab, count: int) -> None:
    """Wait until so many nodes have a warm spare."""
    moved = threading.Event()
    unsubscribe = lab.subscribe(moved.set)
    while len(lab.nodes(state=NodeState.SPARE)) < count:
        assert moved.wait(PATIENCE)
        moved.clear()
    unsubscribe()


_numbers = itertools.count(1)


class Client:
    """A client of paddles, with a machine type that no other test has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        self.kind = f"kind{next(_numbers)}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def name(self, short: str) -> str:
        """A node's name that no other test has."""
        return f"{self.kind}-{short}.front.example"

    def add(self, *shorts: str, **fields: Any) -> list[str]:
        """Register nodes that are up and free, unless said otherwise."""
        names = [self.name(short) for short in shorts]
        for name in names:
            node = {"name": name, "machine_type": self.kind, "up": True, "locked": False}
            self.ok(self.http.post("/nodes/", json=node | fields))
        return names

    def get(self, path: str, **parameters: Any) -> Any:
        return self.ok(self.http.get(path, params=parameters))

    def node(self, name: str) -> Any:
        return self.get(f"/nodes/{name}/")

    def put(self, node: str, **fields: Any) -> httpx.Response:
        return self.http.put(f"/nodes/{node}/", json=fields)

    def lock(self, name: str, **fields: Any) -> httpx.Response:
        """Lock or unlock one node, as teuthology does it: JSON without a word about its type."""
        content = msgspec.json.encode({"name": name, **fields})
        return self.http.put(f"/nodes/{name}/lock/", content=content)

    def lock_many(self, count: object, **fields: Any) -> httpx.Response:
        asked = {"count": count, "locked_by": "ann@lab", "machine_type": self.kind}
        return self.http.post("/nodes/lock_many/", json={"description": None, **asked, **fields})

    def unlock_many(self, names: list[str], locked_by: str = "ann@lab") -> httpx.Response:
        asked = {"names": names, "locked_by": locked_by}
        return self.http.post("/nodes/unlock_many/", json=asked)

    def ok(self, response: httpx.Response) -> Any:
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, status: int, response: httpx.Response) -> str:
        """The message of a refusal, which is JSON like everything else."""
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()["message"]
