"""The main job on real OpenStack services, through the command line: lock, use, give back."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.testbed import CLOUDS_YAML

from leasehold.openstack import Connection, connect

CONFIG = """
[service]
listen = "127.0.0.1:0"

[clouds.real]
cloud = "lab"

[machine_types.small]
cloud = "real"
image = { match = "tiny.*" }
flavor = { cores = 1, ram_mib = 64 }
networks = ["lab"]
floating_ip = "public"
volumes = [{ size_gib = 1 }]
nodes = 3
ready = "active"
"""

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


class Service:
    """A `leasehold serve` of its own process, and the command line that talks to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "leasehold.toml").write_text(CONFIG)
        self.env = os.environ | {"OS_CLIENT_CONFIG_FILE": str(CLOUDS_YAML)}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "leasehold", "serve", "--config", "leasehold.toml"]
        log = (self.directory / "service.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=self.directory, env=self.env, stdout=subprocess.PIPE, stderr=log, text=True
        )
        log.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://" in line, (self.directory / "service.log").read_text()
        self.url = "http://" + line.partition("http://")[2].split()[0].rstrip("/.,")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def stop(self) -> None:
        self.process.terminate()
        self.end()

    def end(self) -> None:
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def run(self, *arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "leasehold", "--server", self.url, *arguments]
        done = subprocess.run(
            command, cwd=self.directory, env=self.env, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.stop()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(CLOUDS_YAML))
    with connect("lab") as connection:
        yield connection


def ours(service: Service, cloud: Connection) -> list[str]:
    """What the cloud has of this installation, asked of it directly."""
    with sqlite3.connect(service.directory / ".leasehold" / "ledger.db") as ledger:
        query = "select value from facts where name = 'installation'"
        (mark,) = ledger.execute(query).fetchone()
    ledger.close()
    marked = [
        *((f"server {s.name}", s.metadata.get("leasehold")) for s in cloud.compute.servers()),
        *((f"volume {v.name}", v.metadata.get("leasehold")) for v in cloud.volume.volumes()),
        *((f"port {p.name}", p.description) for p in cloud.network.ports()),
        *(
            (f"address {f.floating_ip_address}", f.description)
            for f in cloud.network.floating_ips()
        ),
    ]
    return [what for what, tag in marked if f"{mark}/" in (tag or "")]


def test_a_lock_brings_servers_up_and_an_unlock_leaves_nothing(
    service: Service, cloud: Connection
) -> None:
    lease = service.json("lock", "--type", "small", "--count", "2", "--for", "1h")
    nodes = [node["name"] for node in lease["nodes"]]
    assert nodes == ["small001", "small002"]
    assert {node["state"] for node in lease["nodes"]} == {"ready"}
    assert {s.status for s in cloud.compute.servers() if s.name in nodes} == {"ACTIVE"}
    assert len(ours(service, cloud)) == 8
    assert "small001" in service.run("show", "small001")
    service.run("unlock", *nodes)
    audit = wait_for_empty(service)
    assert audit["in_use"] == audit["leaving"] == audit["stray"] == []
    assert ours(service, cloud) == []


def test_a_service_killed_while_it_builds_goes_on_with_one_server(
    service: Service, cloud: Connection
) -> None:
    service.run("lock", "--type", "small", "--no-wait")
    wait_until(lambda: ours(service, cloud))
    service.kill()
    service.start()
    wait_until(lambda: service.json("nodes")[0]["state"] == "ready")
    servers = [what for what in ours(service, cloud) if what.startswith("server")]
    assert servers == ["server small001"]
    service.run("unlock", "small001")
    wait_for_empty(service)
    assert ours(service, cloud) == []


def test_an_image_that_the_cloud_does_not_have_fails_the_lock_at_once(
    service: Service, cloud: Connection
) -> None:
    wrong = (service.directory / "leasehold.toml").read_text().replace("tiny.*", "no-such-image")
    (service.directory / "leasehold.toml").write_text(wrong)
    service.stop()
    service.start()
    service.run("lock", "--type", "small", code=4)
    assert ours(service, cloud) == []


def wait_until(true: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.3)


def wait_for_empty(service: Service) -> dict[str, object]:
    audits: list[dict[str, object]] = []

    def empty() -> bool:
        audits.append(service.json("clouds", "audit", "real")[0])
        return not audits[-1]["leaving"]

    wait_until(empty)
    return audits[-1]
