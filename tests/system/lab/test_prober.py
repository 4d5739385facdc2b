"""The prober against real SSH servers on loopback."""

import queue
import socket
import threading
import time
from collections.abc import Iterator

import asyncssh
import pytest

from leasehold.engine.cloud import ObjectId
from leasehold.engine.reason import Cause
from leasehold.lab.model import NodeName
from leasehold.lab.prober import Finding, Prober, Target
from tests.system.lab.guests import Guests

KEY = asyncssh.generate_private_key("ssh-ed25519", comment="lab")


class Ear:
    """Hears what the prober reports."""

    def __init__(self) -> None:
        self._news: queue.Queue[Finding] = queue.Queue()
        self.broken = False

    def __call__(self, finding: Finding) -> None:
        self._news.put(finding)
        if self.broken:
            raise RuntimeError("the listener broke")

    def next(self, seconds: float = 30.0) -> Finding:
        return self._news.get(timeout=seconds)

    def until_ready(self) -> list[Finding]:
        found = [self.next()]
        while not found[-1].ready:
            found.append(self.next())
        return found

    def quiet(self) -> bool:
        return self._news.empty()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def prober(ear: Ear) -> Iterator[Prober]:
    prober = Prober(KEY, ear)
    prober.start()
    yield prober
    prober.stop()


@pytest.fixture
def guests() -> Iterator[Guests]:
    guests = Guests()
    yield guests
    guests.stop()


def a_target(port: int, number: int = 1, **fields: object) -> Target:
    values: dict[str, object] = {
        "node": NodeName(f"n{number}"),
        "server": ObjectId(f"server-{number}"),
        "address": "127.0.0.1",
        "port": port,
        "user": "root",
        "proof": "sentinel",
    }
    return Target(**(values | fields))


