"""Whether this machine can run container guests: asked once, skipped visibly where not."""

import functools
import os

import pytest

from leasehold.emulator.guests.keeper import probe


@functools.cache
def _refusal() -> str | None:
    return probe()


@pytest.fixture
def containers() -> None:
    """Demand containers; only a CI machine that could have them may not lack them."""
    refusal = _refusal()
    if refusal is None:
        return
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"CI as root must be able to run containers: {refusal}")
    pytest.skip(f"the kernel refuses containers: {refusal}")
