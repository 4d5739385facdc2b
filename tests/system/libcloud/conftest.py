"""Libcloud's own driver and ours, signed in to one emulator side by side."""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.compute.drivers.openstack import OpenStack_2_NodeDriver as Theirs

from leasehold.emulator import Delays, Emulator, fixed
from leasehold.libcloud import OpenStack_2_NodeDriver as Ours
from tests.system.libcloud.pair import Pair

QUICK = Delays(
    boot=fixed(0.1), delete=fixed(0.05), action=fixed(0.05), volume=fixed(0.05), image=fixed(0.05)
)


@pytest.fixture(scope="package")
def emulator() -> Iterator[Emulator]:
    with Emulator(delays=QUICK, seed=1, guests="none") as running:
        yield running


@pytest.fixture(scope="package")
def account(emulator: Emulator) -> dict[str, Any]:
    """The arguments that both drivers take."""
    return {
        "key": "demo",
        "secret": "demo",
        "ex_force_auth_url": emulator.url + "/identity",
        "ex_force_auth_version": "3.x_password",
        "ex_tenant_name": "demo",
        "ex_force_service_region": "RegionOne",
    }


@pytest.fixture(scope="package")
def pair(account: dict[str, Any]) -> Pair:
    return Pair(theirs=Theirs(**account), ours=Ours(**account))


@pytest.fixture(scope="package")
def project_id(pair: Pair) -> str:
    return str(pair.ours.cloud.identity().project_id)