def public(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- proofs ------------------------------------------------------------------------------------------


def test_a_node_is_ready_when_its_sentinel_names_its_server(prober, ear, guests) -> None:
    host = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(KEY, lambda _: "server-1", host_key=host)
    prober.look_at([a_target(port)])
    first, *_, last = ear.until_ready()
    assert (first.host_key, first.ready) == (public(host), False)
    assert (last.host_key, last.node, last.server) == (public(host), "n1", "server-1")


def test_where_ssh_is_proof_enough_a_handshake_will_do(prober, ear, guests) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(stranger, lambda _: None)
    prober.look_at([a_target(port, proof="ssh")])
    finding = ear.next()
    assert finding.ready
    assert finding.host_key.startswith("ssh-ed25519 ")


@pytest.mark.parametrize("kind", ["ecdsa-sha2-nistp256", "ssh-rsa"])
def test_other_kinds_of_host_keys_are_kept_and_verified_too(prober, ear, guests, kind) -> None:
    host = asyncssh.generate_private_key(kind)
    port = guests.ssh(KEY, lambda _: "server-1", host_key=host)
    prober.look_at([a_target(port)])
    assert ear.until_ready()[-1].host_key == public(host)


def test_a_missing_sentinel_is_waited_for(prober, ear, guests) -> None:
    marks: list[str] = []
    port = guests.ssh(KEY, lambda _: marks[0] if marks else None)
    prober.look_at([a_target(port)])
    ear.next()
    waiting = ear.next()
    assert (waiting.ready, waiting.reason.cause) == (False, Cause.NO_SENTINEL)
    assert "waits for cloud-init to end" in waiting.reason.text
    marks.append("server-1")
    assert ear.next().ready


def test_another_servers_sentinel_is_no_proof(prober, ear, guests) -> None:
    port = guests.ssh(KEY, lambda _: "server-2")
    prober.look_at([a_target(port)])
    ear.next()
    finding = ear.next()
    assert (finding.ready, finding.reason.cause) == (False, Cause.NO_SENTINEL)
    assert "is another server: its sentinel says 'server-2'" in finding.reason.text


def test_a_known_host_key_saves_the_first_look(prober, ear, guests) -> None:
    host = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(KEY, lambda _: "server-1", host_key=host)
    prober.look_at([a_target(port, host_key=public(host))])
    assert ear.next().ready


# -- what is in the way ------------------------------------------------------------------------------


def test_a_closed_port_is_told_and_tried_until_it_opens(prober, ear, guests) -> None:
    port = a_free_port()
    prober.look_at([a_target(port)])
    finding = ear.next()
    assert (finding.host_key, finding.reason.cause) == (None, Cause.NO_ANSWER)
    assert f"127.0.0.1 port {port}" in finding.reason.text
    guests.ssh(KEY, lambda _: "server-1", port=port)
    assert ear.until_ready()[-1].ready


def test_a_key_that_is_refused_is_told(prober, ear, guests) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(stranger, lambda _: "server-1")
    prober.look_at([a_target(port, user="cloud")])
    ear.next()
    finding = ear.next()
    assert finding.reason.text == "cloud@127.0.0.1 does not let the lab's key in"


def test_another_key_at_the_address_is_told_and_not_shown_ours(prober, ear, guests) -> None:
    """An address may pass from an old server to a new one while we look."""
    old = asyncssh.generate_private_key("ssh-ed25519")
    new = asyncssh.generate_private_key("ssh-ed25519")
    port = guests.ssh(KEY, lambda _: "server-1", host_key=new)
    prober.look_at([a_target(port, host_key=public(old))])
    told = ear.until_ready()  # on a busy machine the first look may end before it saw a key
    other = f"another host key than before at 127.0.0.1 port {port}"
    assert other in [finding.reason.text for finding in told if finding.reason]
    assert [finding.host_key for finding in told if finding.ready] == [public(new)]


def test_a_server_that_says_nothing_is_told_and_holds_nobody_up(prober, ear, guests) -> None:
    silent = guests.silent()
    port = guests.ssh(KEY, lambda _: "server-2")
    prober.look_at([a_target(silent, 1), a_target(port, 2)])
    found = [ear.next() for _ in range(3)]
    assert [each.server for each in found if each.ready] == ["server-2"]
    (late,) = [each for each in found if each.server == "server-1"]
    assert late.reason.text == f"no answer from 127.0.0.1 port {silent}"


def test_what_is_no_news_is_not_told_again(prober, ear, guests) -> None:
    port = guests.ssh(KEY, lambda _: None)
    prober.look_at([a_target(port)])
    ear.next()
    ear.next()
    while guests.connections[port] < 6:
        time.sleep(0.02)
    assert ear.quiet()


def test_a_listener_that_breaks_does_not_end_the_watch(prober, ear, guests) -> None:
    marks: list[str] = []
    port = guests.ssh(KEY, lambda _: marks[0] if marks else None)
    ear.broken = True
    prober.look_at([a_target(port)])
    ear.next()
    ear.next()
    ear.broken = False
    marks.append("server-1")
    assert ear.next().ready


# -- many --------------------------------------------------------------------------------------------


def test_hundreds_are_looked_at_in_one_loop(prober, ear, guests) -> None:
    """A third is ready, a third refuses, a third is silent; those that are ready are found."""
    count = 120
    before = threading.active_count()
    port = guests.ssh(KEY, lambda user: user)
    closed, silent = a_free_port(), guests.silent()
    prober.look_at(
        [
            *(a_target(port, n, user=f"server-{n}") for n in range(count)),
            *(a_target(closed, n) for n in range(count, 2 * count)),
            *(a_target(silent, n) for n in range(2 * count, 3 * count)),
        ]
    )
    ready: set[str] = set()
    while len(ready) < count:
        finding = ear.next()
        if finding.ready:
            ready.add(finding.server)
    assert ready == {f"server-{n}" for n in range(count)}
    # asyncssh reads its options in the loop's small pool.
    assert threading.active_count() - before < 40


def test_what_is_not_looked_at_any_more_is_left_alone(prober, ear, guests) -> None:
    one = guests.ssh(KEY, lambda _: None)
    two = guests.ssh(KEY, lambda _: None)
    prober.look_at([a_target(one, 1), a_target(two, 2)])
    while not (guests.connections[one] and guests.connections[two]):
        ear.next()
    prober.look_at([a_target(two, 2)])
    seen = guests.connections[two]
    while guests.connections[two] < seen + 4:
        time.sleep(0.02)
    last = guests.connections[one]
    while guests.connections[two] < seen + 8:
        time.sleep(0.02)
    assert guests.connections[one] == last


# -- the end -----------------------------------------------------------------------------------------


def others() -> set[int | None]:
    """The threads that are not the guests'."""
    return {each.ident for each in threading.enumerate() if not each.name.startswith("guests")}


@pytest.mark.parametrize("started", [True, False])
def test_stopping_leaves_no_thread_and_no_task(ear, guests, started: bool, recwarn) -> None:
    before = others()
    port, silent = guests.ssh(KEY, lambda _: None), guests.silent()
    prober = Prober(KEY, ear)
    if started:
        prober.start()
    prober.look_at([a_target(port, 1), a_target(silent, 2), a_target(port, 3)])
    while started and not (guests.connections[port] and guests.connections[silent]):
        time.sleep(0.01)
    prober.look_at([a_target(port, 1), a_target(silent, 2)])
    prober.stop()
    prober.stop()
    assert others() == before
    assert prober._loop.is_closed()
    assert [str(each.message) for each in recwarn] == []


def test_a_prober_that_was_stopped_is_told_of_no_more_targets_in_vain(ear) -> None:
    prober = Prober(KEY, ear)
    prober.start()
    prober.stop()
    prober.look_at([a_target(1)])
