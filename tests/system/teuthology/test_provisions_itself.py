"""teuthology makes its machines by itself; it locks them here, and names them through our gateway."""

import json
import urllib.request
from pathlib import Path

import pytest

from leasehold.cli.service_process import running_service
from leasehold.emulator import Emulator
from tests.looking import wait_for
from tests.system.dns.bind import ZONE, Bind
from tests.system.dns.gateway import Gateway
from tests.system.teuthology.client import Client, free_port
from tests.system.teuthology.conftest import a_config, libcloud

CONFIG = """
[service]
listen = "127.0.0.1:0"
[paddles]
listen = "127.0.0.1:{port}"
domain = "{zone}"
[machine_types.ovh]
kind = "fixed"
ready = "none"
"""


def register(lock_server: str, **node: object) -> None:
    """What teuthology's documentation asks for: a record in paddles for each node."""
    body = json.dumps(node).encode()
    with urllib.request.urlopen(f"{lock_server}nodes/", data=body, timeout=30) as answer:
        assert answer.status == 200


@pytest.mark.timeout(240)
def test_a_machine_of_teuthologys_own_is_made_used_and_gone_again(
    bind: Bind, gateway: Gateway, cloud: Emulator, tmp_path: Path
) -> None:
    port = free_port()
    lock_server = f"http://127.0.0.1:{port}/"
    config = a_config(tmp_path / "lab", CONFIG.format(port=port, zone=ZONE))
    client = Client(tmp_path / "home", ZONE)
    client.configure(
        lock_server=lock_server,
        results_server=lock_server,
        nsupdate_url=f"{gateway.url}/update",
        lab_domain=ZONE,
        openstack={"volumes": {"count": 2, "size": 1}},
        libcloud=libcloud(cloud, security_groups=["default"], exclude_image=["debian.*", "tiny"]),
    )
    with running_service(config, tmp_path / "log", {}):
        register(lock_server, name=f"ovh001.{ZONE}", machine_type="ovh", is_vm=True, up=True)
        wanted = ("--os-type", "ubuntu", "--os-version", "22.04")
        locked = client.targets("--lock-many", "1", "--machine-type", "ovh", *wanted)

        assert list(locked) == [f"ovh001.{ZONE}"]
        assert [each.name for each in cloud.leftovers().servers] == ["ovh001"]
        assert len(cloud.leftovers().volumes) == 2
        assert bind.dig("A", f"ovh001.{ZONE}") != []
        assert client.targets("--list-targets") == locked
        (node,) = client.listed()
        assert (node["locked_by"], node["is_vm"]) == (client.owner, True)
        assert node["os_type"] is not None, "teuthology wrote down what it found on the machine"
        assert f"locked   {client.owner}" in client.succeeds("--brief")
        assert client("--lock-many", "1", "--machine-type", "ovh", *wanted).returncode == 1

        client.succeeds("--unlock", f"ovh001.{ZONE}")
        wait_for(lambda: cloud.leftovers().nothing)
        assert client.listed("--all")[0]["locked"] is False
