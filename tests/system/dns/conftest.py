import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.dns.bind import Bind, need_bind


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


@pytest.fixture
def silent() -> Iterator[str]:
    """The place of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
