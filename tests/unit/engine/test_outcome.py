"""What each end of a call means in each state."""

import pytest

from leasehold.engine import outcome
from leasehold.engine.cloud import CloudBusy, CloudError, CloudRefused, CloudUnsure, Kind, Refusal
from leasehold.engine.outcome import (
    CONFLICT_TRIES,
    LONGEST_PAUSE,
    QUOTA_PAUSE,
    UNSURE_TRIES,
    deleted,
    interrupted,
    made,
    not_deleted,
    not_made,
)
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row, State
from leasehold.engine.table import SLOWEST_RETRY
from tests.unit.engine.builders import NOW, a_row, a_sighting


def refused(why: Refusal) -> CloudRefused:
    return CloudRefused("no", why=why, status=400, request_id="req-1")


ERRORS: list[CloudError] = [
    *map(refused, Refusal),
    CloudBusy("later"),
    CloudBusy("later", retry_after=9),
    CloudUnsure("cut"),
    CloudError("anything else"),
]


def making(**fields: object) -> Row:
    return a_row(state=State.MAKING, **fields)


# -- making ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.MAKING, State.UNSURE])
def test_an_order_that_was_taken_is_building_or_up(state: State) -> None:
    row = made(a_row(state=state), a_sighting(status="BUILD"), NOW)
    assert (row.state, row.cloud_id, row.called_at) == (State.BUILDING, "cloud-server-1", NOW)
    assert made(a_row(state=state), a_sighting(), NOW).state is State.UP


@pytest.mark.parametrize("state", [s for s in State if s not in (State.MAKING, State.UNSURE)])
def test_an_answer_that_comes_when_all_is_settled_changes_nothing(state: State) -> None:
    row = a_row(state=state)
    assert made(row, a_sighting(), NOW) is row


def test_an_order_taken_in_error_has_failed() -> None:
    row = made(making(), a_sighting(status="ERROR", fault="no"), NOW)
    assert (row.state, row.failure.text) == (State.LEAVING, "no")


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("state", [s for s in State if s is not State.MAKING])
def test_a_failed_order_means_nothing_to_a_row_that_went_on(state: State, error) -> None:
    row = a_row(state=state)
    assert not_made(row, error, NOW) is row


@pytest.mark.parametrize(
    ("why", "cause"),
    [
        (Refusal.NOT_FOUND, Cause.NOT_FOUND),
        (Refusal.BAD_REQUEST, Cause.REFUSED),
        (Refusal.FORBIDDEN, Cause.CREDENTIALS),
        (Refusal.CREDENTIALS, Cause.CREDENTIALS),
    ],
)
def test_a_refusal_for_good_is_told_at_once_with_the_clouds_words(why, cause) -> None:
    row = not_made(making(), refused(why), NOW)
    assert row.state is State.GONE
    assert (row.failure.cause, row.failure.text, row.failure.request_id) == (cause, "no", "req-1")


def test_a_refusal_for_quota_waits_and_shuts_its_kind() -> None:
    row = not_made(making(), refused(Refusal.QUOTA), NOW)
    assert (row.state, row.failure, row.wake_at) == (State.PLANNED, None, NOW + QUOTA_PAUSE)
    assert row.reason.cause is Cause.QUOTA_FULL
    kind, reason = outcome.shuts(row, refused(Refusal.QUOTA), NOW)
    assert kind is Kind.SERVER
    assert reason.until.timestamp() == NOW + QUOTA_PAUSE


@pytest.mark.parametrize("error", [e for e in ERRORS if getattr(e, "why", None) != "quota"])
def test_other_errors_shut_nothing(error) -> None:
    assert outcome.shuts(making(), error, NOW) is None


def test_a_conflict_is_tried_a_few_times() -> None:
    row, pauses = making(calls=1), []
    while (after := not_made(row, refused(Refusal.CONFLICT), NOW)).state is State.PLANNED:
        pauses.append(after.wake_at - NOW)
        row = making(calls=after.calls + 1)
    assert pauses == [2, 4, 8, 16, 32]
    assert row.calls == CONFLICT_TRIES
    assert after.failure.cause is Cause.REFUSED


def test_a_busy_cloud_is_asked_again_when_it_says_or_ever_more_seldom() -> None:
    assert not_made(making(), CloudBusy("x", retry_after=9), NOW).wake_at == NOW + 9
    pauses = [not_made(making(calls=n), CloudBusy("x"), NOW).wake_at - NOW for n in (1, 2, 3, 50)]
    assert pauses == [2, 4, 8, SLOWEST_RETRY]


@pytest.mark.parametrize(("asked", "heeded"), [(-5.0, 0.0), (30.0, 30.0), (1e9, LONGEST_PAUSE)])
def test_a_retry_after_is_heeded_within_reason(asked: float, heeded: float) -> None:
    error = CloudBusy("x", retry_after=asked)
    assert outcome.pause(error) == heeded
    assert not_made(making(), error, NOW).wake_at == NOW + heeded
    assert not_deleted(a_row(state=State.DELETING), error, NOW).wake_at == NOW + heeded


def test_an_order_without_answer_is_looked_for_in_listings() -> None:
    row = not_made(making(), CloudUnsure("cut", request_id="req-2"), NOW)
    assert (row.state, row.called_at, row.failure) == (State.UNSURE, NOW, None)
    assert (row.reason.cause, row.reason.request_id) == (Cause.UNSURE, "req-2")


def test_an_order_that_never_gets_an_answer_is_given_up_but_still_looked_for() -> None:
    row = not_made(making(calls=UNSURE_TRIES), CloudUnsure("500", request_id="req-2"), NOW)
    assert row.state is State.UNSURE
    assert row.doomed
    assert "no clear answer to 3 orders; the last: 500" in row.failure.text


# -- deleting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_a_delete_that_was_taken_still_has_to_be_confirmed(known: bool) -> None:
    row = deleted(a_row(state=State.DELETING), NOW, known=known)
    assert (row.state, row.called_at) == (State.DELETING, NOW)
    assert row.reason.cause is Cause.DELETING


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_a_delete_that_failed_is_never_forgotten(error) -> None:
    row = not_deleted(a_row(state=State.DELETING, calls=4), error, NOW)
    assert (row.state, row.calls, row.called_at) == (State.LEAVING, 4, NOW)
    assert NOW <= row.wake_at <= NOW + SLOWEST_RETRY
    assert row.reason.text == error.message


@pytest.mark.parametrize("state", [s for s in State if s is not State.DELETING])
def test_a_delete_that_ends_when_the_row_went_on_changes_nothing(state: State) -> None:
    row = a_row(state=state)
    assert deleted(row, NOW, known=True) is row
    assert not_deleted(row, CloudUnsure("cut"), NOW) is row


# -- after a crash -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_after_a_crash_what_was_under_way_is_unsure_or_deleted_again(state: State) -> None:
    row = a_row(state=state, calls=3)
    after = interrupted(row, NOW)
    if state is State.MAKING:
        assert (after.state, after.called_at, after.calls) == (State.UNSURE, NOW, 3)
    elif state is State.DELETING:
        assert (after.state, after.calls) == (State.LEAVING, 3)
    elif state is State.GROWING:
        assert (after.state, after.called_at) == (State.GROWING, NOW)
    else:
        assert after is row
