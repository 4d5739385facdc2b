"""What is done now with each row, and why not more."""

import pytest

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    FloatingIpSpec,
    Kind,
    Limit,
    Limits,
    ObjectId,
    PortSpec,
    ServerSpec,
    VolumeSpec,
)
from leasehold.engine.decide import DELETE_PATIENCE, DETACH_PATIENCE, Verb, decide, is_due, moment
from leasehold.engine.quota import Snapshot, Use
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from tests.unit.engine.builders import NOW, a_row, a_view

BROKE = Reason(cause=Cause.BUILD_FAILED, text="broke")
SERVER = ServerSpec(name="n1", flavor_id="f", ports=("port-1",))


def decided(*rows: Row, **fields: object):
    decision = decide(a_view(rows, **fields))
    return {row.id: row for row in decision.changed}, decision


def one(row: Row, *others: Row, **fields: object):
    changed, decision = decided(row, *others, due=[row], **fields)
    return changed.get(row.id, row), decision


def calls(decision) -> list[tuple[Verb, str]]:
    return [(action.verb, action.row.id) for action in decision.actions]


# -- making ------------------------------------------------------------------------------------------


def test_a_planned_row_is_made() -> None:
    row, decision = one(a_row(Kind.PORT, calls=0))
    assert (row.state, row.calls) == (State.MAKING, 1)
    assert calls(decision) == [(Verb.MAKE, "port-1")]
    assert decision.actions[0].row is row, "the committed row is the one that is sent"


@pytest.mark.parametrize("state", [s for s in State if s not in (State.UP, State.GONE)])
def test_what_it_needs_has_to_be_up_first(state: State) -> None:
    port = a_row(Kind.PORT, state)
    row, decision = one(a_row(spec=SERVER), port)
    assert row.state is State.PLANNED
    assert row.reason == Reason(cause=Cause.NEEDS, text="waits for its port")
    assert decision.actions == ()


def test_what_it_needs_being_up_it_is_made() -> None:
    row, _ = one(a_row(spec=SERVER), a_row(Kind.PORT, State.UP))
    assert row.state is State.MAKING


@pytest.mark.parametrize(
    "port",
    [
        None,
        a_row(Kind.PORT, State.GONE),
        a_row(Kind.PORT, State.UP, wanted=False),
        a_row(Kind.PORT, State.LEAVING, failure=BROKE),
    ],
)
def test_what_needs_something_that_is_not_to_be_had_fails(port: Row | None) -> None:
    row, decision = one(a_row(spec=SERVER), *([port] if port else []))
    assert row.state is State.GONE
    assert row.failure is not None
    assert row.failure == (BROKE if port and port.failure else row.failure)
    assert decision.actions == ()


def test_what_failed_in_the_same_pass_fails_what_needs_it() -> None:
    none = Snapshot(limits=Limits(ports=Limit(total=0)), ours=Use())
    rows = a_row(Kind.PORT, created_at=NOW - 90), a_row(spec=SERVER, created_at=NOW - 80)
    changed, _ = decided(*rows, snapshot=none)
    assert {row.state for row in changed.values()} == {State.GONE}
    assert {row.failure.cause for row in changed.values() if row.failure} == {Cause.QUOTA}


def test_an_attachment_gets_the_identity_of_its_pair() -> None:
    rows = (
        a_row(Kind.ATTACHMENT),
        a_row(Kind.SERVER, State.UP, cloud_id=CloudId("s")),
        a_row(Kind.VOLUME, State.UP, cloud_id=CloudId("v")),
    )
    row, _ = one(*rows)
    assert row.cloud_id == "s/v"


def test_what_was_put_off_waits_until_then() -> None:
    row, decision = one(a_row(wake_at=NOW + 7, reason=BROKE))
    assert (row.state, decision.wake_at) == (State.PLANNED, NOW + 7)
    row, _ = one(a_row(wake_at=NOW))
    assert row.state is State.MAKING


