"""Who gets free nodes, in which order, and what the others are told."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leasehold.engine.reason import Cause, Reason
from leasehold.lab import forecast, queue
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.config import LimitsConfig, OwnerLimits
from leasehold.lab.effects import End, Explain
from leasehold.lab.model import LeaseState, NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.precedence import PRIORITY_AGE, SHARE_AGE
from leasehold.lab.queue import OFFERS_RETRY
from tests.unit.lab.builders import NOW, a_type
from tests.unit.lab.queues import Line

SILENT = Reason(cause=Cause.CLOUD_BUSY, text="cloud c: timed out")
DAY = 86400


# -- all or nothing ----------------------------------------------------------------------------------


def test_a_lease_gets_the_first_free_nodes() -> None:
    line = Line(a=4)
    lease = line.ask(2)
    assert line.serve().wake_at == NOW + DAY
    assert line.held(lease) == ["a1", "a2"]


def test_who_came_first_is_served_first_and_a_node_is_given_once() -> None:
    line = Line(a=4)
    first, second, third = line.ask(1), line.ask(2), line.ask(2)
    line.serve()
    assert (line.held(first), line.held(second)) == (["a1"], ["a2", "a3"])
    assert line.held(third) == []


def test_nodes_are_locked_by_name_all_or_none() -> None:
    line = Line(a=3)
    one = line.ask(1, nodes=(NodeName("a2"),))
    line.serve()
    both = line.ask(2, nodes=(NodeName("a2"), NodeName("a3")))
    line.serve()
    assert line.held(both) == []
    assert line.outlook(both).blocks[0].text == "a2 is held by ann until 2027-01-15 09:00:00 UTC"
    line.give_back(one)
    line.serve()
    assert line.held(both) == ["a2", "a3"]


def test_several_machine_types_are_one_lease_and_one_type_is_preferred() -> None:
    line = Line(a=2, b=3)
    three, two = line.ask(3, "a|b"), line.ask(2, "a|b")
    line.serve()
    assert line.held(three) == ["b1", "b2", "b3"]
    assert line.held(two) == ["a1", "a2"]
    line.give_back(three)
    line.give_back(two)
    mixed = line.ask(5, "a|b")
    line.serve()
    assert line.held(mixed) == ["a1", "a2", "b1", "b2", "b3"]


def test_only_nodes_with_the_system_that_is_asked_for_are_given() -> None:
    rows = [
        NodeRow(name=NodeName("x1"), machine_type="x", os_type="rhel", arch="x86_64"),
        NodeRow(name=NodeName("x2"), machine_type="x", os_type="ubuntu", os_version="22.04"),
    ]
    line = Line(rows=rows)
    ubuntu = line.ask(1, "x", os_type="ubuntu", os_version="22.04")
    line.serve()
    assert line.held(ubuntu) == ["x2"]
    more = line.ask(1, "x", os_type="ubuntu")
    line.serve()
    assert line.outlook(more).blocks[0].text == ("0 of 1 nodes of x with ubuntu are free, 1 wanted")


def test_two_who_want_the_same_two_types_never_block_each_other_for_ever() -> None:
    line = Line(a=2, b=2)
    first = line.ask(1, "a"), line.ask(1, "b")
    line.serve()
    one, other = line.ask(4, "a|b"), line.ask(4, "b|a")
    line.serve()
    for lease in first:
        line.give_back(lease)
    line.serve()
    assert len(line.held(one)) == 4
    line.give_back(one)
    line.serve()
    assert len(line.held(other)) == 4


# -- order -------------------------------------------------------------------------------------------


def test_a_higher_priority_goes_first_and_can_be_given_while_waiting() -> None:
    line = Line(a=1)
    busy = line.ask()
    line.serve()
    low, high = line.ask(priority=0, owner="bob"), line.ask(priority=1, owner="cid")
    assert line.outlook(high).position == 1
    line.give_back(busy)
    line.serve()
    assert (line.held(high), line.held(low)) == (["a1"], [])


def test_who_holds_least_goes_first_and_many_locks_of_one_do_not_keep_out_another() -> None:
    line = Line(a=4)
    flood = [line.ask(1, owner="ann") for _ in range(8)]
    line.serve()
    line.wait(60)
    late = line.ask(1, owner="bob")
    assert line.outlook(late).position == 1
    line.give_back(flood[0])
    line.serve()
    assert line.held(late) == ["a1"]


def test_two_floods_are_served_in_turn() -> None:
    line = Line(a=6)
    busy = line.ask(6, owner="eve")
    line.serve()
    ann = [line.ask(1, owner="ann") for _ in range(6)]
    bob = [line.ask(1, owner="bob") for _ in range(6)]
    line.give_back(busy)
    line.serve()
    assert sum(bool(line.held(each)) for each in ann) == 3
    assert sum(bool(line.held(each)) for each in bob) == 3


def test_who_asked_for_many_waits_anew_for_the_next_when_one_of_them_is_served() -> None:
    line = Line(a=1)
    busy = line.ask(owner="eve", seconds=DAY)
    line.serve()
    first, second = line.ask(owner="ann"), line.ask(owner="ann")
    line.wait(3 * PRIORITY_AGE)
    line.give_back(busy)
    line.serve()
    assert line.held(first) == ["a1"]
    fresh = line.ask(owner="bob")
    assert (line.outlook(fresh).position, line.outlook(second).position) == (1, 2)
    line.wait(2 * SHARE_AGE)
    late = line.ask(owner="cid")
    assert line.outlook(second).position < line.outlook(late).position


def test_waiting_weighs_more_than_a_share_and_a_priority_in_the_end() -> None:
    line = Line(a=3)
    line.ask(2, owner="ann", seconds=DAY)
    busy = line.ask(1, owner="eve", seconds=DAY)
    line.serve()
    old = line.ask(1, owner="ann")
    line.wait(2 * SHARE_AGE + 1)
    fresh = line.ask(1, owner="bob")
    assert line.outlook(old).position == 1
    urgent = line.ask(1, owner="cid", priority=1)
    assert line.outlook(urgent).position == 1
    line.wait(PRIORITY_AGE)
    late = line.ask(1, owner="dan", priority=1)
    assert line.outlook(old).position < line.outlook(late).position
    line.give_back(busy)
    line.serve()
    assert line.held(urgent) == ["a3"]
    assert line.held(old) == line.held(fresh) == line.held(late) == []
    assert line.outlook(old).position == 1


# -- nobody is passed for ever -----------------------------------------------------------------------


def test_a_small_lease_does_not_overtake_a_large_one_for_good() -> None:
    line = Line(a=4)
    line.ask(1, owner="eve", seconds=600)
    line.serve()
    large = line.ask(4, owner="ann")
    small = line.ask(1, owner="bob", seconds=3600)
    line.serve()
    assert line.held(small) == []
    assert line.outlook(small).blocks[0].text == (
        "3 of 3 free nodes are kept for who waits longer for more; place 2 in the queue"
    )
    line.wait(601)
    line.serve()
    assert len(line.held(large)) == 4


def test_a_large_one_keeps_its_age_when_its_owner_is_given_others_out_of_turn() -> None:
    line = Line(a=4, b=1)
    line.ask(1, owner="eve", seconds=None)
    line.serve()
    large = line.ask(4, owner="ann")
    line.wait(PRIORITY_AGE)
    small, elsewhere = line.ask(1, owner="ann"), line.ask(1, "b", owner="ann")
    line.serve()
    assert line.held(small) != []
    assert line.held(elsewhere) != []
    line.ask(4, owner="bob")
    assert line.outlook(large).position == 1


def test_what_ends_before_the_large_one_can_start_does_not_delay_it_and_goes_in_between() -> None:
    line = Line(a=4)
    line.ask(1, owner="eve", seconds=7200)
    line.serve()
    large = line.ask(4, owner="ann")
    line.serve()
    small = line.ask(1, owner="bob", seconds=3600)
    line.serve()
    assert line.held(small) == ["a2"]
    line.wait(7201)
    line.serve()
    assert len(line.held(large)) == 4


def test_an_extension_of_one_that_went_in_between_lets_no_more_go_in_between() -> None:
    line = Line(a=2)
    line.ask(1, owner="eve", seconds=4000)
    line.serve()
    large = line.ask(2, owner="ann")
    between = line.ask(1, owner="bob", seconds=3600)
    line.serve()
    assert line.held(between) == ["a2"]
    line.extend(between, 9000)
    line.wait(4001)
    more = line.ask(1, owner="cid", seconds=60)
    line.serve()
    assert line.held(more) == []
    line.wait(9000)
    line.serve()
    assert len(line.held(large)) == 2


def test_who_hangs_on_a_lease_without_end_or_a_node_that_is_down_keeps_nothing_idle() -> None:
    for obstacle in ("held", "down"):
        line = Line(a=3)
        if obstacle == "held":
            line.ask(1, owner="eve", seconds=None)
            line.serve()
        else:
            line.mark_down("a1")
        large = line.ask(3, owner="ann")
        small = line.ask(1, owner="bob", seconds=DAY)
        line.serve()
        assert line.held(small) == ["a2"]
        assert line.outlook(large).starts_at is None


def test_the_end_of_each_hold_is_looked_up_once_for_all_who_want_the_same(monkeypatch) -> None:
    line = Line(a=4, b=4)
    for kind in "ab":
        line.ask(3, kind, owner="eve")
    line.serve()
    for number in range(5):
        line.ask(2, "a", owner=f"ann{number}")
    line.ask(2, "b", owner="bob")
    looked_up = []

    def end_of(lease: LeaseRow, hold: Hold, *rest: object) -> float:
        looked_up.append(hold.node)
        return forecast.end_of(lease, hold, *rest)

    monkeypatch.setattr(queue, "end_of", end_of)
    assert len(line.serve().promises) == 6
    assert sorted(looked_up) == ["a1", "a2", "a3", "b1", "b2", "b3"]


# -- limits ------------------------------------------------------------------------------------------


def test_an_owner_at_the_limit_waits_for_their_own_and_keeps_nobody_out() -> None:
    limits = LimitsConfig(nodes=2, owners={"eve": OwnerLimits(leases=1)})
    line = Line(a=6, limits=limits)
    first, second = line.ask(2, owner="ann"), line.ask(1, owner="ann")
    other = line.ask(1, owner="bob")
    eve = line.ask(3, owner="eve"), line.ask(1, owner="eve")
    line.wait(1)
    line.serve()
    assert line.held(other) != []
    assert [bool(line.held(each)) for each in eve] == [True, False]
    reason = line.book.leases[second].reason
    assert reason.text == "ann may hold 2 nodes, holds 2 and wants 1 more"
    assert (reason.cause, reason.have, reason.want) == (Cause.LIMIT, 2, 2)
    assert "eve may hold 1 leases" in line.outlook(eve[1]).blocks[0].text
    line.give_back(first)
    line.give_back(other)
    line.serve()
    assert line.held(second) != []


# -- what is told ------------------------------------------------------------------------------------


def test_who_waits_is_told_the_numbers() -> None:
    line = Line(a=4)
    line.ask(2)
    line.serve()
    line.mark_down("a4")
    line.ask(2, owner="bob")
    last = line.ask(3, owner="cid")
    line.serve()
    reason = line.outlook(last).blocks[0]
    assert reason.text == "1 of 4 nodes of a are free, 3 wanted; 1 are down; place 2 in the queue"
    assert (reason.cause, reason.have, reason.want) == (Cause.NODES_BUSY, 1, 3)


def test_who_waits_for_a_node_by_name_is_told_who_has_it_or_why_it_is_down() -> None:
    line = Line(a=5)
    line.ask(1, nodes=(NodeName("a1"),), owner="bob", seconds=None)
    line.serve()
    line.mark_down("a1")
    line.mark_down("a2", note="no disk")
    line.mark_down("a3", note="no answer", down_by_check=True)
    line.nodes.note(NodeName("a4"), held=False, occupied=True)

    def why(*names: str) -> tuple[str, Cause]:
        lease = line.ask(len(names), nodes=tuple(map(NodeName, names)))
        line.serve()
        reason = line.outlook(lease).blocks[0]
        assert line.book.leases[lease].reason == reason
        line.give_back(lease)
        return reason.text, reason.cause

    assert why("a2", "a5") == ("a2 is down: no disk", Cause.DOWN)
    assert why("a3") == ("a3 is down: no answer", Cause.UNHEALTHY)
    assert why("a4") == ("a4 is being given back", Cause.NODES_BUSY)
    text = "a4 is being given back; a1 is down, and held by bob, without end"
    assert why("a4", "a1") == (text, Cause.DOWN)


def test_who_was_told_is_not_told_again() -> None:
    line = Line(a=2)
    line.ask(2)
    line.serve()
    line.ask()
    assert [type(each) for each in line.serve().effects] == [Explain]
    assert line.serve().effects == ()


def test_the_time_of_ones_turn_is_told_as_far_as_it_can_be_known() -> None:
    line = Line(a=2)
    line.ask(1, seconds=600)
    line.ask(1, seconds=1200)
    line.serve()
    first, second = line.ask(2, owner="bob", seconds=100), line.ask(1, owner="cid")
    assert line.outlook(first).starts_at == NOW + 1200 + 5
    assert line.outlook(second).starts_at == NOW + 1200 + 5 + (10 + 100 + 5)


# -- no hope -----------------------------------------------------------------------------------------


def test_a_lease_that_waited_too_long_fails_and_the_next_moves_up() -> None:
    line = Line(a=4)
    line.ask(1, owner="eve", seconds=None)
    line.serve()
    old = line.ask(4)
    line.wait(DAY)
    line.ask(3)
    end, grant = line.serve().effects
    assert (end.lease, end.state, end.reason.cause) == (old, LeaseState.FAILED, Cause.DEADLINE)
    assert "no 4 free nodes of a in 1d" in end.reason.text
    assert len(grant.nodes) == 3


def test_a_lease_that_the_lab_can_never_serve_fails() -> None:
    line = Line(a=4)
    line.ask(5)
    line.ask(1, nodes=(NodeName("zz"),))
    line.ask(1, "b")
    assert [(type(each), each.reason.cause, each.reason.text) for each in line.serve().effects] == [
        (End, Cause.REFUSED, "5 nodes wanted; a has only 4 now"),
        (End, Cause.NOT_FOUND, "zz: no such node any more"),
        (End, Cause.NOT_FOUND, "machine type b is not in the configuration any more"),
    ]


def test_nothing_is_granted_before_the_cloud_told_what_it_offers_but_of_another_type() -> None:
    line = Line(a=1, b=1, types={"a": a_type(), "b": a_type(cloud="d")})
    line.mute["c"] = SILENT
    only, either = line.ask(1, "a"), line.ask(1, "a|b")
    served = line.serve()
    assert served.wake_at == NOW + OFFERS_RETRY
    assert line.book.leases[only].reason == SILENT
    assert line.held(either) == ["b1"]
    assert line.serve().effects == ()


def test_a_cloud_that_does_not_tell_does_not_stop_the_clock() -> None:
    line = Line(a=1, types={"a": a_type()})
    line.mute["c"] = SILENT
    line.ask()
    line.wait(DAY)
    (end,) = line.serve().effects
    assert end.reason.cause is Cause.DEADLINE


# -- whatever happens --------------------------------------------------------------------------------

TYPES = st.sampled_from(["a", "b", "a|b"])
OWNERS = st.sampled_from(["ann", "bob", "cid"])
WISHES = st.tuples(st.integers(1, 3), TYPES, OWNERS, st.integers(0, 2), st.integers(30, 900))
STEPS = st.one_of(
    st.tuples(st.just("ask"), WISHES),
    st.tuples(st.just("give_back"), st.integers(0, 50)),
    st.tuples(st.just("extend"), st.integers(0, 50)),
    st.tuples(st.just("wait"), st.integers(1, 600)),
)


AT_THE_LIMIT = [(1, "a", "ann"), (1, "a", "ann"), (3, "a", "bob"), (2, "b", "bob")]
"""Of one owner, the first waits for nodes, until the second is served in the same look."""


def act(line: Line, step: tuple) -> None:
    what, with_ = step
    ready = [lease.id for lease in line.book.leases.values() if not lease.waits]
    match what:
        case "ask":
            count, machine_type, owner, priority, seconds = with_
            line.ask(count, machine_type, owner=owner, priority=priority, seconds=seconds)
        case "wait":
            line.wait(with_)
        case "give_back" if ready:
            line.give_back(ready[with_ % len(ready)])
        case "extend" if ready:
            lease = ready[with_ % len(ready)]
            if line.book.leases[lease].seconds < 1800:
                line.extend(lease, 300)


@given(st.lists(STEPS, max_size=60), st.booleans())
@example([("ask", (each, kind, owner, 0, 30)) for each, kind, owner in AT_THE_LIMIT], True)
@settings(max_examples=60, deadline=None)
def test_no_node_has_two_holders_and_none_is_idle_without_need(steps: list, limited: bool) -> None:
    line = Line(a=3, b=3, limits=LimitsConfig(nodes=4) if limited else LimitsConfig())
    for step in steps:
        act(line, step)
        served = line.serve()
        more = [each for each in line.serve().effects if not isinstance(each, Explain)]
        assert not more, (
            "one look decides all there is to decide; what was granted in it may be told"
        )
        if served.promises:
            continue
        for lease in line.queue().waiting:
            free = line.nodes.count(lease.machine_types).free
            blocked = [each.cause for each in line.outlook(lease.id).blocks]
            assert free < lease.count or Cause.LIMIT in blocked


@given(st.lists(WISHES, min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("wanted", [(6, "a|b"), (3, "a"), (1, "b")])
def test_every_wish_is_served_whatever_comes_after_it(wanted, rivals, chance) -> None:
    """Others ask on and on, urgently, and extend what they have as long as they may."""
    line = Line(a=3, b=3)
    for count, kind, owner, priority, seconds in rivals:
        line.ask(count, kind, owner=owner, priority=priority, seconds=seconds)
    line.serve()
    lease = line.ask(*wanted, owner="eve")
    asked_at = line.now
    while not line.held(lease):
        for count, kind, owner, priority, seconds in rivals:
            if len(line.queue().waiting) < 12:
                line.ask(count, kind, owner=owner, priority=priority, seconds=seconds)
        if chance.random() < 0.5:
            act(line, ("extend", chance.randrange(50)))
        line.serve()
        line.wait(chance.uniform(30, 300))
        assert line.now < asked_at + 12 * 3600, "it waits for ever"
