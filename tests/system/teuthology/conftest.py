"""A cloud with guests, a name server that the resolver asks, and the gateway in front of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leasehold.emulator import Delays, Emulator, fixed
from tests.system.dns.bind import Bind, need_bind
from tests.system.dns.gateway import Gateway, a_gateway
from tests.system.teuthology.client import RESOLVER, need_client

QUICK = Delays(
    boot=fixed(0.2), delete=fixed(0.1), action=fixed(0.1), volume=fixed(0.1), image=fixed(0.1)
)


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    need_bind()
    need_client()
    bind = Bind(tmp_path_factory.mktemp("bind"), host=RESOLVER, port=53)
    yield bind
    bind.stop()


@pytest.fixture(scope="module")
def gateway(bind: Bind) -> Iterator[Gateway]:
    """Lets teuthology's callers set the names of a machine type, as nsupdate-web does."""
    with a_gateway(bind, "--allow-hosts", "ovh[0-9]+") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    """A cloud whose machines run cloud-init and answer on port 22, as teuthology demands."""
    with Emulator(guests="container", delays=QUICK) as cloud:
        assert cloud.guests is not None
        assert cloud.guests.ssh_port == 22
        yield cloud


def libcloud(cloud: Emulator, **keys: Any) -> dict[str, Any]:
    """teuthology's own block for this cloud, with a machine type ``ovh``."""
    arguments = {
        "username": "demo",
        "password": "demo",
        "ex_force_auth_url": f"{cloud.url}/identity",
        "ex_force_auth_version": "3.x_password",
        "ex_tenant_name": "demo",
    }
    ovh = {"driver": "openstack", "driver_args": arguments, "allow_networks": "lab", **keys}
    return {"providers": {"ovh": ovh}}


def a_config(directory: Path, text: str) -> Path:
    """A leasehold.toml in a directory of its own."""
    directory.mkdir()
    path = directory / "leasehold.toml"
    path.write_text(text)
    return path
