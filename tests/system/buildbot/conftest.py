"""Emulators whose guests can run workers, and masters that use them."""

import os
from collections.abc import Iterator

import pytest

from leasehold.emulator import Delays, Emulator, fixed
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.guests.keeper import probe
from tests.system.buildbot.worker_kit import a_worker_kit

QUICK = Delays(boot=fixed(0.5), delete=fixed(0.3), volume=fixed(0.1))


@pytest.fixture(scope="session")
def kit() -> Iterator[str]:
    """The command of buildbot-worker inside guests."""
    with a_worker_kit() as command:
        yield command


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """A cloud whose servers run user-data."""
    refusal = probe()
    if refusal is not None:
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            pytest.fail(f"CI as root must be able to run containers: {refusal}")
        pytest.skip(f"the kernel refuses containers: {refusal}")
    with Emulator(guests="container", delays=QUICK, seed=1) as running:
        yield running


@pytest.fixture(autouse=True)
def _fine_weather(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does to the cloud of its module ends with it."""
    yield
    if "emulator" in request.fixturenames:
        running: Emulator = request.getfixturevalue("emulator")
        running.faults.clear()
        running.change_settings(delays=QUICK)


def workers(emulator: Emulator, kit: str, *lines: str, **common: object) -> str:
    """Python that sets ``c["workers"]``; the lines may use `auth`, `usual` and `USER_DATA`."""
    script = f"#!/bin/sh\n{kit} create-worker /root/worker @MASTER@ @WORKER_NAME@ @WORKER_PASSWORD@"
    return "\n".join(
        [
            f"USER_DATA = {script!r} + '''\n{kit} start /root/worker\n'''",
            (
                f"auth = dict(os_username='demo', os_password='demo', os_tenant_name='demo',"
                f" os_auth_url={emulator.auth_url!r})"
            ),
            (
                "usual = dict(auth, image='debian-12', flavor='tiny', user_data=USER_DATA,"
                f" master_address=MASTER, build_wait_timeout=0, **{common!r})"
            ),
            "c['workers'] = [",
            *(f"    {line}," for line in lines),
            "]",
        ]
    )


def alive(emulator: Emulator) -> list[Server]:
    """The servers of the cloud, whoever made them."""
    return emulator.run(lambda: list(emulator.cloud.compute.servers.alive))
