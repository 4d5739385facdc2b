"""When a machine type whose boots fail is left alone, and for how long."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine.reason import Cause
from leasehold.lab.streak import FINE, FIRST_PAUSE, LONGEST_PAUSE, Streak, after, pause


def failed(streak: Streak, at: float, planned_at: float | None = None) -> Streak:
    begun = at if planned_at is None else planned_at
    return after(streak, ok=False, planned_at=begun, ended_at=at, text="no host", pause_after=3)


def worked(streak: Streak, at: float) -> Streak:
    return after(streak, ok=True, planned_at=at, ended_at=at, text="", pause_after=3)


def test_two_failures_are_chance_and_three_are_a_pause_that_says_so() -> None:
    two = failed(failed(FINE, 10), 20)
    assert pause(two, "demo", 20) is None
    reason = pause(failed(two, 30), "demo", 30)
    assert reason is not None
    assert reason.cause is Cause.BOOTS_FAIL
    assert reason.have == 3
    assert reason.until is not None
    assert reason.until.timestamp() == 30 + FIRST_PAUSE
    assert reason.text == (
        "boots of demo failed 3 times in a row; the next try is at 00:01:30 UTC; the last: no host"
    )


def test_after_the_pause_one_boot_at_a_time_is_tried() -> None:
    streak = failed(failed(failed(FINE, 10), 20), 30)
    reason = pause(streak, "demo", streak.until)
    assert reason is not None
    assert reason.until is None
    assert "one is tried" in reason.text


def test_a_boot_that_goes_well_ends_it() -> None:
    assert worked(failed(failed(failed(FINE, 10), 20), 30), 40) == FINE


def test_what_was_under_way_when_the_pause_began_makes_it_no_longer() -> None:
    streak = failed(failed(failed(FINE, 10), 20), 30)
    for _ in range(50):
        streak = failed(streak, 31, planned_at=5)
    assert streak.until == 30 + FIRST_PAUSE


def test_each_probe_that_fails_doubles_the_pause_up_to_an_hour() -> None:
    streak = failed(failed(failed(FINE, 10), 20), 30)
    pauses = []
    for _ in range(10):
        pauses.append(streak.until - streak.began_at)
        streak = failed(streak, streak.until)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE


_seconds = st.integers(0, 5000)


@given(st.lists(st.tuples(st.booleans(), _seconds, _seconds)), st.integers(1, 5))
def test_a_pause_has_always_its_reasons_and_its_end(told, pause_after: int) -> None:
    streak, now = FINE, 0.0
    for ok, took, rested in told:
        planned_at = now + rested
        now = planned_at + took
        streak = after(
            streak, ok=ok, planned_at=planned_at, ended_at=now, text="x", pause_after=pause_after
        )
        reason = pause(streak, "demo", now)
        assert (reason is None) == (streak.failures < pause_after)
        if reason is not None and reason.until is not None:
            assert now < reason.until.timestamp() <= now + LONGEST_PAUSE
