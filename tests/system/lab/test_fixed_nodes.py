"""Fixed nodes with real SSH servers behind them, from the registration to the health check."""

from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from leasehold.lab.config import load
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, NodeName, NodeState, Wish
from leasehold.lab.node_row import NodeRow
from leasehold.lab.open import open_lab
from tests.system.lab.guests import Guests

KEY = asyncssh.generate_private_key("ssh-ed25519")
NODE = NodeName("smithi001")

CONFIG = """
[machine_types.smithi]
kind = "fixed"
ssh_port = {port}
health_every = "1s"
health_attempts = 2
"""


@pytest.fixture
def guests() -> Iterator[Guests]:
    guests = Guests()
    yield guests
    guests.stop()


@pytest.fixture
def port(guests: Guests) -> int:
    return guests.ssh(KEY, lambda _: None)


@pytest.fixture
def lab(tmp_path: Path, port: int) -> Iterator[Lab]:
    path = tmp_path / "leasehold.toml"
    path.write_text(CONFIG.format(port=port))
    lab = open_lab(load(path))
    lab.start()
    row = NodeRow(name=NODE, machine_type="smithi", address="127.0.0.1")
    lab.register_nodes([row], by="ann")
    yield lab
    lab.stop()


def until(lab: Lab, come: Callable[[], bool]) -> None:
    """Wait for something that the lab hears of."""
    with lab._steward.settled:
        assert lab._steward.settled.wait_for(come, 60)


def state(lab: Lab) -> NodeState:
    return lab.node(NODE).state


def test_a_fixed_node_without_any_cloud_is_locked_once_ssh_answers_and_free_at_once(
    lab: Lab,
) -> None:
    lease = lab.lock(Wish(machine_type="smithi", owner="ann"))
    until(lab, lambda: lab.lease(lease.id).state is LeaseState.READY)
    (node,) = lab.lease(lease.id).nodes
    assert (node.address, node.host_key is not None) == ("127.0.0.1", True)
    lab.release(lease.id)
    assert state(lab) is NodeState.FREE


def test_a_node_whose_ssh_stops_goes_down_and_comes_up_when_it_is_back(
    lab: Lab, guests: Guests, port: int
) -> None:
    guests.close_all()
    until(lab, lambda: state(lab) is NodeState.DOWN)
    assert f"127.0.0.1 port {port}" in str(lab.node(NODE).note)
    guests.ssh(KEY, lambda _: None, port=port)
    until(lab, lambda: state(lab) is NodeState.FREE)
    assert lab.node(NODE).note is None


def test_who_holds_a_node_whose_ssh_stops_is_told_and_keeps_it(lab: Lab, guests: Guests) -> None:
    lease = lab.lock(Wish(machine_type="smithi", owner="ann"))
    until(lab, lambda: lab.lease(lease.id).state is LeaseState.READY)
    guests.close_all()
    until(lab, lambda: lab.node(NODE).reason is not None)
    node = lab.node(NODE)
    assert (node.state, node.lease, node.up) == (NodeState.READY, lease.id, False)
