"""`kill -9` of the service at each step of a server's life; a restart then completes or undoes it.

The service is a process of its own, the cloud an emulator over HTTP; where the service stands is read
from its ledger, from outside.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from leasehold.emulator import Delays, Effect, Emulator, NameServer, Rule
from leasehold.emulator.timeline import Delay

pytestmark = pytest.mark.timeout(240)

QUICK = Delay(low=0.2, mode=0.3, high=0.4)
BOOT = Delay(low=2.0, mode=2.0, high=2.0)

CONFIG = """
[service]
listen = "127.0.0.1:0"

[clouds.c.auth]
auth_url = "{auth_url}"
username = "demo"
password = "demo"
project_name = "demo"
user_domain_name = "Default"
project_domain_name = "Default"

[dns.lab]
domain = "lab.test"
server = "{name_server}"
key_file = "dns.key"
timeout = 2

[machine_types.small]
cloud = "c"
dns = "lab"
image = "debian-12"
flavor = "tiny"
networks = ["lab"]
volumes = [{{ size_gib = 1 }}]
ready = "active"
nodes = 2
"""


class Service:
    """`leasehold serve`, which can be killed and started again over the same ledger."""

    def __init__(self, directory: Path, emulator: Emulator, names: NameServer) -> None:
        self.directory = directory
        self.emulator = emulator
        self.names = names
        (directory / "dns.key").write_text(names.key_file())
        config = CONFIG.format(auth_url=emulator.auth_url, name_server=names.place)
        (directory / "leasehold.toml").write_text(config)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "leasehold", "serve", "--config", "leasehold.toml"]
        with (self.directory / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.directory, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http"), (self.directory / "service.log").read_text()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
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
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def lock(self) -> str:
        wish = {"machine_type": "small", "owner": "ann", "purpose": "kill", "key": "one"}
        return str(self.call("POST", "leases", wish)["id"])

    def lease_state(self, lease: str) -> str:
        return str(self.call("GET", f"leases/{lease}")["state"])

    def states(self, kind: str) -> list[str]:
        """The states of the ledger's rows of a kind, read past the service."""
        ledger = sqlite3.connect(f"file:{self.directory}/.leasehold/ledger.db?mode=ro", uri=True)
        try:
            query = "select state from objects where kind = ? order by created_at"
            return [state for (state,) in ledger.execute(query, (kind,))]
        finally:
            ledger.close()


