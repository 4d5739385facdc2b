import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import NameServer
from tests.system.dns.bind import (
    REVERSE,
    REVERSE_V6,
    ZONE,
    Bind,
    EmulatedPrimary,
    Primary,
    need_bind,
)


@pytest.fixture(scope="module")
def shared_bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    need_bind()
    bind = Bind(tmp_path_factory.mktemp("bind"))
    yield bind
    bind.stop()


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[Bind]:
    """One for this test alone, which may stop it and fill its zones."""
    need_bind()
    bind = Bind(tmp_path)
    yield bind
    bind.stop()


@pytest.fixture(params=["bind", "emulator"])
def primary(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Primary]:
    """BIND, and the emulator's name server, which has to do the same."""
    need_bind()
    if request.param == "bind":
        yield request.getfixturevalue("bind")
        return
    with NameServer((ZONE, REVERSE, REVERSE_V6)) as names:
        yield EmulatedPrimary(tmp_path, names)


@pytest.fixture
def silent() -> Iterator[str]:
    """The place of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
