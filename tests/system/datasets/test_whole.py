"""The whole way: a service, agents of two servers, disks, and a caller with a Flocker certificate."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leasehold.datasets.flocker.authority import Authority
from leasehold.datasets.flocker.certificate import Role
from leasehold.datasets.flocker.rest import node_uuid
from leasehold.emulator import Delays, Emulator, fixed
from tests.disks import loops_below, need_loop_devices, need_program
from tests.system.datasets.agent.site import Node, Site
from tests.system.datasets.agent.stand_in import StandIn, until
from tests.system.datasets.test_flocker_rest import Client

QUICK = fixed(0.05)
DELAYS = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
CONFIG = """
[service]
listen = "127.0.0.1:0"

[clouds.lab.auth]
auth_url = "{auth_url}"
username = "demo"
password = "demo"
project_name = "demo"

[flocker]
listen = "127.0.0.1:0"
certificates = "certificates"
"""


class Service:
    """`leasehold serve`, and what it says of where it listens."""

    def __init__(self, directory: Path, auth_url: str) -> None:
        self.directory = directory
        self.authority = Authority.create(directory / "certificates", "lab", now=datetime.now(UTC))
        self.authority.issue(
            Role.CONTROL, "127.0.0.1", directory / "certificates", now=datetime.now(UTC)
        )
        (directory / "leasehold.toml").write_text(CONFIG.format(auth_url=auth_url))
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "leasehold", "serve", "--config", "leasehold.toml"]
        with (self.directory / "service.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=self.directory, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://" in line, self.log()
        self.url = "http://" + line.partition("http://")[2].split()[0].rstrip("/.,")
        https = self.log().partition("https://127.0.0.1:")[2]
        self.port = int("".join(each for each in https[:6] if each.isdecimal()))

    def log(self) -> str:
        return (self.directory / "service.log").read_text()

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "leasehold", *words, "--server", self.url],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def client(self) -> Client:
        certificates = self.directory / "certificates"
        pair = self.authority.issue(Role.USER, "ann", self.directory, now=datetime.now(UTC))
        return Client(self.port, certificates / "cluster.crt", pair)

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        self.process.terminate()
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    need_loop_devices()
    need_program("mkfs.ext4", "e2fsprogs")
    disks = tmp_path / "disks"
    unused = StandIn()
    with Emulator(delays=DELAYS, disk_directory=disks) as emulator:
        made = Site(emulator, unused, tmp_path, disks)
        try:
            yield made
        finally:
            made.close()
            unused.close()
    until(lambda: loops_below(disks) == [])


def join(service: Service, node: Node) -> None:
    """Give a node a token of the service, and start its agent."""
    token = service.command("agent", "token", node.name, "--server-id", node.server_id)
    (node.directory / "token").write_text(token + "\n")
    node.configure(service.url)
    node.start()


def seen_on(caller: Client, node: Node) -> bool:
    _, seen = caller.call("GET", "/v1/state/datasets")
    return [each.get("primary") for each in seen] == [node_uuid(node.name)]


def test_data_follow_a_dataset_that_flockers_api_makes_moves_and_deletes(
    site: Site, tmp_path: Path
) -> None:
    service = Service(tmp_path, site.emulator.auth_url)
    try:
        for node in (site.one, site.two):
            join(service, node)
        caller = service.client()
        until(lambda: len(caller.call("GET", "/v1/state/nodes")[1]) == 2)
        wish = {
            "primary": node_uuid("one"),
            "maximum_size": 1 << 30,
            "metadata": {"name": "pg"},
        }
        status, made = caller.call("POST", "/v1/configuration/datasets", wish)
        assert status == 201
        path = f"/v1/configuration/datasets/{made['dataset_id']}"
        until(lambda: seen_on(caller, site.one))
        (seen,) = caller.call("GET", "/v1/state/datasets")[1]
        (Path(seen["path"]) / "file").write_text("written on one")

        assert caller.call("POST", path, {"primary": node_uuid("two")})[0] == 200
        until(lambda: seen_on(caller, site.two))
        (seen,) = caller.call("GET", "/v1/state/datasets")[1]
        assert Path(seen["path"]).is_relative_to(site.two.mounts)
        assert (Path(seen["path"]) / "file").read_text() == "written on one"

        caller.close()
        service.kill()
        service.start()
        for node in (site.one, site.two):
            node.stop()
            node.configure(service.url)
            node.start()
        caller = service.client()
        until(lambda: seen_on(caller, site.two))
        assert (Path(seen["path"]) / "file").read_text() == "written on one"
        assert caller.call("DELETE", path)[1]["deleted"] is True
        until(lambda: not Path(seen["path"]).is_mount())
        caller.close()
    finally:
        assert service.stop() == 0, service.log()
