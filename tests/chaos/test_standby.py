"""Two services on one ledger in PostgreSQL: one works, the other waits and takes over."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Emulator
from leasehold.store.fence import LEASE
from tests.chaos.service import DELAYS, Service, slow, until
from tests.postgres import the_cluster

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(guests="none", delays=DELAYS, seed=3) as emulator:
        yield emulator


@pytest.fixture
def services(tmp_path: Path, emulator: Emulator) -> Iterator[tuple[Service, Service]]:
    """One that works, and one that has begun to wait."""
    place = the_cluster().a_database()
    working, waiting = (Service(tmp_path / name, emulator, place) for name in ("one", "two"))
    working.start()
    waiting.launch()
    try:
        until(lambda: "standing by" in waiting.log(), seconds=30)
        yield working, waiting
    finally:
        working.kill()
        waiting.kill()


def test_a_service_that_is_stopped_hands_over_at_once(services) -> None:
    working, waiting = services
    lease = working.lock()
    working.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    waiting.await_url()
    print(f"took over {time.monotonic() - began:.1f} s after a stop")
    assert waiting.lock() == lease
    until(lambda: waiting.lease_state(lease) == "ready")


def test_a_service_that_is_killed_is_followed_when_it_is_overdue(
    services, emulator: Emulator
) -> None:
    working, waiting = services
    lease = working.lock()
    working.process.kill()
    began = time.monotonic()
    waiting.await_url()
    print(f"took over {time.monotonic() - began:.1f} s after a kill, of at most {LEASE:g}")
    assert waiting.lock() == lease
    until(lambda: waiting.lease_state(lease) == "ready")
    assert [server.name for server in emulator.leftovers().servers] == ["small001"]


def test_a_service_that_was_frozen_finds_itself_replaced_and_ends(
    services, emulator: Emulator
) -> None:
    frozen, waiting = services
    emulator.faults.add(slow("server", "POST"))
    lease = frozen.lock()
    until(lambda: "making" in frozen.states("server"))
    frozen.process.send_signal(signal.SIGSTOP)
    waiting.await_url()
    frozen.process.send_signal(signal.SIGCONT)
    assert frozen.process.wait(60) == 1
    assert "taken over by process" in frozen.log()
    assert "Traceback" not in frozen.log()
    assert waiting.lock() == lease
    until(lambda: waiting.lease_state(lease) == "ready")
    assert [server.name for server in emulator.leftovers().servers] == ["small001"]
    waiting.call("DELETE", f"leases/{lease}")
    until(lambda: emulator.leftovers().nothing)