@contextmanager
def running(directory: Path) -> Iterator[tuple[Service, Emulator]]:
    delays = Delays(boot=BOOT, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
    directory.mkdir()
    with (
        Emulator(guests="none", delays=delays, seed=3) as emulator,
        NameServer(["lab.test"]) as names,
    ):
        service = Service(directory, emulator, names)
        try:
            yield service, emulator
        finally:
            service.kill()


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


def reached(kind: str, state: str) -> Callable[[Service], None]:
    def wait(service: Service) -> None:
        until(lambda: state in service.states(kind))

    return wait


MUTE = "the name server does as it is asked, and its answers are lost until we die"

ON_THE_WAY_IN = {
    "the intent is in the ledger": (None, lambda _: None),
    "the port's order has left": (slow("port", "POST"), reached("port", "making")),
    "the port's order was lost": (lost("port", "POST"), reached("port", "unsure")),
    "the port is up": (slow("server", "POST"), reached("port", "up")),
    "the server's order has left": (slow("server", "POST"), reached("server", "making")),
    "the server's order was lost": (lost("server", "POST"), reached("server", "unsure")),
    "the server is building": (None, reached("server", "building")),
    "the server is up": (slow("attachment", "POST"), reached("server", "up")),
    "the attachment's order has left": (
        slow("attachment", "POST"),
        reached("attachment", "making"),
    ),
    "the record's order has left": (MUTE, reached("record", "making")),
    "the record is set": (slow("attachment", "POST"), reached("record", "up")),
}

ON_THE_WAY_OUT = {
    "the end is in the ledger": (None, lambda _: None),
    "the server's delete has left": (slow("server", "DELETE"), reached("server", "deleting")),
    "the server's delete was lost": (lost("server", "DELETE"), reached("server", "deleting")),
    "the server is gone": (None, reached("server", "gone")),
    "the port's delete has left": (slow("port", "DELETE"), reached("port", "deleting")),
    "the volume's delete has left": (slow("volume", "DELETE"), reached("volume", "deleting")),
    "the volume is gone": (None, reached("volume", "gone")),
    "the record's delete has left": (MUTE, reached("record", "deleting")),
    "the record is gone": (slow("server", "DELETE"), reached("record", "gone")),
}

NAMES = ["_leasehold-a.small001.lab.test TXT", "small001.lab.test A"]


def spoil(service: Service, fault: Rule | str | None) -> None:
    """Let what is to come go wrong."""
    if isinstance(fault, Rule):
        service.emulator.faults.add(fault)
    service.names.mute = fault == MUTE


def die(service: Service) -> None:
    service.kill()
    service.names.mute = False
    service.start()


def die_on_the_way_in(directory: Path, step: str) -> None:
    rule, wait = ON_THE_WAY_IN[step]
    with running(directory) as (service, emulator):
        spoil(service, rule)
        lease = service.lock()
        wait(service)
        die(service)
        assert service.lock() == lease
        until(lambda: service.lease_state(lease) == "ready")
        left = emulator.leftovers()
        assert [server.name for server in left.servers] == ["small001"]
        assert len(left.ports) == len(left.volumes) == 1
        assert service.names.names() == NAMES
        service.call("DELETE", f"leases/{lease}")
        until(lambda: emulator.leftovers().nothing and not service.names.names())


def die_on_the_way_out(directory: Path, step: str) -> None:
    rule, wait = ON_THE_WAY_OUT[step]
    with running(directory) as (service, emulator):
        lease = service.lock()
        until(lambda: service.lease_state(lease) == "ready")
        spoil(service, rule)
        service.call("DELETE", f"leases/{lease}")
        wait(service)
        die(service)
        assert service.lease_state(lease) == "released"
        until(lambda: emulator.leftovers().nothing and not service.names.names())
        kinds = ("server", "volume", "record")
        until(lambda: {each for kind in kinds for each in service.states(kind)} == {"gone"})


def die_and_change_ones_mind(directory: Path, step: str) -> None:
    with running(directory) as (service, emulator):
        emulator.faults.add(slow("server", "POST"))
        lease = service.lock()
        reached("server", "making")(service)
        service.kill()
        service.start()
        service.call("DELETE", f"leases/{lease}")
        until(lambda: set(service.states("server")) == {"gone"})
        until(lambda: emulator.leftovers().nothing and not service.names.names())


UNSURE = "given back while its order is unsure"


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """All of them at once: each waits most of its time for a cloud, or for certainty."""
    base = tmp_path_factory.mktemp("kill")
    stories = [
        *((step, die_on_the_way_in) for step in ON_THE_WAY_IN),
        *((step, die_on_the_way_out) for step in ON_THE_WAY_OUT),
        (UNSURE, die_and_change_ones_mind),
    ]
    with ThreadPoolExecutor(6) as pool:
        yield {
            step: pool.submit(story, base / str(number), step)
            for number, (step, story) in enumerate(stories)
        }


@pytest.mark.parametrize("step", ON_THE_WAY_IN)
def test_a_lock_killed_on_its_way_is_completed_with_one_server(deaths, step: str) -> None:
    deaths[step].result()


@pytest.mark.parametrize("step", ON_THE_WAY_OUT)
def test_an_unlock_killed_on_its_way_leaves_nothing(deaths, step: str) -> None:
    deaths[step].result()


def test_a_lock_given_back_while_its_order_is_unsure_leaves_nothing(deaths) -> None:
    deaths[UNSURE].result()
