"""Leasehold makes the machines from the same teuthology.yaml, and the client sees ready nodes."""

import os
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from leasehold.cli.service_process import running_service
from leasehold.emulator import Emulator
from tests.looking import wait_for
from tests.system.dns.bind import ZONE, Bind
from tests.system.dns.gateway import Gateway
from tests.system.teuthology.client import Client, free_port
from tests.system.teuthology.conftest import libcloud

FIRST, SECOND, THIRD = (f"ovh00{number}.{ZONE}" for number in (1, 2, 3))
UBUNTU = ("--machine-type", "ovh", "--os-type", "ubuntu", "--os-version", "22.04")


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """A lab made by `leasehold import teuthology`, and its people's command."""

    server: str
    client: Client

    def leasehold(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "leasehold", *words, "--server", self.server]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def lab(
    bind: Bind, gateway: Gateway, cloud: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("lab")
    client = Client(tmp_path_factory.mktemp("people") / "home", ZONE)
    names = {"nsupdate_url": f"{gateway.url}/update", "lab_domain": ZONE}
    given = client.configure(**names, libcloud=libcloud(cloud))
    imported = [sys.executable, "-m", "leasehold", "import", "teuthology", str(given)]
    imported += ["--nodes", "3", "--name-server", bind.place]
    environment = {**os.environ, "HOME": str(client.home)}
    subprocess.run(imported, cwd=directory, env=environment, check=True, timeout=100)

    port = free_port()
    config = directory / "leasehold.toml"
    text = config.read_text().replace("127.0.0.1:8484", "127.0.0.1:0")
    config.write_text(text.replace("127.0.0.1:8081", f"127.0.0.1:{port}"))
    lock_server = f"http://127.0.0.1:{port}/"
    client.configure(lock_server=lock_server, results_server=lock_server, lab_domain=ZONE)
    with running_service(config, directory / "log", {}) as server:
        yield Lab(server=server, client=client)


@pytest.fixture
def two_locked(lab: Lab, cloud: Emulator, bind: Bind) -> Iterator[dict[str, str]]:
    """Two nodes that the client holds, as it was told; given back afterwards, with nothing left."""
    told = lab.client.targets("--lock-many", "2", *UBUNTU, "--desc", "try it")
    yield told
    lab.client.succeeds("--unlock", *told)
    wait_for(lambda: cloud.leftovers().nothing)
    wait_for(lambda: not bind.dig("A", FIRST) + bind.dig("A", SECOND))
    audit = lab.leasehold("clouds", "audit")
    assert audit.returncode == 0, audit.stderr
    assert "stray    nothing" in audit.stdout
    assert {node["locked"] for node in lab.client.listed("--all")} == {False}


@pytest.mark.timeout(240)
def test_what_is_locked_is_ready_every_list_tells_of_it_and_nobody_else_unlocks_it(
    lab: Lab, cloud: Emulator, two_locked: dict[str, str]
) -> None:
    client = lab.client
    assert list(two_locked) == [FIRST, SECOND]
    assert {each.name for each in cloud.leftovers().servers} == {"ovh001", "ovh002"}

    known = client.home / "known_hosts"
    known.write_text("".join(f"{name} {key}\n" for name, key in two_locked.items()))
    strictly = ["-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={known}"]
    strictly += ["-i", str(client.home / ".ssh/id_rsa")]  # OpenSSH does not look at $HOME
    for name in two_locked:
        command = "ls /.teuth_provisioned && hostname --fqdn"
        done = client.run("ssh", *strictly, f"ubuntu@{name}", command)
        assert done.stdout == f"/.teuth_provisioned\n{name}\n", done.stderr

    assert client.targets("--list-targets") == two_locked
    nodes = {node["name"]: node for node in client.listed("--all")}
    assert sorted(nodes) == [FIRST, SECOND, THIRD]
    held = nodes[FIRST]
    assert (held["locked"], held["locked_by"], held["description"]) == (
        True,
        client.owner,
        "try it",
    )
    assert (held["up"], held["is_vm"], held["machine_type"]) == (True, False, "ovh")
    assert (nodes[THIRD]["locked"], nodes[THIRD]["locked_by"]) == (False, None)
    brief = client.succeeds("--brief").splitlines()
    assert len(brief) == 2
    assert all("locked" in line and '"try it"' in line for line in brief)
    summary = [line.split() for line in client.succeeds("--summary").splitlines()]
    assert ["ovh", "1", "1", "(free)"] in summary
    assert ["ovh", "2", "2", client.owner] in summary

    client.succeeds("--update", "--desc", "still at it", FIRST)
    theirs = client("--unlock", "--owner", "bob@elsewhere", FIRST)
    assert theirs.returncode == 1
    assert "locked_by values must match" in theirs.stderr
    (held,) = client.listed(FIRST)
    assert (held["description"], held["locked_by"]) == ("still at it", client.owner)


def test_a_node_that_is_down_is_not_locked_and_who_asks_for_too_many_gets_none(
    lab: Lab, cloud: Emulator
) -> None:
    client = lab.client
    client.succeeds("--update", "--status", "down", "--desc", "no disk", THIRD)
    (node,) = client.listed("--all", "--status", "down")
    assert (node["name"], node["description"]) == (THIRD, "no disk")
    refused = client("--lock-many", "3", *UBUNTU)
    assert refused.returncode == 1
    assert "only 2 nodes available" in refused.stderr
    assert cloud.leftovers().nothing
    client.succeeds("--update", "--status", "up", THIRD)
    assert client.listed("--all", "--status", "down") == []
