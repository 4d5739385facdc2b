"""Warm spares on an emulated cloud with guests that really run: their keys are let in over SSH."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from leasehold.emulator import Emulator
from leasehold.lab.config import load
from leasehold.lab.lab import Lab
from leasehold.lab.model import Lease, LeaseState, Node, NodeName, NodeState, Wish
from leasehold.lab.open import open_lab

PATIENCE = 60.0
"""Seconds for a guest to boot on a busy machine."""

CONFIG = """
[clouds.emulated]
cloud = "demo"

[machine_types.demo]
cloud = "emulated"
image = "debian-12"
flavor = "small"
networks = ["lab"]
ssh_user = "debian"
ssh_port = {ssh_port}
nodes = 3
min_ready = 1
"""


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    with Emulator(guests="auto") as cloud:
        yield cloud


@pytest.fixture
def lab(cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    (tmp_path / "clouds.yaml").write_text(cloud.clouds_yaml())
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    assert cloud.guests is not None
    config = tmp_path / "leasehold.toml"
    config.write_text(CONFIG.format(ssh_port=cloud.guests.ssh_port))
    lab = open_lab(load(config))
    lab.start()
    yield lab
    lab.stop()


def wait_for(lab: Lab, so: Callable[[], bool]) -> None:
    """Look again whenever something happened in the lab."""
    news = threading.Event()
    unsubscribe = lab.subscribe(news.set)
    try:
        for _ in range(int(PATIENCE)):
            if so():
                return
            news.wait(1.0)
            news.clear()
    finally:
        unsubscribe()
    raise AssertionError([(node.name, node.state, node.reason) for node in lab.nodes()])


def spare(lab: Lab) -> Node:
    wait_for(lab, lambda: bool(lab.nodes(state=NodeState.SPARE)))
    return lab.nodes(state=NodeState.SPARE)[0]


def ready(lab: Lab, lease: Lease) -> Node:
    wait_for(lab, lambda: lab.lease(lease.id).state is not LeaseState.PREPARING)
    (node,) = lab.lease(lease.id).nodes
    assert node.state is NodeState.READY
    return node


def on(node: Node, key: asyncssh.SSHKey, command: str) -> str:
    """What a command says on a node, to somebody who comes with `key`."""

    async def ask() -> str:
        assert node.host_key is not None
        async with asyncssh.connect(
            str(node.address),
            node.ssh_port,
            username=node.ssh_user,
            client_keys=[key],
            known_hosts=([asyncssh.import_public_key(node.host_key)], [], []),
            config=None,
            agent_path=None,
        ) as connection:
            return str((await connection.run(command, check=True)).stdout).strip()

    return asyncio.run(ask())


def test_a_spare_becomes_the_lockers_who_signs_in_with_a_key_it_was_not_born_with(
    cloud: Emulator, lab: Lab
) -> None:
    waiting = spare(lab)
    keys = [asyncssh.generate_private_key("ssh-ed25519", comment=name) for name in ("ann", "bob")]
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    public = tuple(key.export_public_key().decode().strip() for key in keys)
    wish = Wish(machine_type="demo", owner="ann", purpose="try", public_keys=public)
    lease = lab.lock(wish)
    node = ready(lab, lease)
    assert (node.name, node.server_id) == (waiting.name, waiting.server_id)
    for key in keys:
        assert on(node, key, "id -un") == "debian"
    with pytest.raises(asyncssh.PermissionDenied):
        on(node, stranger, "id -un")
    let_in = on(node, keys[0], "grep -c -e ann -e bob ~/.ssh/authorized_keys")
    assert let_in == "2", "each once"
    successor = spare(lab)
    assert successor.name != node.name
    lab.release(lease.id)
    wait_for(lab, lambda: lab.node(NodeName(node.name)).state is not NodeState.RELEASING)
    assert lab.settle("emulated", PATIENCE)
    assert [each.server_id for each in lab.nodes() if each.server_id] == [successor.server_id]