@pytest.mark.parametrize("state", [State.PLANNED, State.BUILDING, State.LEAVING, State.DELETING])
def test_a_row_with_a_call_under_way_is_left_alone(state: State) -> None:
    row = a_row(state=state, since=NOW - 1e6, called_at=NOW - 1e6, wanted=False)
    after, decision = one(row, in_flight={row.id})
    assert after is row
    assert decision.actions == ()


def test_a_row_that_waits_for_an_answer_nobody_will_give_is_unsure() -> None:
    row, _ = one(a_row(state=State.MAKING))
    assert (row.state, row.called_at) == (State.UNSURE, NOW)


def test_an_unsure_row_waits_for_listings() -> None:
    row = a_row(state=State.UNSURE)
    after, decision = one(row)
    assert after is row
    assert decision.wake_at is None


# -- quota -------------------------------------------------------------------------------------------


def room(servers: int) -> Snapshot:
    return Snapshot(limits=Limits(servers=Limit(total=servers)), ours=Use())


def test_a_quota_that_can_never_do_fails_the_row() -> None:
    row, _ = one(a_row(), snapshot=room(0))
    assert (row.state, row.failure.cause) == (State.GONE, Cause.QUOTA)


def test_a_full_quota_is_waited_for() -> None:
    row, decision = one(a_row(), snapshot=room(3), ours=Use(servers=3))
    assert (row.state, row.reason.cause) == (State.PLANNED, Cause.QUOTA_FULL)
    assert (row.reason.have, row.reason.want) == (0, 1)
    assert decision.actions == ()


def test_a_limit_of_our_own_is_kept_beside_the_quota() -> None:
    ceiling = Snapshot(limits=Limits(servers=Limit(total=2)), ours=Use(), whose="our limit")
    row, _ = one(a_row(), snapshot=room(9), ceiling=ceiling, ours=Use(servers=2))
    assert (row.state, row.reason.cause) == (State.PLANNED, Cause.QUOTA_FULL)
    assert row.reason.text.startswith("0 of 2 servers are free in our limit")
    row, _ = one(a_row(), snapshot=room(9), ceiling=ceiling, ours=Use(servers=1))
    assert row.state is State.MAKING


def test_the_oldest_gets_what_the_quota_has_left() -> None:
    rows = [a_row(number=n, created_at=NOW - n) for n in range(1, 5)]
    _, decision = decided(*rows, snapshot=room(2))
    assert calls(decision) == [(Verb.MAKE, "server-4"), (Verb.MAKE, "server-3")]


def test_a_small_one_does_not_overtake_a_large_one_for_ever() -> None:
    def volume(number: int, size: int) -> Row:
        spec = VolumeSpec(name="v", size_gib=size)
        return a_row(Kind.VOLUME, number=number, spec=spec, created_at=NOW - 100 + number)

    snapshot = Snapshot(limits=Limits(volume_gib=Limit(total=100)), ours=Use())
    rows = volume(1, 80), volume(2, 10)
    changed, decision = decided(*rows, snapshot=snapshot, ours=Use(volume_gib=60))
    assert decision.actions == ()
    assert {row.reason.cause for row in changed.values()} == {Cause.QUOTA_FULL}


def test_what_waits_for_its_needs_does_not_count_yet() -> None:
    waiting = a_row(number=1, spec=SERVER, created_at=NOW - 99)
    free = a_row(number=2, created_at=NOW - 1)
    _, decision = decided(waiting, free, a_row(Kind.PORT, State.BUILDING), snapshot=room(1))
    assert (Verb.MAKE, "server-2") in calls(decision)


def test_a_kind_that_is_shut_waits_until_it_is_open_again() -> None:
    shut = Reason(cause=Cause.QUOTA_FULL, text="quota exceeded", until=moment(NOW + 20))
    row, decision = one(a_row(), shut={Kind.SERVER: shut})
    assert (row.state, row.reason, decision.wake_at) == (State.PLANNED, shut, NOW + 20)
    row, _ = one(a_row(Kind.PORT), shut={Kind.SERVER: shut})
    assert row.state is State.MAKING


