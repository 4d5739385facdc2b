"""A lab over an emulator, in this process, for benchmarks that look at both."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from leasehold.emulator import Emulator
from leasehold.lab.config import CloudConfig, Config, MachineTypeConfig, ServiceConfig
from leasehold.lab.lab import Lab
from leasehold.lab.model import Lease, LeaseState, Wish
from leasehold.lab.open import open_lab

PACE = 1000.0
"""Calls per second that the lab may send: enough that its own budget is not what is measured."""


def auth_of(emulator: Emulator) -> dict[str, str]:
    return {
        "auth_url": emulator.auth_url,
        "username": "demo",
        "password": emulator.password,
        "project_name": "demo",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


@contextmanager
def a_lab(
    emulator: Emulator, *, nodes: int, ready: Literal["active", "ssh", "sentinel"] = "active"
) -> Iterator[Lab]:
    """A started lab with one machine type, `bench`."""
    port = emulator.guests.ssh_port if emulator.guests else 22
    with tempfile.TemporaryDirectory() as directory:
        config = Config(
            path=Path(directory) / "leasehold.toml",
            service=ServiceConfig(),
            clouds={"c": CloudConfig(auth=auth_of(emulator), calls_per_second=PACE, burst=1000)},
            machine_types={
                "bench": MachineTypeConfig(
                    cloud="c",
                    image="debian-12",
                    flavor="tiny",
                    networks=("lab",),
                    nodes=nodes,
                    ready=ready,
                    ssh_port=port,
                )
            },
        )
        lab = open_lab(config)
        lab.start()
        try:
            yield lab
        finally:
            lab.stop()


def lock(lab: Lab, count: int = 1) -> Lease:
    return lab.lock(Wish(machine_type="bench", count=count, owner="bench", purpose="bench"))


def wait(lab: Lab, lease: Lease, seconds: float = 300.0) -> Lease:
    """Wait until a lease is ready."""
    steward = lab._steward
    with steward.settled:
        ready = steward.settled.wait_for(
            lambda: lab.lease(lease.id).state is not LeaseState.PREPARING, seconds
        )
    found = lab.lease(lease.id)
    assert ready, "not ready in time"
    assert found.state is LeaseState.READY, found.reason
    return found
