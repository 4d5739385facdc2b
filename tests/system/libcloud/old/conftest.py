"""A cloud of before there was Neutron for each module, whose `pair` is of one API version."""

from collections.abc import Iterator

import pytest

from leasehold.emulator import Emulator
from tests.system.libcloud.old.clouds import Both, end_all, make, old_cloud, settled
from tests.system.libcloud.pair import Pair


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with old_cloud() as running:
        yield running


@pytest.fixture(scope="module")
def nodes(pair: Pair) -> Iterator[Both]:
    """A running node for each driver."""
    yield {driver: settled(driver, make(driver, ex_metadata={"role": "web"})) for driver in pair}
    end_all(pair)
