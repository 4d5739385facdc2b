"""The real OpenStack of ``make testbed-up``, for the tests marked ``real``.

Where it does not run they are skipped, and say so. With LEASEHOLD_TESTBED=1, or in CI, that is a
failure; LEASEHOLD_TESTBED=0 leaves it alone though it runs.
"""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

STATE = Path(os.environ.get("OPENSTACK_TESTBED_DIR", "/var/tmp/openstack-testbed"))
CLOUDS_YAML = STATE / "clouds.yaml"

_TOOL = Path(__file__).parents[1] / "tools" / "openstack-testbed"


def need_testbed() -> None:
    """Skip or fail the test that is being set up, unless real OpenStack runs here."""
    wish = os.environ.get("LEASEHOLD_TESTBED", "1" if os.environ.get("CI") else "")
    if wish == "0":
        pytest.skip("real OpenStack is left alone: LEASEHOLD_TESTBED=0")
    if not _runs():
        (pytest.fail if wish == "1" else pytest.skip)(
            f"no real OpenStack runs in {STATE}: make testbed-up"
        )


@cache
def _runs() -> bool:
    if not CLOUDS_YAML.exists():
        return False
    status = subprocess.run([_TOOL, "status"], capture_output=True, check=False)
    return status.returncode == 0


def real_clouds() -> dict[str, Any]:
    """Its clouds.yaml, with the clouds ``lab`` and ``admin``."""
    return dict(json.loads(CLOUDS_YAML.read_text()))
