"""Calls that hang, come back late or cannot leave; listings and limits within their budget."""

from pathlib import Path

import pytest

from leasehold.engine import decide
from leasehold.engine.cloud import (
    CloudBusy,
    CloudRefused,
    CloudUnsure,
    Kind,
    Limit,
    Limits,
    PortSpec,
    Refusal,
    ServerSpec,
)
from leasehold.engine.memory_cloud import Fault
from leasehold.engine.reason import Cause
from leasehold.engine.row import State
from leasehold.engine.watch import CALL_PATIENCE, Pace
from leasehold.store import Place
from tests.simulation.departures import Hang
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path: Path, place: Place):
    world = World(tmp_path, place=place, boot=10.0, end=5.0)
    yield world
    world.database.close()


def hang(verb: str, kind: Kind | None = None) -> Fault:
    return Fault(verb=verb, kind=kind, error=Hang())


def background(world: World) -> int:
    return sum(verb in ("list", "limits") for verb, _ in world.cloud.calls)


# -- calls that hang ---------------------------------------------------------------------------------


def test_an_order_that_hangs_is_given_up_and_sent_anew(world: World) -> None:
    world.cloud.faults.append(hang("make", Kind.SERVER))
    _, server = world.plan_server()
    world.run(CALL_PATIENCE - 10)
    assert world.state(server) is State.MAKING
    world.run(60)
    assert world.state(server) is State.UP
    assert world.names(Kind.SERVER) == ["n1"]


def test_an_order_that_takes_effect_long_after_it_was_given_up_leaves_one_server(
    world: World,
) -> None:
    world.cloud.faults.append(hang("make", Kind.SERVER))
    port, server = world.plan_server()
    world.run(CALL_PATIENCE + 60)
    world.calls.let_go()
    world.run(1)
    assert world.names(Kind.SERVER) == ["n1", "n1"]
    world.run(120)
    assert world.names(Kind.SERVER) == ["n1"]
    world.drop(port, server)
    world.run(120)
    assert world.leftovers() == 0


def test_a_late_answer_settles_what_was_unsure(world: World) -> None:
    world.cloud.faults.append(hang("make", Kind.SERVER))
    _, server = world.plan_server()
    world.run(CALL_PATIENCE + 1)
    assert world.state(server) is State.UNSURE
    world.calls.let_go()
    world.run(0.1)
    assert world.state(server) is State.BUILDING
    world.run(60)
    assert world.names(Kind.SERVER) == ["n1"]


def test_a_late_failure_of_a_call_that_was_given_up_means_nothing(world: World) -> None:
    world.cloud.faults.append(hang("make", Kind.SERVER))
    _, server = world.plan_server()
    world.run(CALL_PATIENCE + 60)
    error = CloudRefused("no", why=Refusal.BAD_REQUEST)
    world.cloud.faults.append(Fault(verb="make", kind=Kind.SERVER, error=error))
    world.calls.let_go()
    world.run(60)
    assert world.state(server) is State.UP


def test_a_delete_that_hangs_is_sent_again(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    world.cloud.faults.append(hang("delete", Kind.SERVER))
    world.drop(*rows)
    world.run(CALL_PATIENCE + 60)
    assert world.leftovers() == 0


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.PORT])
def test_a_listing_that_hangs_does_not_blind_us_for_ever(world: World, kind: Kind) -> None:
    world.cloud.faults.append(hang("list", kind))
    rows = world.plan_server()
    world.run(CALL_PATIENCE + 60)
    assert world.state(rows[1]) is State.UP
    world.drop(*rows)
    world.run(120)
    assert world.leftovers() == 0


