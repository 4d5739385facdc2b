"""Every case runs twice: on the emulator, and on the real services it stands in for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import pytest
import yaml
from tests.contract.quota import SetQuota, changeable_quota
from tests.contract.tenant import Tenant, User, throw_away_tenant
from tests.testbed import real_clouds

from leasehold.emulator import Emulator
from leasehold.emulator.settings import Delays
from leasehold.emulator.timeline import Delay
from leasehold.openstack import Connection, connect
from leasehold.openstack.arguments import Arguments


@pytest.fixture(scope="session", params=["emulator", pytest.param("real", marks=pytest.mark.real)])
def target(request: pytest.FixtureRequest) -> str:
    """Which cloud the case runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def clouds(target: str) -> Iterator[dict[str, Any]]:
    """The target's clouds.yaml; it has an ``admin`` and a member of a project of their own."""
    with ExitStack() as stack:
        yield stack.enter_context(_emulated()) if target == "emulator" else real_clouds()


@pytest.fixture(scope="session")
def tenant(clouds: dict[str, Any]) -> Iterator[Tenant]:
    admin = clouds["clouds"]["admin"]["auth"]
    with throw_away_tenant(User(dict(admin))) as made:
        yield made


@contextmanager
def _emulated() -> Iterator[dict[str, Any]]:
    quick = Delay(low=0.05, mode=0.1, high=0.2)
    delays = Delays(boot=quick, delete=quick, action=quick, volume=quick, image=quick)
    with Emulator(guests="none", delays=delays, seed=1) as emulator:
        yield yaml.safe_load(emulator.clouds_yaml())


@pytest.fixture
def cloud(tenant: Tenant) -> Iterator[Tenant]:
    """The run's tenant; what a case makes in it is gone afterwards."""
    yield tenant
    tenant.tidy()


@pytest.fixture
def quota(cloud: Tenant) -> Iterator[SetQuota]:
    with changeable_quota(cloud) as set_quota:
        yield set_quota


@pytest.fixture
def connection(cloud: Tenant) -> Iterator[Connection]:
    """Our own driver, signed in as the tenant."""
    auth = cast("Arguments", cloud.auth)
    with connect(**auth, retries=0) as made:
        yield made


@pytest.fixture
def administrator(cloud: Tenant) -> Iterator[Connection]:
    """Our own driver, signed in as the cloud's administrator."""
    with connect(**cast("Arguments", cloud.admin.auth), retries=0) as made:
        yield made
