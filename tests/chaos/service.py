"""`leasehold serve` as a process of its own over an emulator, and its ledger read from outside."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from leasehold.emulator import Delays, Effect, Emulator, NameServer, Rule
from leasehold.emulator.timeline import Delay
from leasehold.store import Place
from leasehold.store.postgres import PostgresDatabase
from leasehold.store.sqlite import SqliteFile
from leasehold.store.tables import objects

QUICK = Delay(low=0.2, mode=0.3, high=0.4)
BOOT = Delay(low=2.0, mode=2.0, high=2.0)
DELAYS = Delays(boot=BOOT, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)

CONFIG = """
[service]
listen = "127.0.0.1:0"
database = "{database}"

[clouds.c.auth]
auth_url = "{auth_url}"
username = "demo"
password = "demo"
project_name = "demo"
user_domain_name = "Default"
project_domain_name = "Default"

[machine_types.small]
cloud = "c"
image = "debian-12"
flavor = "tiny"
networks = ["lab"]
volumes = [{{ size_gib = 1 }}]
ready = "active"
nodes = 2
"""

NAMES = """
dns = "lab"

[dns.lab]
domain = "lab.test"
server = "{name_server}"
key_file = "dns.key"
timeout = 2
"""


class Service:
    """It can be killed and started again over the same ledger, in a file unless it is told where."""

    def __init__(
        self,
        directory: Path,
        emulator: Emulator,
        place: PostgresDatabase | None = None,
        names: NameServer | None = None,
    ) -> None:
        directory.mkdir()
        self.directory = directory
        self.emulator = emulator
        self.place: Place = place or SqliteFile(path=directory / ".leasehold/ledger.db")
        database = place.url if place else "ledger.db"
        config = CONFIG.format(auth_url=emulator.auth_url, database=database)
        if names is not None:
            (directory / "dns.key").write_text(names.key_file())
            config += NAMES.format(name_server=names.place)
        self.names = names
        (directory / "leasehold.toml").write_text(config)

    def start(self) -> None:
        self.launch()
        self.await_url()

    def launch(self) -> None:
        """Start it, without waiting for it: it may have to stand by."""
        command = [sys.executable, "-m", "leasehold", "serve", "--config", "leasehold.toml"]
        with (self.directory / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.directory, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def await_url(self) -> None:
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http"), self.log()

    def log(self) -> str:
        return (self.directory / "service.log").read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def call(self, method: str, path: str, body: object = None) -> object:
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", "leasehold-owner": "ann"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def lock(self) -> str:
        wish = {"machine_type": "small", "owner": "ann", "purpose": "kill", "key": "one"}
        return str(self.call("POST", "leases", wish)["id"])

    def lease_state(self, lease: str) -> str:
        return str(self.call("GET", f"leases/{lease}")["state"])

    def states(self, kind: str) -> list[str]:
        """The states of the ledger's rows of a kind, read past the service."""
        engine = self.place.engine()
        try:
            with engine.connect() as connection:
                query = select(objects.c.state).where(objects.c.kind == kind)
                return list(connection.scalars(query.order_by(objects.c.created_at)))
        finally:
            engine.dispose()


def until(true: Callable[[], bool], seconds: float = 100.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def slow(kind: str, method: str) -> Rule:
    """The first such call takes effect two seconds after it came, whether or not we still live."""
    return Rule(effect=Effect.LATENCY, kind=kind, method=method, seconds=2.0, count=1)


def lost(kind: str, method: str) -> Rule:
    """The first such call has no effect and no answer."""
    return Rule(effect=Effect.LOST_BEFORE, kind=kind, method=method, count=1)
