"""Every pair of what is wanted and what is found converges, and no step on the way does harm."""

import itertools
from pathlib import Path

import msgspec
import pytest

from leasehold.datasets import control
from leasehold.datasets.model import DatasetState
from leasehold.datasets.protocol import Report, Want
from leasehold.engine.cloud import CloudId, Kind
from leasehold.engine.row import State
from tests.simulation.datasets import DatasetWorld

WANTED = ("n1", "n2", "nowhere", "deleted")
FOUND = (
    "nothing",
    "volume being made",
    "detached",
    "attaching to n1",
    "attached to n1, blank",
    "attached to n1 with a filesystem",
    "mounted on n1",
    "mounted on n1, agent restarted",
    "mounted on n1, server rebooted",
    "unmounting from n1",
    "detaching from n1",
    "on the stopped server of n1",
    "on the vanished server of n1",
)


def found(world: DatasetWorld, what: str) -> None:
    """Bring a dataset, wanted on n1, into a state as it is discovered."""
    agent = world.agent_of["n1"]
    if what == "nothing":
        world.create(node=None)
        return
    if what in ("volume being made", "detached"):
        world.create(node=None)
        world.run(1 if what == "volume being made" else 60)
        return
    if "attach" in what and "detach" not in what:
        agent.alive = "filesystem" in what
        if not agent.alive:
            agent.report()
        world.create()
        world.run(20 if "attached" in what else 8)
        if "filesystem" in what:
            world.run(60)
            agent.let_go()
        agent.alive = True
        return
    world.create()
    world.run(60)
    assert world.show().state is DatasetState.MOUNTED
    match what:
        case "mounted on n1, agent restarted":
            world.agents.report("n1", _empty(world))
        case "mounted on n1, server rebooted":
            agent.reboot()
        case "unmounting from n1":
            world.commands.move("pg", "n2")
        case "detaching from n1":
            world.commands.move("pg", "n2")
            agent.poll()
            world.control.turn()
        case "on the stopped server of n1":
            agent.alive = False
            agent.let_go()
            world.cloud.mark(CloudId(agent.server), "SHUTOFF")
        case "on the vanished server of n1":
            world.kill("n1")


def _empty(world: DatasetWorld) -> Report:
    """What an agent says that has lost its memory."""
    agent = world.agent_of["n1"]
    return Report(server_id=agent.server, era=agent.era, version="1", sent_at=0.0)


@pytest.mark.parametrize(("wanted", "what"), [*itertools.product(WANTED, FOUND)])
def test_what_is_found_becomes_what_is_wanted(tmp_path: Path, wanted: str, what: str) -> None:
    world = DatasetWorld(tmp_path, boot=5.0)
    found(world, what)
    if wanted == "deleted":
        world.commands.delete("pg")
    else:
        world.commands.move("pg", None if wanted == "nowhere" else wanted)
    world.run(400, poll=20)
    if what.endswith("server of n1"):
        agent = world.agent_of["n1"]
        gone = what == "on the vanished server of n1"
        if gone:
            world.add_node("n1")
        else:
            world.cloud.mark(CloudId(agent.server), "ACTIVE")
            agent.reboot()
        world.run(400, poll=20)
    shown = world.show()
    if wanted == "deleted":
        assert (shown.state, shown.attached_node) == (DatasetState.DELETED, None)
        assert len(world.volumes()) == 1
    elif wanted == "nowhere":
        assert (shown.state, shown.attached_node) == (DatasetState.DETACHED, None)
    else:
        assert (shown.state, shown.attached_node) == (DatasetState.MOUNTED, wanted)
        assert world.disks.mounted == {shown.volume_id: world.agent_of[wanted].server}
    assert all(count == 1 for count in world.disks.filesystems.values())


def test_only_an_attachment_that_is_up_is_ever_mounted(tmp_path: Path) -> None:
    world = DatasetWorld(tmp_path, boot=5.0)
    world.create()
    for _ in range(100):
        world.run(0.5)
        row = world.control.shelf.dataset("pg")
        told = [each.want for each in world.agents.orders("n1").datasets]
        if Want.MOUNTED in told:
            attachment = world.control.shelf.rows[row.attachment]
            assert attachment.state is State.UP
    assert world.show().state is DatasetState.MOUNTED


def test_a_second_dataset_never_waits_for_a_bad_one(tmp_path: Path) -> None:
    world = DatasetWorld(tmp_path)
    bad = world.create("bad")
    world.run(60)
    world.cloud.mark(CloudId(world.show("bad").volume_id or ""), "ERROR", "broken backend")
    world.create("good")
    world.run(60)
    assert world.show("good").state is DatasetState.MOUNTED
    assert world.show(bad.id).state is DatasetState.TROUBLED
    (error,) = {str(world.show("bad").last_error)}
    assert "broken backend" in error


def test_a_decision_that_breaks_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = DatasetWorld(tmp_path)
    bad = world.create("bad")
    real = control.decide

    def breaks(view, new_id):
        if view.row.id == bad.id:
            raise RuntimeError("a defect")
        return real(view, new_id)

    monkeypatch.setattr(control, "decide", breaks)
    world.create("good")
    world.run(60)
    assert world.show("good").state is DatasetState.MOUNTED
    assert len(world.cloud.alive(Kind.VOLUME)) == 2


def test_a_dataset_survives_the_ledgers_json(tmp_path: Path) -> None:
    world = DatasetWorld(tmp_path)
    world.create(metadata={"team": "web"})
    world.run(60)
    row = world.control.shelf.dataset("pg")
    assert msgspec.json.decode(msgspec.json.encode(row), type=type(row)) == row
