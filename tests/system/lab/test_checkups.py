"""Health checks of real SSH servers on loopback."""

import asyncio
import queue
import socket
import time
from collections.abc import Iterator

import asyncssh
import pytest

from leasehold.engine.cloud import ObjectId
from leasehold.lab import prober as module
from leasehold.lab.model import NodeName
from leasehold.lab.prober import Checkup, Prober, Target
from tests.system.lab.guests import Guests

KEY = asyncssh.generate_private_key("ssh-ed25519", comment="lab")


class Clinic:
    """A prober, and what its checks said."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Checkup] = queue.Queue()
        self.prober = Prober(KEY, lambda _: None, self.heard.put)
        self.prober.start()

    def check(self, *targets: Target) -> dict[str, str | None]:
        """What is wrong with each, by name."""
        self.prober.check(targets)
        found = [self.heard.get(timeout=60) for _ in targets]
        return {each.node: each.reason.text if each.reason else None for each in found}


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    clinic = Clinic()
    yield clinic
    clinic.prober.stop()


@pytest.fixture
def guests() -> Iterator[Guests]:
    guests = Guests()
    yield guests
    guests.stop()


def a_target(port: int, number: int = 1, host_key: str | None = None) -> Target:
    return Target(
        node=NodeName(f"n{number}"),
        server=ObjectId(f"server-{number}"),
        address="127.0.0.1",
        port=port,
        user="root",
        proof="ssh",
        host_key=host_key,
    )


def public(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


def test_a_node_is_well_that_shows_the_host_key_that_is_known(clinic, guests) -> None:
    host = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(KEY, lambda _: None, host_key=host)
    assert clinic.check(a_target(port, 1, public(host)), a_target(port, 2)) == {
        "n1": None,
        "n2": None,
    }


def test_another_host_key_than_before_is_another_machine(clinic, guests) -> None:
    port = guests.ssh(KEY, lambda _: None)
    other = public(asyncssh.generate_private_key("ssh-ed25519"))
    said = clinic.check(a_target(port, host_key=other))
    assert said == {"n1": f"another host key than before at 127.0.0.1 port {port}"}


def test_who_refuses_who_hangs_and_who_speaks_no_ssh_is_ill(clinic, monkeypatch) -> None:
    monkeypatch.setattr(module, "TRY_SECONDS", 1.0)
    with socket.socket() as silent, socket.socket() as closed:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        closed.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in (silent, closed)]
        said = clinic.check(a_target(ports[0], 1), a_target(ports[1], 2))
    assert said["n1"] == f"no answer from 127.0.0.1 port {ports[0]}"
    assert f"127.0.0.1 port {ports[1]}" in str(said["n2"])


def test_a_node_that_is_being_checked_is_not_checked_twice(clinic, guests) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        target = a_target(silent.getsockname()[1])
        for _ in range(5):
            clinic.prober.check([target])
        deadline = time.monotonic() + 30
        while not clinic.prober._checks and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(clinic.prober._checks) == 1
        silent.close()
    assert clinic.heard.get(timeout=60).node == "n1"


def test_many_nodes_are_checked_and_only_so_many_at_once(clinic, guests, monkeypatch) -> None:
    monkeypatch.setattr(clinic.prober, "_check_slots", asyncio.Semaphore(4))
    at_once, most = 0, 0
    real = module._host_key

    async def counted(target: Target) -> str:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await real(target)
        finally:
            at_once -= 1

    monkeypatch.setattr(module, "_host_key", counted)
    port = guests.ssh(KEY, lambda _: None)
    said = clinic.check(*(a_target(port, number) for number in range(40)))
    assert set(said.values()) == {None}
    assert most == 4


def test_a_prober_that_is_stopped_leaves_its_checks(guests) -> None:
    clinic = Clinic()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        clinic.prober.check([a_target(silent.getsockname()[1])])
        clinic.prober.stop()
    clinic.prober.check([a_target(1)])