# -- the budget --------------------------------------------------------------------------------------


def test_deletes_come_before_makes_and_the_old_before_the_young() -> None:
    rows = [
        a_row(number=1, created_at=NOW - 1),
        a_row(number=2, created_at=NOW - 9),
        a_row(number=3, state=State.UP, wanted=False, created_at=NOW - 2),
        a_row(number=4, state=State.LEAVING, failure=BROKE, created_at=NOW - 3),
    ]
    _, decision = decided(*rows)
    assert calls(decision) == [
        (Verb.DELETE, "server-4"),
        (Verb.DELETE, "server-3"),
        (Verb.MAKE, "server-2"),
        (Verb.MAKE, "server-1"),
    ]


def test_no_more_calls_leave_than_are_allowed_and_the_rest_say_why() -> None:
    rows = [a_row(number=n, created_at=NOW - n) for n in range(5)]
    changed, decision = decided(*rows, allowance=2, next_call_at=NOW + 0.3)
    assert len(decision.actions) == 2
    assert decision.wake_at == NOW + 0.3
    waiting = [row for row in changed.values() if row.state is State.PLANNED]
    assert {row.reason.cause for row in waiting} == {Cause.API_BUDGET}


def test_with_every_place_taken_only_an_answer_wakes_us() -> None:
    _, decision = one(a_row(), allowance=0, next_call_at=None)
    assert decision.wake_at is None


@pytest.mark.parametrize("cause", [Cause.API_BUDGET, Cause.NEEDS])
def test_a_reason_that_is_no_news_changes_nothing(cause: Cause) -> None:
    port = a_row(Kind.PORT, State.BUILDING)
    first, _ = one(a_row(spec=SERVER), port) if cause is Cause.NEEDS else one(a_row(), allowance=0)
    again, _ = one(first, port) if cause is Cause.NEEDS else one(first, allowance=0)
    assert first.reason.cause is cause
    assert again is first


# -- deadlines ---------------------------------------------------------------------------------------


def test_what_builds_in_time_is_left_alone_until_its_deadline() -> None:
    row = a_row(state=State.BUILDING, since=NOW - 60, patience=100)
    after, decision = one(row)
    assert after is row
    assert decision.wake_at == NOW + 40


def test_what_builds_too_long_is_given_up_and_deleted_at_once() -> None:
    row = a_row(state=State.BUILDING, since=NOW - 100, patience=100, status="BUILD")
    after, decision = one(row)
    assert after.state is State.DELETING
    assert after.failure.cause is Cause.DEADLINE
    assert "still BUILD after 100 s" in after.failure.text
    assert calls(decision) == [(Verb.DELETE, "server-1")]


def test_what_is_up_and_wanted_is_not_due() -> None:
    assert not is_due(a_row(state=State.UP))
    assert not is_due(a_row(state=State.GONE, wanted=False))
    assert is_due(a_row(state=State.UP, wanted=False))


# -- deleting ----------------------------------------------------------------------------------------


def test_a_planned_row_that_nobody_wants_needs_no_call() -> None:
    row, decision = one(a_row(wanted=False))
    assert row.state is State.GONE
    assert decision.actions == ()


@pytest.mark.parametrize("state", [State.BUILDING, State.UP, State.LEAVING])
def test_what_nobody_wants_is_deleted(state: State) -> None:
    row, decision = one(a_row(state=state, wanted=False))
    assert (row.state, row.called_at) == (State.DELETING, NOW)
    assert calls(decision) == [(Verb.DELETE, "server-1")]


@pytest.mark.parametrize("state", [State.MAKING, State.UNSURE])
def test_what_may_be_being_made_is_not_deleted_before_that_is_known(state: State) -> None:
    row = a_row(state=state, wanted=False)
    _, decision = one(row, in_flight={row.id})
    assert decision.actions == ()


@pytest.mark.parametrize("state", [s for s in State if s is not State.GONE])
def test_a_port_stays_until_its_server_is_gone(state: State) -> None:
    port = a_row(Kind.PORT, State.UP, wanted=False)
    row, decision = one(port, a_row(state=state, spec=SERVER))
    assert (row.state, row.reason.text) == (State.LEAVING, "stays until its server is gone")
    assert decision.actions == ()


