"""`kill -9` of the service at each step of a server's life; a restart then completes or undoes it.

The service is a process of its own, the cloud an emulator over HTTP; where the service stands is read
from its ledger, from outside.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from leasehold.emulator import Emulator, NameServer, Rule
from tests.chaos.service import DELAYS, Service, lost, slow, until
from tests.postgres import the_cluster

pytestmark = pytest.mark.timeout(400)


@contextmanager
def running(directory: Path) -> Iterator[tuple[Service, Emulator]]:
    """A service on SQLite, or on PostgreSQL if the directory's name says so."""
    place = the_cluster().a_database() if "postgres" in directory.name else None
    with (
        Emulator(guests="none", delays=DELAYS, seed=3) as emulator,
        NameServer(["lab.test"]) as names,
    ):
        service = Service(directory, emulator, place, names)
        service.start()
        try:
            yield service, emulator
        finally:
            service.kill()


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


ON_POSTGRES = (
    "the server's order has left",
    "the server's order was lost",
    "the attachment's order has left",
    "the server's delete has left",
)
"""One of each sort; there the restart has to wait until its predecessor is overdue."""


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """All of them at once: each waits most of its time for a cloud, or for certainty."""
    base = tmp_path_factory.mktemp("kill")
    stories = dict.fromkeys(ON_THE_WAY_IN, die_on_the_way_in)
    stories |= dict.fromkeys(ON_THE_WAY_OUT, die_on_the_way_out)
    stories[UNSURE] = die_and_change_ones_mind
    with ThreadPoolExecutor(8) as pool:
        deaths = {}
        for number, (step, story) in enumerate(stories.items()):
            deaths[step] = pool.submit(story, base / str(number), step)
            if step in ON_POSTGRES:
                again = pool.submit(story, base / f"{number}-postgres", step)
                deaths[f"{step}, on PostgreSQL"] = again
        yield deaths


@pytest.mark.parametrize("step", ON_THE_WAY_IN)
def test_a_lock_killed_on_its_way_is_completed_with_one_server(deaths, step: str) -> None:
    deaths[step].result()


@pytest.mark.parametrize("step", ON_THE_WAY_OUT)
def test_an_unlock_killed_on_its_way_leaves_nothing(deaths, step: str) -> None:
    deaths[step].result()


def test_a_lock_given_back_while_its_order_is_unsure_leaves_nothing(deaths) -> None:
    deaths[UNSURE].result()


@pytest.mark.parametrize("step", ON_POSTGRES)
def test_the_same_holds_for_a_ledger_in_postgresql(deaths, step: str) -> None:
    deaths[f"{step}, on PostgreSQL"].result()
