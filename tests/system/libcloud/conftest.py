"""Libcloud's own driver and ours, signed in side by side: to the emulator, and to real OpenStack."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import yaml
from libcloud.compute.drivers.openstack import OpenStack_2_NodeDriver as Theirs

from leasehold.emulator import Delays, Emulator, fixed
from leasehold.libcloud import OpenStack_2_NodeDriver as Ours
from tests.contract.tenant import Tenant, User, throw_away_tenant
from tests.system.libcloud.pair import Pair
from tests.testbed import real_clouds

QUICK = Delays(
    boot=fixed(0.1), delete=fixed(0.05), action=fixed(0.05), volume=fixed(0.05), image=fixed(0.05)
)


@pytest.fixture(scope="package", params=["emulator", pytest.param("real", marks=pytest.mark.real)])
def tenant(request: pytest.FixtureRequest) -> Iterator[Tenant]:
    """A project with a network, on the emulator and on the services it stands in for."""
    with ExitStack() as stack:
        emulated = request.param == "emulator"
        clouds = stack.enter_context(_emulated()) if emulated else real_clouds()
        admin = User(dict(clouds["clouds"]["admin"]["auth"]))
        yield stack.enter_context(throw_away_tenant(admin))


@contextmanager
def _emulated() -> Iterator[dict[str, Any]]:
    with Emulator(delays=QUICK, seed=1, guests="none") as running:
        yield yaml.safe_load(running.clouds_yaml())


@pytest.fixture(scope="package")
def pair(tenant: Tenant) -> Pair:
    """The two drivers as members of the tenant."""
    return _signed_in(tenant)


@pytest.fixture(scope="package")
def neighbours(tenant: Tenant) -> Pair:
    """The two drivers in another project of the same cloud."""
    return _signed_in(tenant.admin)


def _signed_in(user: User) -> Pair:
    account = {
        "key": user.auth["username"],
        "secret": user.auth["password"],
        "ex_force_auth_url": user.auth["auth_url"].removesuffix("/v3"),
        "ex_force_auth_version": "3.x_password",
        "ex_tenant_name": user.auth["project_name"],
        "ex_force_service_region": "RegionOne",
    }
    return Pair(theirs=Theirs(**account), ours=Ours(**account))


@pytest.fixture(scope="package")
def project_id(tenant: Tenant) -> str:
    return tenant.project_id


# An emulator alone, for what is not the same on any cloud: faults, tokens, settings.


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
def emulated(account: dict[str, Any]) -> Pair:
    return Pair(theirs=Theirs(**account), ours=Ours(**account))
