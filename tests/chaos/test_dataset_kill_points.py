"""The control side is killed at every step of a dataset's life; the life goes on as if nothing was."""

from pathlib import Path

import pytest

from leasehold.datasets.model import DatasetState
from leasehold.engine.cloud import Kind
from tests.simulation.datasets import DatasetWorld


class Mortal(DatasetWorld):
    """Ends before step number `dies_at`, once."""

    steps = 0
    dies_at = -1
    arrives = False

    def turn(self) -> float:
        self.steps += 1
        if self.steps == self.dies_at:
            self.crash(calls_arrive=self.arrives)
        return super().turn()


def live(world: DatasetWorld) -> None:
    """Make, move, grow, restore, delete and destroy a dataset; each step arrives."""
    dataset = world.create().id
    world.run(180, poll=30)
    assert world.show().state is DatasetState.MOUNTED
    world.commands.snapshot("pg", "s")
    world.commands.grow("pg", 20)
    world.commands.move("pg", "n2")
    world.run(180, poll=30)
    shown = world.show()
    assert (shown.state, shown.attached_node, shown.actual_gib) == (
        DatasetState.MOUNTED,
        "n2",
        20,
    )
    world.commands.restore("pg", "s")
    world.run(180, poll=30)
    assert world.show().state is DatasetState.MOUNTED
    assert list(world.disks.filesystems.values()) == [1, 1]
    world.commands.delete("pg", with_snapshots=True)
    world.run(9000, poll=1500)
    assert world.show(dataset).state is DatasetState.GONE
    assert [world.cloud.alive(kind) for kind in (Kind.VOLUME, Kind.SNAPSHOT)] == [(), ()]
    assert world.engine.watches["c"].strays.get(Kind.VOLUME, ()) == ()


def steps_of_a_life(directory: Path) -> int:
    world = Mortal(directory, boot=3.0)
    live(world)
    world.database.close()
    return world.steps


@pytest.mark.parametrize("arrives", [False, True], ids=["calls lost", "calls arrive"])
def test_a_dataset_outlives_every_end_of_the_control_side(tmp_path: Path, arrives: bool) -> None:
    (tmp_path / "first").mkdir()
    busy = min(steps_of_a_life(tmp_path / "first"), 160)
    for step in range(1 + arrives, busy, 4):
        directory = tmp_path / str(step)
        directory.mkdir()
        world = Mortal(directory, boot=3.0)
        world.dies_at, world.arrives = step, arrives
        live(world)
        world.database.close()
