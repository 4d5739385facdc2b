"""Datasets: calls to the cloud per life and per idle minute, and 200 moves with crashes.

100 nodes and 500 datasets over a cloud in memory, in its own time; the control side and the engine are
the real ones, on SQLite. Flocker's figures are by its code: each node lists all volumes and all servers
once a minute when nothing happens, and an attach, a detach and a create are polled every second.
"""

import contextlib
import logging
import random
import tempfile
from collections import Counter
from pathlib import Path

import structlog
from tests.simulation.datasets import DatasetWorld

from bench.report import table
from leasehold.datasets.model import DatasetState
from leasehold.engine.cloud import CloudId, CloudUnsure, Kind
from leasehold.engine.memory_cloud import Fault

NODES, DATASETS = 100, 500
LIVES = 50
IDLE_MINUTES = 10
MOVES = 200
STUCK = 300.0
"""Seconds after which a move counts as stuck, once its server and agent can work again."""

OWN = frozenset({"make", "delete", "grow", "find"})
FLOCKER_IDLE = 2 * NODES
"""Calls a minute: one listing of volumes and one of servers for each node."""


def run() -> None:
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    own, all_of_it = _lives()
    idle = _idle()
    moved, stuck, twice, lost = _moves()
    table(
        ("what", "Flocker", "leasehold"),
        [
            ("calls per life of a dataset, alone", "~ 25", f"{own:.1f}"),
            ("the same with all listings, 50 at a time", "-", f"{all_of_it:.1f}"),
            (f"calls per idle minute, {NODES} nodes, {DATASETS} datasets", FLOCKER_IDLE,
             f"{idle:.1f}"),
            (f"{MOVES} moves with crashes: arrived", "-", moved),
            (f"stuck for more than {STUCK / 60:.0f} minutes", "-", stuck),
            ("attached twice, or taken away while mounted", "-", twice),
            ("datasets that lost their filesystem", "-", lost),
        ],
    )  # fmt: skip


def _lives() -> tuple[float, float]:
    """Calls from create over mounted and moved to destroyed, per dataset."""
    with _world(10, boot=5.0, end=3.0) as world:
        world.run(120)
        world.cloud.calls.clear()
        names = [f"d{number}" for number in range(LIVES)]
        for number, name in enumerate(names):
            world.create(name, f"n{number % 10 + 1}")
        world.run(120)
        for number, name in enumerate(names):
            world.commands.move(name, f"n{(number + 1) % 10 + 1}")
        world.run(120)
        for name in names:
            assert world.show(name).state is DatasetState.MOUNTED, world.show(name)
            world.commands.delete(name)
        world.run(600, poll=60)
        assert world.volumes() == []
        own = sum(verb in OWN for verb, _ in world.cloud.calls)
        return own / LIVES, len(world.cloud.calls) / LIVES


def _idle() -> float:
    with _world(NODES) as world:
        for number in range(DATASETS):
            world.create(f"d{number}", f"n{number % NODES + 1}")
        world.run(120, poll=30)
        assert all(
            world.show(f"d{number}").state is DatasetState.MOUNTED for number in range(DATASETS)
        )
        world.cloud.calls.clear()
        world.run(IDLE_MINUTES * 60, poll=30)
        return len(world.cloud.calls) / IDLE_MINUTES


def _moves() -> tuple[int, int, int, int]:
    """Moves between ten nodes, while everything that can end ends now and then."""
    chance = random.Random(7)
    with _world(10, boot=3.0, end=2.0) as world:
        for number in range(20):
            world.create(f"d{number}", f"n{number % 10 + 1}")
        world.run(60)
        written = dict(world.disks.filesystems)
        done = Counter[str]()
        for number in range(MOVES):
            name, node = f"d{number % 20}", f"n{chance.randrange(10) + 1}"
            _trouble(world, chance)
            try:
                world.commands.move(name, node)
                world.run(chance.choice([1, 5, 20, 100]), poll=10)
                _repair(world)
                world.run(STUCK, poll=15)
            except AssertionError:
                done["twice"] += 1
                world.disks.harm.clear()
            shown = world.show(name)
            arrived = shown.state is DatasetState.MOUNTED and shown.attached_node == node
            done["moved" if arrived else "stuck"] += 1
        lost = sum(world.disks.filesystems.get(volume) != 1 for volume in written)
        return done["moved"], done["stuck"], done["twice"], lost


def _trouble(world: DatasetWorld, chance: random.Random) -> None:
    agent = world.agent_of[f"n{chance.randrange(10) + 1}"]
    match chance.randrange(7):
        case 0:
            world.crash(calls_arrive=chance.random() < 0.5)
        case 1:
            agent.alive = False
        case 2:
            agent.reboot()
        case 3:
            agent.alive = False
            agent.let_go()
            world.cloud.mark(CloudId(agent.server), "SHUTOFF")
        case 4:
            world.kill(agent.node)
        case 5:
            lost = CloudUnsure("the reply was lost")
            verb = chance.choice(["make", "delete"])
            world.cloud.faults.append(Fault(verb=verb, error=lost, after_effect=True))
        case _:
            world.cloud.detaches = False


def _repair(world: DatasetWorld) -> None:
    there = {each.cloud_id for each in world.cloud.alive(Kind.SERVER)}
    world.cloud.detaches = True
    for name in [*world.agent_of]:
        if world.agent_of[name].server not in there:
            world.add_node(name)
        agent = world.agent_of[name]
        world.cloud.mark(CloudId(agent.server), "ACTIVE")
        if not agent.alive:
            agent.reboot()


@contextlib.contextmanager
def _world(nodes: int, **cloud: float):
    with tempfile.TemporaryDirectory() as directory:
        world = DatasetWorld(Path(directory), nodes, grace=60.0, **cloud)
        try:
            yield world
        finally:
            world.database.close()
