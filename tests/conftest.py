"""What holds for every suite: markers, Hypothesis's profiles, and no network under tests/unit."""

import os
import signal
import socket
from pathlib import Path

import hypothesis
import pytest

from leasehold.store import Place
from leasehold.store.sqlite import SqliteFile
from tests.postgres import remove_the_cluster, the_cluster
from tests.testbed import need_testbed

UNIT = Path(__file__).parent / "unit"

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real: needs real OpenStack services (make testbed-up)")
    # A run in the background ignores Ctrl-C, one under nohup the end of its terminal, and so would
    # every program that a test starts: what is ignored is inherited, what is handled is not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


def pytest_unconfigure() -> None:
    remove_the_cluster()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real"):
        need_testbed()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lasting_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    """The same for the tests of a whole module."""
    if request.param == "postgres":
        return the_cluster().a_database()
    return SqliteFile(path=tmp_path_factory.mktemp("ledger") / "ledger.db")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A new ledger's place; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "postgres":
        return the_cluster().the_database()
    return SqliteFile(path=tmp_path / "ledger.db")


@pytest.fixture(autouse=True)
def _unit_tests_reach_no_network(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail a unit test at the call that would leave the process; event loops keep their pairs."""
    if not request.path.is_relative_to(UNIT):
        return
    for call in ("connect", "connect_ex", "listen", "sendto"):
        monkeypatch.setattr(socket.socket, call, _only_unix(call))


def _only_unix(call: str):
    allowed = getattr(socket.socket, call)

    def checked(self: socket.socket, *args: object) -> object:
        if self.family != socket.AF_UNIX:
            self.close()
            pytest.fail(f"a unit test called socket.{call}{args!r}; it belongs in tests/system")
        return allowed(self, *args)

    return checked
