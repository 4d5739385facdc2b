from pathlib import Path
from typing import NoReturn

import pytest

from leasehold.engine import ledger
from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudBusy,
    CloudRefused,
    CloudUnsure,
    Installation,
    Kind,
    Limit,
    Limits,
    ObjectId,
    PortSpec,
    Refusal,
    ServerSpec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.last_words import LINES
from leasehold.engine.memory_cloud import Fault, MemoryCloud
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row, State
from leasehold.store import Place
from tests.simulation.world import World


@pytest.fixture
def world(tmp_path: Path, place: Place):
    world = World(tmp_path, place=place, boot=10.0, end=5.0)
    yield world
    world.database.close()


def test_a_planned_server_comes_up_on_its_port(world: World) -> None:
    port, server = world.plan_server()
    world.run(30)
    assert world.state(port) is State.UP
    assert world.state(server) is State.UP
    assert world.row(server).addresses == world.row(port).addresses != ()


def test_a_dropped_server_and_its_port_are_gone_and_confirmed(world: World) -> None:
    port, server = world.plan_server()
    world.run(30)
    world.drop(port, server)
    world.run(60)
    assert world.leftovers() == 0
    assert world.state(port) is State.GONE
    assert world.state(server) is State.GONE


def test_the_server_goes_before_the_port_that_it_stands_on(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    world.cloud.calls.clear()
    world.drop(*rows)
    world.run(60)
    deletes = [kind for verb, kind in world.cloud.calls if verb == "delete"]
    assert deletes == [Kind.SERVER, Kind.PORT]


def test_nothing_is_sent_before_the_intent_is_committed(world: World) -> None:
    world.plan(PortSpec(name="n1", network_id="net"))
    world.turn()
    with world.database.read() as connection:
        (found,) = ledger.load(connection)
    assert found.state is State.MAKING
    assert world.cloud.alive(Kind.PORT) == ()


@pytest.mark.parametrize("after_effect", [False, True])
def test_a_lost_reply_makes_one_object_whether_or_not_it_had_effect(world, after_effect) -> None:
    lost = Fault(verb="make", kind=Kind.SERVER, error=CloudUnsure("cut"), after_effect=after_effect)
    _, server = world.plan_server()
    world.cloud.faults.append(lost)
    world.run(120)
    assert world.state(server) is State.UP
    assert world.names(Kind.SERVER) == ["n1"]
    makes = [kind for verb, kind in world.cloud.calls if (verb, kind) == ("make", Kind.SERVER)]
    assert len(makes) == (1 if after_effect else 2)


def test_a_cloud_that_answers_every_order_with_an_error_is_given_up(world: World) -> None:
    for _ in range(10):
        error = CloudUnsure("Unexpected API Error.", status=500, request_id="req-5")
        world.cloud.faults.append(Fault(verb="make", kind=Kind.SERVER, error=error))
    _, server = world.plan_server()
    world.run(300)
    assert world.row(server).failure.cause is Cause.BUILD_FAILED
    assert world.row(server).failure.request_id == "req-5"
    assert world.state(server) is State.GONE
    makes = [kind for verb, kind in world.cloud.calls if (verb, kind) == ("make", Kind.SERVER)]
    assert len(makes) == 3


def test_an_order_that_shows_up_after_a_second_one_was_sent_is_deleted(world: World) -> None:
    _, server = world.plan_server()
    world.run(60)
    tag = Tag(installation=world.engine.installation, object=server.id)
    late = world.cloud.add_foreign(Kind.SERVER, "n1", tag)
    world.run(120)
    assert [each.cloud_id for each in world.cloud.alive(Kind.SERVER)] != [late]
    assert len(world.cloud.alive(Kind.SERVER)) == 1
    assert world.state(server) is State.UP


def test_an_order_that_shows_up_after_its_row_was_gone_is_deleted(world: World) -> None:
    port, server = world.plan_server()
    world.run(30)
    world.drop(port, server)
    world.run(60)
    tag = Tag(installation=world.engine.installation, object=server.id)
    world.cloud.add_foreign(Kind.SERVER, "n1", tag)
    world.run(400)
    assert world.leftovers() == 0


def test_the_neighbours_server_of_the_same_name_survives_everything(world: World) -> None:
    world.cloud.add_foreign(Kind.SERVER, "n1")
    other = Tag(installation=Installation("another"), object=ObjectId("server-1"))
    world.cloud.add_foreign(Kind.SERVER, "n1", other)
    rows = world.plan_server()
    world.run(30)
    world.drop(*rows)
    world.run(600)
    assert world.names(Kind.SERVER) == ["n1", "n1"]


def test_our_object_that_no_row_knows_is_deleted_after_two_audits(world: World) -> None:
    tag = Tag(installation=world.engine.installation, object=ObjectId("server-lost"))
    world.cloud.add_foreign(Kind.SERVER, "stray", tag)
    world.run(1)
    assert world.names(Kind.SERVER) == ["stray"]
    world.run(700)
    assert world.names(Kind.SERVER) == []


def test_a_delete_that_fails_is_never_forgotten(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    for _ in range(6):
        error = CloudRefused("no", why=Refusal.CONFLICT, status=409)
        world.cloud.faults.append(Fault(verb="delete", kind=Kind.SERVER, error=error))
    world.drop(*rows)
    world.run(60)
    assert world.names(Kind.SERVER) == ["n1"]
    world.run(600)
    assert world.leftovers() == 0


def test_a_delete_without_effect_is_sent_again(world: World) -> None:
    rows = world.plan_server()
    world.run(30)
    world.cloud.end = 1e9
    world.drop(*rows)
    world.run(20)
    world.cloud.end = 0.0
    world.run(120)
    assert world.leftovers() == 0


def test_an_empty_listing_is_not_believed_at_once(world: World) -> None:
    rows = [world.plan_server(f"n{i}") for i in range(6)]
    world.run(60)
    world.cloud.hide = lambda _: True
    world.run(130)
    assert all(world.state(server) is State.UP for _, server in rows)
    world.cloud.hide = lambda _: False
    world.run(600)
    assert all(world.state(server) is State.UP for _, server in rows)
    assert len(world.cloud.alive(Kind.SERVER)) == 6


def test_a_server_that_vanished_for_good_is_told_as_lost(world: World) -> None:
    _, server = world.plan_server()
    world.run(60)
    world.cloud.vanish(world.row(server).cloud_id)
    world.run(300)
    assert world.state(server) is State.GONE
    assert world.row(server).failure.cause is Cause.LOST


def test_a_look_that_is_asked_for_finds_a_server_that_somebody_deleted(world: World) -> None:
    _, server = world.plan_server()
    world.run(30)
    world.cloud.delete(Kind.SERVER, world.row(server).cloud_id)
    world.run(10)
    assert world.state(server) is State.UP
    world.engine.peek("c")
    world.run(5)
    assert world.state(server) is State.GONE
    assert world.row(server).failure.cause is Cause.LOST


def test_a_server_in_error_fails_with_the_clouds_words_and_is_deleted(world: World) -> None:
    port, server = world.plan_server()
    world.run(2)
    world.cloud.mark(world.row(server).cloud_id, "ERROR", "No valid host was found.")
    world.run(60)
    assert world.row(server).failure.cause is Cause.NO_HOST
    assert world.row(server).failure.text == "No valid host was found."
    assert world.names(Kind.SERVER) == []
    assert world.state(port) is State.UP


class Listener:
    """Wants to know about every server, and keeps what it hears."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def wants(self, row: Row) -> bool:
        return True

    def heard(self, server: ObjectId, text: str) -> None:
        self.told[server] = text


def test_a_console_is_read_once_and_before_the_server_is_deleted(world: World) -> None:
    listener = world.engine.reader = Listener()
    world.cloud.boot = 60
    _, server = world.plan_server()
    world.run(30)
    world.cloud.printed = lambda _: "booting\n" * 300 + "panic\n"
    world.cloud.mark(world.row(server).cloud_id, "ERROR", "it broke")
    world.run(600)
    lines = listener.told[server.id].splitlines()
    assert (len(lines), lines[-1]) == (LINES, "panic")
    asked = [call for call in world.cloud.calls if call[1] is Kind.SERVER and call[0] != "list"]
    assert asked == [("make", Kind.SERVER), ("console", Kind.SERVER), ("delete", Kind.SERVER)]


@pytest.mark.parametrize("error", [CloudBusy("later"), CloudUnsure("?"), KeyError("broken")])
def test_a_console_that_cannot_be_read_keeps_no_server_alive(world: World, error) -> None:
    listener = world.engine.reader = Listener()
    _, server = world.plan_server()
    world.run(30)
    world.cloud.faults.append(Fault(verb="console", error=error))
    world.drop(server)
    world.run(600)
    assert world.state(server) is State.GONE
    assert listener.told == {}


def test_a_build_without_end_is_given_up_at_its_deadline(world: World) -> None:
    world.cloud.boot = 1e9
    (server,) = world.plan(ServerSpec(name="n1", flavor_id="1"), patience=100)
    world.run(99)
    assert world.state(server) is State.BUILDING
    world.run(30)
    assert world.row(server).failure.cause is Cause.DEADLINE
    assert world.leftovers() == 0


def test_a_quota_that_can_never_do_fails_at_once(world: World) -> None:
    world.cloud.quota = Limits(servers=Limit(total=0))
    _, server = world.plan_server()
    world.run(5)
    assert world.state(server) is State.GONE
    assert world.row(server).failure.cause is Cause.QUOTA


def test_a_limit_of_our_own_holds_orders_back_until_something_is_gone(world: World) -> None:
    world.engine.limit("c", Limits(servers=Limit(total=1)))
    first = world.plan_server()
    world.run(5)
    _, second = world.plan_server()
    world.run(60)
    assert world.state(second) is State.PLANNED
    assert "the limit set for this cloud" in world.row(second).reason.text
    assert world.row(second).reason.cause is Cause.LIMIT
    world.drop(*first)
    world.run(60)
    assert world.state(second) is State.UP


class OutOfOrder(MemoryCloud):
    """Answers every call with a 503."""

    def _out(self, *_: object, **__: object) -> NoReturn:
        raise CloudBusy("out of order", status=503)

    list = make = delete = limits = offers = _out


def test_outages_of_ten_minutes_cost_nothing_but_time(world: World) -> None:
    out = OutOfOrder(world.clock)
    world.engine.reach("c", out)
    rows = world.plan_server()
    world.run(600)
    assert {world.state(row) for row in rows} == {State.PLANNED}
    world.engine.reach("c", world.cloud)
    world.run(360)  # the longest that it may take until a step is tried again, and a boot
    assert {world.state(row) for row in rows} == {State.UP}
    world.engine.reach("c", out)
    world.drop(*rows)
    world.run(600)
    assert world.leftovers() == 2
    world.engine.reach("c", world.cloud)
    world.run(360)
    assert world.leftovers() == 0
    assert {world.state(row) for row in rows} == {State.GONE}


def test_a_cloud_can_be_reached_in_another_way_from_now_on(world: World) -> None:
    other = MemoryCloud(world.clock, boot=1.0)
    world.engine.reach("c", other)
    world.plan_server()
    world.run(30)
    assert len(other.alive(Kind.SERVER)) == 1
    assert world.cloud.alive(Kind.SERVER) == ()


def test_a_full_quota_is_waited_for_with_few_refused_calls(world: World) -> None:
    world.cloud.quota = Limits(servers=Limit(total=1))
    first = world.plan_server("a")
    world.run(30)
    _, second = world.plan_server("b")
    world.cloud.calls.clear()
    world.run(300)
    assert world.row(second).reason.cause is Cause.QUOTA_FULL
    assert ("make", Kind.SERVER) not in world.cloud.calls
    world.drop(*first)
    world.run(60)
    assert world.state(second) is State.UP


def test_an_image_that_is_gone_fails_at_once_with_the_request_id(world: World) -> None:
    error = CloudRefused("no image x", why=Refusal.NOT_FOUND, status=400, request_id="req-1")
    world.cloud.faults.append(Fault(verb="make", kind=Kind.SERVER, error=error))
    _, server = world.plan_server()
    world.run(5)
    assert world.state(server) is State.GONE
    assert world.row(server).failure.request_id == "req-1"


def test_retry_after_is_kept(world: World) -> None:
    world.cloud.faults.append(Fault(verb="make", error=CloudBusy("slow down", retry_after=20)))
    (port,) = world.plan(PortSpec(name="n1", network_id="net"))
    world.run(19)
    assert world.state(port) is State.PLANNED
    assert world.row(port).reason.text == "slow down"
    world.run(5)
    assert world.state(port) is State.UP


def test_a_volume_is_attached_and_goes_with_its_server(world: World) -> None:
    port, server = world.plan_server()
    (volume,) = world.plan(VolumeSpec(name="n1-1", size_gib=5))
    (attachment,) = world.plan(AttachmentSpec(server=server.id, volume=volume.id))
    world.run(40)
    assert world.state(attachment) is State.UP
    assert world.cloud.alive(Kind.VOLUME)[0].attached_to == (world.row(server).cloud_id,)
    world.cloud.calls.clear()
    world.drop(port, server, volume, attachment)
    world.run(120)
    assert world.leftovers() == 0
    assert world.state(attachment) is State.GONE
    assert ("delete", Kind.ATTACHMENT) not in world.cloud.calls


def test_what_needs_a_failed_object_fails_with_its_reason(world: World) -> None:
    error = CloudRefused("no such network", why=Refusal.NOT_FOUND, status=404)
    world.cloud.faults.append(Fault(verb="make", kind=Kind.PORT, error=error))
    _, server = world.plan_server()
    world.run(10)
    assert world.row(server).failure.text == "no such network"
    assert world.leftovers() == 0


def test_a_server_life_costs_four_calls_beside_the_background(world: World) -> None:
    rows = [world.plan_server(f"n{i}") for i in range(20)]
    world.run(60)
    world.drop(*[row for pair in rows for row in pair])
    world.run(120)
    own = [verb for verb, _ in world.cloud.calls if verb in ("make", "delete")]
    background = [verb for verb, _ in world.cloud.calls if verb in ("list", "limits")]
    assert len(own) == 20 * 4
    assert len(background) <= 180 * 0.5 + 7


@pytest.mark.parametrize("steps", range(40))
def test_a_crash_at_any_step_leaves_one_server_and_later_nothing(
    tmp_path: Path, steps: int
) -> None:
    """The crash comes after a number of half-steps: a turn, or the answer to its calls."""
    world = World(tmp_path, boot=4.0, end=2.0)
    port, server = world.plan_server()
    for number in range(steps):
        if number % 2:
            world.calls.arrive()
        else:
            world.clock.time = max(world.clock.time + 0.5, world.turn())
        if number == 24:
            world.drop(port, server)
    if steps % 3 == 1:  # the call had left, its effect came, the answer found nobody
        world.calls.arrive()
    world.crash()
    if steps <= 24:
        world.run(200)
        assert world.state(server) is State.UP
        assert world.names(Kind.SERVER) == ["n1"]
        world.drop(port, server)
    world.run(300)
    assert world.leftovers() == 0
    assert world.state(server) is State.GONE
    assert world.state(port) is State.GONE
    world.database.close()


@pytest.mark.parametrize("days", [None, 90])
def test_history_is_kept_as_long_as_is_said(tmp_path: Path, days: int | None) -> None:
    world = World(tmp_path, history=days and days * 86400.0)
    rows = world.plan_server()
    world.run(30)
    world.drop(*rows)
    world.run(60)

    def lines() -> int:
        world.database.write(lambda _: None).result()  # what was queued before is durable now
        with world.database.read() as connection:
            return connection.exec_driver_sql("select count(*) from events").scalar_one()

    world.clock.time += 89 * 86400
    world.run(7200)
    assert lines() > 0
    world.clock.time += 2 * 86400
    world.run(7200)
    assert (lines() == 0) is (days is not None)
    world.database.close()
