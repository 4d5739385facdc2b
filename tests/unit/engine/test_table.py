"""The state machine as a whole: no state without a way to the end, no edge into nowhere."""

import pytest

from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State
from leasehold.engine.table import (
    OPEN_STATES,
    PROOFS,
    SLOWEST_RETRY,
    TABLE,
    USABLE_STATUS,
    Event,
    backoff,
    fail,
    is_error,
    step,
)
from tests.unit.engine.builders import NOW, a_row

REASON = Reason(cause=Cause.BUILD_FAILED, text="broke")


def reachable(start: State) -> set[State]:
    found, fringe = {start}, [start]
    while fringe:
        here = fringe.pop()
        for (state, _), after in TABLE.items():
            if state is here and after not in found:
                found.add(after)
                fringe.append(after)
    return found


@pytest.mark.parametrize("state", State)
def test_every_state_can_end_in_gone(state: State) -> None:
    assert State.GONE in reachable(state)


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_from_planned(state: State) -> None:
    assert state in reachable(State.PLANNED)


def test_every_event_has_a_place() -> None:
    assert {event for _, event in TABLE} == set(Event)


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_every_open_state_can_be_left(state: State) -> None:
    assert {after for (before, _), after in TABLE.items() if before is state} - {state}


@pytest.mark.parametrize("state", [State.PLANNED, State.BUILDING, State.UP])
def test_what_nobody_wants_can_go_from_where_it_rests(state: State) -> None:
    assert (state, Event.DROPPED) in TABLE


@pytest.mark.parametrize("state", [s for s in State if s not in (State.PLANNED, State.MAKING)])
def test_only_what_was_never_made_is_gone_without_a_listing(state: State) -> None:
    shortcuts = {event for (s, event), after in TABLE.items() if s is state and after is State.GONE}
    assert shortcuts <= {Event.NOT_THERE}


def test_every_state_whose_absence_means_something_knows_what_then() -> None:
    assert {state for state, event in TABLE if event is Event.NOT_THERE} == set(PROOFS)


@pytest.mark.parametrize(("state", "event"), [(s, e) for s in State for e in Event])
def test_an_event_out_of_place_is_a_mistake_and_nothing_else(state: State, event: Event) -> None:
    row = a_row(state=state)
    if (state, event) in TABLE:
        assert step(row, event, NOW).state is TABLE[state, event]
    else:
        with pytest.raises(KeyError):
            step(row, event, NOW)


def test_a_step_starts_the_state_afresh() -> None:
    row = a_row(state=State.BUILDING, absent=1, reason=REASON, wake_at=NOW + 5, calls=3)
    after = step(row, Event.USABLE, NOW)
    assert (after.since, after.absent, after.reason, after.wake_at, after.calls) == (
        NOW,
        0,
        None,
        None,
        0,
    )


@pytest.mark.parametrize(
    ("kind", "state", "after"),
    [
        (Kind.SERVER, State.PLANNED, State.GONE),
        (Kind.SERVER, State.MAKING, State.GONE),
        (Kind.SERVER, State.BUILDING, State.LEAVING),
        (Kind.VOLUME, State.UP, State.LEAVING),
    ],
)
def test_a_failure_is_kept_and_what_is_there_has_to_leave(
    kind: Kind, state: State, after: State
) -> None:
    row = fail(a_row(kind, state), REASON, NOW)
    assert (row.state, row.failure, row.doomed) == (after, REASON, True)


def test_the_first_failure_is_the_one_that_is_told() -> None:
    later = Reason(cause=Cause.DEADLINE, text="late")
    row = fail(a_row(state=State.BUILDING, failure=REASON), later, NOW)
    assert (row.failure, row.reason) == (REASON, later)


def test_the_pause_between_tries_doubles_up_to_a_cap() -> None:
    pauses = [backoff(calls) for calls in range(60)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == SLOWEST_RETRY


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_become_usable(kind: Kind) -> None:
    assert USABLE_STATUS[kind]
    assert not any(is_error(kind, status) for status in USABLE_STATUS[kind])


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        (Kind.SERVER, "ERROR", True),
        (Kind.VOLUME, "ERROR_DELETING", True),
        (Kind.PORT, "ERROR", False),
        (Kind.FLOATING_IP, "ERROR", False),
        (Kind.SERVER, "ACTIVE", False),
    ],
)
def test_the_clouds_word_for_giving_up(kind: Kind, status: str, expected: bool) -> None:
    assert is_error(kind, status) is expected
