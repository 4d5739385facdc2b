from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.store import Place
from tests.system.paddles.serving import Client, a_lab, running, serving


@pytest.fixture(scope="module")
def url(lasting_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a lab answers as paddles, once over SQLite and once over PostgreSQL."""
    directory: Path = tmp_path_factory.mktemp("lab")
    with running(a_lab(directory, lasting_place)) as lab, serving(lab) as found:
        yield found


@pytest.fixture
def paddles(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client
