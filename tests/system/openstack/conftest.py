"""An emulator for each test, and a connection to it that repeats nothing."""

from collections.abc import Iterator

import pytest

from leasehold.emulator import Delay, Delays, Emulator
from leasehold.openstack import Connection, connect

QUICK = Delay(low=0.0, mode=0.01, high=0.02)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    delays = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
    with Emulator(delays=delays, seed=1) as cloud:
        yield cloud


@pytest.fixture
def connection(emulator: Emulator) -> Iterator[Connection]:
    with connected(emulator) as cloud:
        yield cloud


def connected(emulator: Emulator, **arguments: object) -> Connection:
    """Connect as the emulator's user demo, without retries unless some are asked for."""
    defaults = {"username": "demo", "password": "demo", "project_name": "demo", "retries": 0}
    return connect(**{"auth_url": emulator.auth_url, **defaults, **arguments})
