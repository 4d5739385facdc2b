"""When to look again at what."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.alarms import Alarms

ONE, TWO = ("lease", "one"), ("queue", "one")


def test_what_is_due_is_taken_out_once() -> None:
    alarms = Alarms()
    alarms.put(ONE, 5.0)
    alarms.put(TWO, 3.0)
    assert alarms.next_at() == 3.0
    assert alarms.due(2.9) == set()
    assert alarms.due(5.0) == {ONE, TWO}
    assert alarms.due(9.0) == set()
    assert alarms.next_at() is None


def test_a_later_time_replaces_an_earlier_one() -> None:
    alarms = Alarms()
    alarms.put(ONE, 5.0)
    alarms.put(ONE, 7.0)
    assert alarms.due(6.0) == set()
    assert alarms.due(7.0) == {ONE}


def test_none_takes_a_time_away() -> None:
    alarms = Alarms()
    alarms.put(ONE, 5.0)
    alarms.put(ONE, None)
    alarms.put(TWO, None)
    assert alarms.next_at() is None


def test_putting_times_anew_for_ever_takes_no_memory() -> None:
    alarms = Alarms()
    for number in range(10_000):
        alarms.put(ONE, float(number))
    assert len(alarms._heap) < 100


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.none() | st.integers(0, 20), st.booleans()),
        max_size=60,
    )
)
def test_it_agrees_with_a_plain_dictionary(steps) -> None:
    alarms, times = Alarms(), {}
    for name, at, look in steps:
        topic = ("lease", name)
        if look and at is not None:
            expected = {each for each, when in times.items() if when <= at}
            assert alarms.due(at) == expected
            times = {each: when for each, when in times.items() if each not in expected}
        else:
            alarms.put(topic, at)
            times.pop(topic, None)
            if at is not None:
                times[topic] = at
        assert alarms.next_at() == min(times.values(), default=None)