def test_a_port_whose_server_is_gone_is_deleted() -> None:
    row, _ = one(a_row(Kind.PORT, State.LEAVING), a_row(state=State.GONE, spec=SERVER))
    assert row.state is State.DELETING


def test_a_port_stays_until_its_floating_ip_is_gone() -> None:
    floating = a_row(Kind.FLOATING_IP, State.UP)
    row, _ = one(a_row(Kind.PORT, State.UP, wanted=False), floating)
    assert row.reason.text == "stays until its floating ip is gone"


def test_a_boot_volume_stays_until_its_server_is_gone() -> None:
    spec = ServerSpec(name="n1", flavor_id="f", boot_volume="volume-1")
    volume = a_row(Kind.VOLUME, State.UP, wanted=False)
    row, _ = one(volume, a_row(state=State.DELETING, spec=spec))
    assert row.state is State.LEAVING
    row, _ = one(volume, a_row(state=State.GONE, spec=spec))
    assert row.state is State.DELETING


@pytest.mark.parametrize("wanted", [True, False])
def test_a_server_does_not_wait_for_attachments_that_go_with_it(wanted: bool) -> None:
    attachment = a_row(Kind.ATTACHMENT, State.UP, wanted=wanted)
    row, _ = one(a_row(state=State.UP, wanted=False), attachment)
    assert row.state is State.DELETING


def test_an_attachment_goes_with_its_server_without_a_call() -> None:
    attachment = a_row(Kind.ATTACHMENT, State.UP, wanted=False)
    row, decision = one(attachment, a_row(state=State.DELETING, wanted=False))
    assert (row.state, row.reason.text) == (State.LEAVING, "goes with its server")
    assert decision.actions == ()


def test_an_attachment_that_outlives_its_server_is_taken_off() -> None:
    gone = a_row(state=State.GONE, wanted=False, since=NOW)
    attachment = a_row(Kind.ATTACHMENT, State.LEAVING)
    row, decision = one(attachment, gone)
    assert row.state is State.LEAVING
    assert decision.wake_at == NOW + DETACH_PATIENCE
    row, decision = one(attachment, gone, now=NOW + DETACH_PATIENCE)
    assert row.state is State.DELETING


def test_an_attachment_is_taken_off_a_server_that_stays() -> None:
    row, _ = one(a_row(Kind.ATTACHMENT, State.UP, wanted=False), a_row(state=State.UP))
    assert row.state is State.DELETING


def test_a_delete_without_effect_is_sent_again_ever_more_seldom() -> None:
    row = a_row(state=State.DELETING, called_at=NOW, calls=1)
    after, decision = one(row)
    assert after is row
    assert decision.wake_at == NOW + DELETE_PATIENCE
    after, decision = one(row, now=NOW + DELETE_PATIENCE)
    assert (after.state, after.calls, after.called_at) == (
        State.DELETING,
        2,
        NOW + DELETE_PATIENCE,
    )
    _, decision = one(after, now=NOW + DELETE_PATIENCE + 1)
    assert decision.wake_at == NOW + DELETE_PATIENCE + 2 * DELETE_PATIENCE


def test_a_delete_that_failed_waits_for_its_next_try() -> None:
    row, decision = one(a_row(state=State.LEAVING, wake_at=NOW + 4, wanted=False))
    assert (row.state, decision.wake_at) == (State.LEAVING, NOW + 4)


def test_a_stray_without_needs_is_deleted() -> None:
    for spec in (
        PortSpec(name="x", network_id=""),
        FloatingIpSpec(network_id="", port=""),
        ServerSpec(name="x", flavor_id=""),
        AttachmentSpec(server="", volume=""),
    ):
        row = a_row(state=State.LEAVING, spec=spec, id=ObjectId("stray"), wanted=False)
        after, _ = one(row)
        assert after.state is State.DELETING
