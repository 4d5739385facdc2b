"""Everybody at once: callers, engine, timekeeper and writer on their own threads."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import Kind
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import CloudConfig, Config, MachineTypeConfig, ServiceConfig
from leasehold.lab.errors import LabError
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, NodeName, NodeState, Wish
from leasehold.lab.node_names import expand
from leasehold.lab.node_row import NodeChange, NodeRow
from leasehold.lab.open import open_lab
from tests.simulation.bench import OFFERS

SECONDS = 3.0
THREADS = 8
NODES = 12
UNHELD = (NodeState.FREE, NodeState.RELEASING, NodeState.DOWN)


@pytest.fixture
def cloud() -> MemoryCloud:
    return MemoryCloud(SystemClock(), boot=0.05, end=0.05, offers=OFFERS)


@pytest.fixture
def lab(tmp_path: Path, cloud: MemoryCloud):
    demo = MachineTypeConfig(cloud="c", image="debian-12", nodes=NODES, ready="active")
    config = Config(
        path=tmp_path / "leasehold.toml",
        service=ServiceConfig(),
        clouds={"c": CloudConfig(calls_per_second=500, burst=500)},
        machine_types={"demo": demo},
    )
    lab = open_lab(config, clouds={"c": cloud})
    lab.start()
    yield lab
    lab.stop()


class Caller(threading.Thread):
    """Locks, looks and gives back at random, and notes every error that is no answer of the lab."""

    def __init__(self, lab: Lab, number: int, until: float) -> None:
        super().__init__(name=f"caller-{number}")
        self.lab = lab
        self.me = f"caller-{number}"
        self.random = random.Random(number)
        self.until = until
        self.broke: list[BaseException] = []
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        while time.monotonic() < self.until and not self.broke:
            leases = (self.lock, self.lock, self.release, self.unlock, self.look)
            act = self.random.choice((*leases, self.register, self.change, self.remove))
            try:
                act()
                self.done[act.__name__] += 1
            except LabError:
                self.done["told no"] += 1
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
                self.broke.append(error)

    def lock(self) -> None:
        count = self.random.randint(1, 4)
        key = self.random.choice([None, "a", "b"])
        wish = Wish(machine_type="demo", count=count, owner=self.me, purpose="race", key=key)
        lease = self.lab.lock(wish)
        assert lease.state in LeaseState

    def release(self) -> None:
        mine = self.lab.leases(owner=self.me)
        if mine:
            self.lab.release(self.random.choice(mine).id, owner=self.me)

    def unlock(self) -> None:
        mine = [node.name for lease in self.lab.leases(owner=self.me) for node in lease.nodes]
        if mine:
            self.lab.unlock([self.random.choice(mine)], owner=self.me)

    def register(self) -> None:
        names = expand([f"more{self.random.randint(1, 4)}..more{self.random.randint(4, 8)}"])
        rows = [NodeRow(name=name, machine_type="demo") for name in names]
        self.lab.register_nodes(rows, by=self.me)

    def change(self) -> None:
        change = NodeChange(up=self.random.random() < 0.7, description=self.me)
        self.lab.change_nodes([NodeName(f"more{self.random.randint(1, 8)}")], change, by=self.me)

    def remove(self) -> None:
        self.lab.remove_nodes([NodeName(f"more{self.random.randint(1, 8)}")], by=self.me)

    def look(self) -> None:
        for lease in self.lab.leases():
            assert len(lease.nodes) in (0, lease.count)
        for node in self.lab.nodes():
            assert (node.lease is None) == (node.state in UNHELD)
        self.lab.machine_types()


def test_nobody_breaks_and_nothing_is_left_when_all_call_at_once(
    lab: Lab, cloud: MemoryCloud
) -> None:
    callers = [Caller(lab, number, time.monotonic() + SECONDS) for number in range(THREADS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert [error for caller in callers for error in caller.broke] == []
    done = sum((caller.done for caller in callers), Counter())
    assert done.keys() >= {"lock", "register", "change", "remove"}
    for lease in lab.leases():
        lab.release(lease.id)
    assert lab.settle("c", 60)
    assert {node.state for node in lab.nodes(up=True)} == {NodeState.FREE}
    assert [cloud.alive(kind) for kind in Kind] == [()] * len(Kind)


def test_a_lab_that_stopped_says_so_at_once(lab: Lab) -> None:
    lab.stop()
    wish = Wish(machine_type="demo", owner="ann")
    with pytest.raises(Exception, match="is closed"):
        lab.lock(wish)
