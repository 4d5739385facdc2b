"""Records in DNS keep the promises of every other object, and two of their own: they are put back,
and a name server that is down costs nothing but time."""

from pathlib import Path

import pytest

from leasehold.engine.cloud import (
    CloudBusy,
    CloudRefused,
    CloudUnsure,
    Installation,
    Kind,
    ObjectId,
    RecordSpec,
    Refusal,
    Tag,
)
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row, State
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path: Path):
    world = World(tmp_path)
    yield world
    world.database.close()


def plan_record(world: World, name: str = "n1.lab") -> Row:
    return world.plan(RecordSpec(name=name, record_type="A", values=("10.0.0.7",)))[0]


def names(world: World) -> list[str]:
    return sorted(each.name for each in world.name_server.alive(Kind.RECORD))


def makes(world: World) -> int:
    return world.name_server.calls.count(("make", Kind.RECORD))


def test_a_record_is_set_and_when_given_up_it_is_removed_and_confirmed(world: World) -> None:
    row = plan_record(world)
    world.run(5)
    assert world.state(row) is State.UP
    assert names(world) == ["n1.lab"]
    world.drop(row)
    world.run(10)
    assert world.state(row) is State.GONE
    assert names(world) == []


def test_no_cloud_is_asked_about_records_and_no_name_server_about_anything_else(
    world: World,
) -> None:
    plan_record(world)
    world.run(400)
    assert {kind for _, kind in world.cloud.calls} <= {*Kind, None} - {Kind.RECORD}
    assert {kind for _, kind in world.name_server.calls} <= {Kind.RECORD, None}


def test_a_record_that_somebody_changed_is_put_back_within_a_minute(world: World) -> None:
    row = plan_record(world)
    world.run(5)
    world.name_server.mark(world.row(row).cloud_id, "CHANGED")
    world.run(60)
    assert world.state(row) is State.UP
    assert [each.status for each in world.name_server.alive(Kind.RECORD)] == ["SET"]


def test_a_record_that_somebody_removed_is_put_back_within_two_minutes(world: World) -> None:
    row = plan_record(world)
    world.run(5)
    world.name_server.vanish(world.row(row).cloud_id)
    world.run(120)
    assert world.state(row) is State.UP
    assert names(world) == ["n1.lab"]
    assert world.row(row).failure is None


def test_two_who_disagree_about_a_record_do_not_write_all_the_time(world: World) -> None:
    row = plan_record(world)
    world.run(5)
    before = makes(world)
    for _ in range(60):
        for each in world.name_server.alive(Kind.RECORD):
            world.name_server.mark(each.cloud_id, "CHANGED")
        world.run(1)
    assert makes(world) - before <= 60 / 5 + 2
    world.run(60)
    assert world.state(row) is State.UP


def test_a_name_server_that_is_down_is_asked_again_until_it_is_back(world: World) -> None:
    down = CloudUnsure("no answer")
    world.name_server.faults += [Fault(verb="make", error=down)] * 8
    row = plan_record(world)
    world.run(20)
    assert world.state(row) is State.PLANNED
    assert world.row(row).reason.cause is Cause.CLOUD_BUSY
    assert world.row(row).reason.text == "no answer"
    world.run(1200)
    assert world.state(row) is State.UP


def test_a_reply_that_was_lost_after_its_effect_sets_the_name_once(world: World) -> None:
    lost = CloudUnsure("the reply was lost")
    world.name_server.faults.append(Fault(verb="make", error=lost, after_effect=True))
    row = plan_record(world)
    world.run(10)
    assert world.state(row) is State.UP
    assert names(world) == ["n1.lab"]


def test_a_record_given_up_after_a_lost_reply_is_removed_for_sure(world: World) -> None:
    lost = CloudUnsure("the reply was lost")
    world.name_server.faults.append(Fault(verb="make", error=lost, after_effect=True))
    row = plan_record(world)
    world.turn()
    world.calls.arrive()
    world.turn()
    assert world.state(row) is State.PLANNED
    world.drop(row)
    world.run(10)
    assert world.state(row) is State.GONE
    assert names(world) == []


def test_a_delete_waits_for_a_name_server_that_is_down_and_is_never_forgotten(world: World) -> None:
    row = plan_record(world)
    world.run(5)
    world.name_server.faults += [Fault(verb="delete", error=CloudBusy("down"))] * 8
    world.drop(row)
    world.run(30)
    assert world.row(row).reason.text == "down"
    world.run(1200)
    assert world.state(row) is State.GONE
    assert names(world) == []


def test_a_key_that_is_not_accepted_fails_a_new_record_at_once(world: World) -> None:
    denied = CloudRefused("REFUSED", why=Refusal.CREDENTIALS)
    world.name_server.faults.append(Fault(verb="make", error=denied))
    row = plan_record(world)
    world.run(5)
    assert world.state(row) is State.GONE
    assert world.row(row).failure.cause is Cause.CREDENTIALS


def test_a_record_that_stood_is_put_back_even_if_the_server_refuses_for_a_while(
    world: World,
) -> None:
    row = plan_record(world)
    world.run(5)
    denied = CloudRefused("REFUSED", why=Refusal.CREDENTIALS)
    world.name_server.faults += [Fault(verb="make", error=denied)] * 4
    world.name_server.vanish(world.row(row).cloud_id)
    world.run(600)
    assert world.state(row) is State.UP
    assert world.row(row).failure is None


def test_a_name_that_is_somebody_elses_is_left_alone_and_told(world: World) -> None:
    other = Tag(installation=Installation("them"), object=ObjectId("record-9"))
    theirs = world.name_server.add_foreign(Kind.RECORD, "n1.lab", other)
    row = plan_record(world)
    world.run(10)
    assert "somebody else's" in world.row(row).reason.text
    world.run(300)
    assert world.row(row).failure.cause is Cause.REFUSED
    assert [each.cloud_id for each in world.name_server.alive(Kind.RECORD)] == [theirs]


def test_a_record_of_ours_that_no_row_knows_is_removed(world: World) -> None:
    ours = Tag(installation=world.engine.installation, object=ObjectId("record-lost"))
    world.name_server.add_foreign(Kind.RECORD, "old.lab", ours)
    world.run(700)
    assert names(world) == []


def test_a_later_record_takes_the_name_over_and_the_earlier_ones_removal_does_no_harm(
    world: World,
) -> None:
    first = plan_record(world)
    world.run(5)
    second = plan_record(world)
    world.drop(first)
    world.run(30)
    assert world.state(first) is State.GONE
    assert world.state(second) is State.UP
    assert names(world) == ["n1.lab"]


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("steps", range(6))
def test_a_crash_at_any_step_leaves_one_record_and_later_nothing(
    world: World, steps: int, arrives: bool
) -> None:
    row = plan_record(world)
    for _ in range(steps):
        world.turn()
        if world.calls.waiting:
            world.calls.arrive_one()
    world.crash(calls_arrive=arrives)
    world.run(120)
    assert world.state(row) is State.UP
    assert names(world) == ["n1.lab"]
    world.drop(row)
    world.turn()
    world.crash(calls_arrive=arrives)
    world.run(120)
    assert world.state(row) is State.GONE
    assert names(world) == []
