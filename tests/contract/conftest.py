"""Every case runs twice: on the emulator, and on the real services it stands in for.

The real ones are those of ``make testbed-up``. When they do not run, their half is skipped; with
LEASEHOLD_TESTBED=1 or CI=true that is a failure, and LEASEHOLD_TESTBED=0 leaves them alone.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from tests.contract.quota import SetQuota, changeable_quota
from tests.contract.tenant import Tenant, User, throw_away_tenant

from leasehold.emulator.settings import Delays
from leasehold.emulator.timeline import Delay
from leasehold.openstack import Connection, connect
from leasehold.openstack.arguments import Arguments

TESTBED = Path(__file__).parents[2] / "tools" / "openstack-testbed"
STATE = Path(os.environ.get("OPENSTACK_TESTBED_DIR", "/var/tmp/openstack-testbed"))


@pytest.fixture(scope="session", params=["emulator", pytest.param("real", marks=pytest.mark.real)])
def target(request: pytest.FixtureRequest) -> str:
    """Which cloud the case runs on."""
    return str(request.param)


@pytest.fixture(scope="session")
def clouds(target: str) -> Iterator[dict[str, Any]]:
    """The target's clouds.yaml; it has an ``admin`` and a member of a project of their own."""
    with ExitStack() as stack:
        yield stack.enter_context(_emulated()) if target == "emulator" else _real()


@pytest.fixture(scope="session")
def tenant(clouds: dict[str, Any]) -> Iterator[Tenant]:
    admin = clouds["clouds"]["admin"]["auth"]
    with throw_away_tenant(User(dict(admin))) as made:
        yield made


@contextmanager
def _emulated() -> Iterator[dict[str, Any]]:
    from leasehold.emulator import Emulator

    quick = Delay(low=0.05, mode=0.1, high=0.2)
    delays = Delays(boot=quick, delete=quick, action=quick, volume=quick, image=quick)
    with Emulator(guests="none", delays=delays, seed=1) as emulator:
        yield yaml.safe_load(emulator.clouds_yaml())


def _real() -> dict[str, Any]:
    wish = os.environ.get("LEASEHOLD_TESTBED", "1" if os.environ.get("CI") else "")
    if wish == "0":
        pytest.skip("real OpenStack is left alone: LEASEHOLD_TESTBED=0")
    status = subprocess.run([TESTBED, "status"], capture_output=True, text=True, check=False)
    if status.returncode:
        missing = pytest.fail if wish == "1" else pytest.skip
        missing(f"no real OpenStack runs here: make testbed-up\n{status.stdout}{status.stderr}")
    return dict(json.loads((STATE / "clouds.yaml").read_text()))


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