def test_what_a_listing_saw_that_came_back_too_late_is_not_used(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    world.cloud.faults.append(hang("list", Kind.SERVER))
    world.run(CALL_PATIENCE + 120)
    world.cloud.hide = lambda _: True
    before = world.engine.watches["c"].tracks[Kind.SERVER]
    world.calls.let_go()
    world.calls.arrive()
    world.turn()
    assert world.engine.watches["c"].tracks[Kind.SERVER] == before
    assert world.row(rows[1]).absent == 0


def test_limits_that_hang_are_asked_for_again(world: World) -> None:
    world.cloud.faults.append(hang("limits"))
    world.cloud.quota = Limits(servers=Limit(total=0))
    world.cloud.boot = 1e6
    world.plan(ServerSpec(name="n1", flavor_id="f"), patience=1e6)
    world.run(CALL_PATIENCE - 1)
    assert world.cloud.calls.count(("limits", None)) == 1
    world.run(400)
    assert world.cloud.calls.count(("limits", None)) >= 2


def test_calls_that_hang_do_not_take_every_place_for_ever(world: World) -> None:
    places = world.pace.calls_at_once
    world.cloud.faults.extend([hang("make", Kind.PORT)] * places)
    world.plan(*[PortSpec(name=f"p{n}", network_id="net") for n in range(places)])
    world.run(1)
    (late,) = world.plan(PortSpec(name="late", network_id="net"))
    world.run(CALL_PATIENCE - 10)
    assert world.state(late) is State.PLANNED
    world.run(60)
    assert world.state(late) is State.UP


# -- places and budgets ------------------------------------------------------------------------------


def test_the_engine_does_not_spin_while_calls_are_out(world: World) -> None:
    world.plan(*[PortSpec(name=f"p{n}", network_id="net") for n in range(40)])
    for _ in range(3):
        wake_at = world.turn()
    assert len(world.engine.watches["c"].in_flight) == world.pace.calls_at_once
    assert wake_at > world.clock.time


def test_a_refused_quota_is_looked_up_once_not_once_per_refusal(world: World) -> None:
    world.run(30)
    world.cloud.quota = Limits(ports=Limit(total=1))
    world.engine.watches["c"].limits_at = world.clock.time  # just asked: it said unlimited
    world.cloud.calls.clear()
    world.plan(*[PortSpec(name=f"p{n}", network_id="net") for n in range(16)])
    world.run(20)
    assert world.cloud.calls.count(("limits", None)) <= 4


@pytest.mark.parametrize("count", [1, 200])
def test_the_background_stays_within_its_budget_whatever_the_number(
    tmp_path: Path, count: int
) -> None:
    world = World(tmp_path, boot=20.0, end=10.0)
    pace = Pace()
    world.run(60)
    world.cloud.calls.clear()
    began = world.clock.time
    for _ in range(3):
        pairs = [world.plan_server(f"n{n}") for n in range(count)]
        world.run(100)
        world.drop(*[row for pair in pairs for row in pair])
        world.run(100)
    seconds = world.clock.time - began
    listings = sum(verb == "list" for verb, _ in world.cloud.calls)
    limits = sum(verb == "limits" for verb, _ in world.cloud.calls) * 3
    assert listings + limits <= pace.lists_per_second * seconds + pace.lists_at_once
    assert world.leftovers() == 0
    world.database.close()


def test_an_idle_cloud_is_looked_at_now_and_then_only(world: World) -> None:
    world.run(3600)
    assert background(world) <= 4 + 4 * 3600 / 300


def test_a_retry_after_to_a_listing_silences_the_background(world: World) -> None:
    world.plan_server()
    world.run(1)
    world.cloud.faults.append(Fault(verb="list", error=CloudBusy("slow", retry_after=120)))
    world.run(5)
    world.cloud.calls.clear()
    world.run(100)
    assert background(world) == 0
    world.run(60)
    assert background(world) > 0


def test_listings_that_fail_are_told_and_retried_ever_more_seldom(world: World) -> None:
    world.plan_server()
    world.run(5)
    error = CloudRefused("wrong password", why=Refusal.CREDENTIALS, request_id="req-9")
    world.cloud.faults.extend([Fault(verb="list", kind=Kind.SERVER, error=error)] * 5)
    world.cloud.calls.clear()
    world.run(20)
    trouble = world.engine.watches["c"].trouble
    assert (trouble.cause, trouble.text, trouble.request_id) == (
        Cause.CREDENTIALS,
        "wrong password",
        "req-9",
    )
    assert world.cloud.calls.count(("list", Kind.SERVER)) <= 5
    world.run(200)
    assert world.engine.watches["c"].trouble is None


def test_a_call_that_finds_no_thread_is_tried_again(world: World) -> None:
    (port,) = world.plan(PortSpec(name="p", network_id="net"))
    spawn, world.engine._calls._spawn = world.engine._calls._spawn, no_thread
    world.turn()
    world.turn()
    assert world.state(port) is State.PLANNED
    assert "no thread for the call" in world.row(port).reason.text
    world.engine._calls._spawn = spawn
    world.run(60)
    assert world.state(port) is State.UP


def no_thread(_: object) -> None:
    raise RuntimeError("can't start new thread")


# -- audits and looks --------------------------------------------------------------------------------


def test_an_audit_lists_everything_afresh_and_counts_strangers(world: World) -> None:
    world.plan_server()
    world.cloud.add_foreign(Kind.SERVER, "theirs")
    world.run(30)
    asked_at = world.clock.time
    audit = world.engine.audit("c")
    world.run(20)
    survey = audit.result(0)
    assert survey.began_at >= asked_at
    assert (survey.strays, survey.foreign) == ((), 1)


def test_an_audit_waits_until_the_cloud_answers_again(world: World) -> None:
    world.run(10)
    faults = [Fault(verb="list", error=CloudUnsure("out of order"))] * 6
    world.cloud.faults.extend(faults)
    audit = world.engine.audit("c")
    world.run(5)
    assert not audit.done()
    world.run(300)
    assert audit.done()


def test_an_audit_of_an_unknown_cloud_is_a_mistake_of_the_caller(world: World) -> None:
    with pytest.raises(KeyError):
        world.engine.audit("d")


def test_a_look_shows_what_would_leave_and_sends_nothing(world: World) -> None:
    port, server = world.plan_server()
    look = world.engine.look()
    for news in world.engine.drain():
        news()
    found = {row.id: action for row, action in look.result(0)}
    assert found[port.id].verb is decide.Verb.MAKE
    assert found[server.id] is None
    assert world.calls.waiting == []
    assert world.state(port) is State.PLANNED


# -- what breaks -------------------------------------------------------------------------------------


def test_news_that_breaks_does_not_stop_the_rest(world: World) -> None:
    world.engine.tell(lambda: 1 / 0)
    _, server = world.plan_server()
    world.run(30)
    assert world.state(server) is State.UP


def test_a_listener_that_breaks_does_not_keep_calls_from_leaving(world: World) -> None:
    world.engine.on_change = lambda _: 1 / 0
    _, server = world.plan_server()
    world.run(30)
    assert world.state(server) is State.UP


def test_a_full_disk_lets_no_call_leave_and_work_goes_on_afterwards(world: World) -> None:
    world.run(10)
    rows = world.plan_server()
    world.database.full = True
    world.cloud.calls.clear()
    world.run(60)
    assert [call for call in world.cloud.calls if call[0] == "make"] == []
    world.database.full = False
    world.run(60)
    assert world.state(rows[1]) is State.UP
    world.drop(*rows)
    world.run(60)
    assert world.leftovers() == 0


def test_a_disk_that_is_full_for_very_long_leaves_one_server_in_the_end(world: World) -> None:
    world.run(10)
    rows = world.plan_server()
    world.database.full = True
    world.run(2 * CALL_PATIENCE)
    world.database.full = False
    world.run(120)
    assert [world.state(row) for row in rows] == [State.UP, State.UP]
    assert world.names(Kind.SERVER) == ["n1"]


def test_rows_are_forgotten_a_week_after_they_were_gone(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    world.drop(*rows)
    world.run(120)
    for _ in range(8 * 24):
        world.clock.time += 3600
        world.run(1)
    assert world.engine.ledger.rows == {}
    world.crash()
    assert world.engine.ledger.rows == {}
