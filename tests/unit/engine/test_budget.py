"""How many calls we allow ourselves."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine.budget import Budget


def test_a_burst_may_leave_at_once_and_then_one_at_a_time() -> None:
    budget = Budget(rate=2.0, burst=5)
    assert budget.available(100.0) == 5
    budget.spend(5)
    assert budget.available(100.0) == 0
    assert budget.next_at(100.0) == 100.5
    assert budget.available(100.5) == 1


def test_a_long_rest_earns_no_more_than_a_burst() -> None:
    budget = Budget(rate=2.0, burst=5)
    budget.spend(5)
    budget.available(0.0)
    assert budget.available(1e9) == 5


def test_what_was_overspent_is_paid_off_first() -> None:
    budget = Budget(rate=0.5, burst=4)
    budget.available(0.0)
    budget.spend(10)
    assert budget.next_at(0.0) == 14.0
    assert budget.available(13.9) == 0
    assert budget.available(14.0) == 1


def test_a_pause_lets_nothing_leave_and_a_shorter_one_does_not_end_it() -> None:
    budget = Budget(rate=10.0, burst=5)
    budget.pause(until=60.0)
    budget.pause(until=30.0)
    assert (budget.available(59.0), budget.next_at(0.0)) == (0, 60.0)
    assert budget.available(60.0) == 5


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    budget = Budget(rate=1.0, burst=3)
    budget.available(1000.0)
    budget.spend(3)
    assert budget.available(0.0) == 0
    assert budget.available(2.0) == 2


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 10)), max_size=30),
    st.floats(0.1, 20),
    st.integers(1, 20),
)
def test_never_more_than_the_burst_and_the_rate_allow(steps, rate: float, burst: int) -> None:
    budget, now, spent = Budget(rate, burst), 0.0, 0
    for pause, wanted in steps:
        now += pause
        calls = min(wanted, budget.available(now))
        budget.spend(calls)
        spent += calls
        assert spent <= burst + rate * now + 1e-6
        assert budget.next_at(now) >= now
