"""Delays, and things that happen after them."""

from random import Random

import pytest

from leasehold.emulator.timeline import Delay, Timeline, fixed
from tests.unit.emulator.conftest import StepClock


def test_a_delay_stays_between_its_ends() -> None:
    delay, random = Delay(low=1, mode=2, high=4), Random(1)
    drawn = [delay.draw(random) for _ in range(1000)]
    assert 1 <= min(drawn) < 1.3
    assert 3.5 < max(drawn) <= 4


@pytest.mark.parametrize("numbers", [(2, 1, 3), (1, 3, 2), (-1, 0, 1)])
def test_numbers_out_of_order_are_no_delay(numbers: tuple[float, float, float]) -> None:
    low, mode, high = numbers
    with pytest.raises(ValueError, match="out of order"):
        Delay(low=low, mode=mode, high=high)


def test_a_delay_is_read_from_three_numbers_or_one() -> None:
    assert Delay.parse("1,2,4") == Delay(low=1, mode=2, high=4)
    assert Delay.parse("0.5") == fixed(0.5)


@pytest.mark.parametrize("text", ["", "1,2", "soon", "1,2,3,4"])
def test_anything_else_is_told_what_a_delay_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="LOW,USUAL,HIGH"):
        Delay.parse(text)


def test_the_same_seed_draws_the_same_delays() -> None:
    delay = Delay(low=1, mode=2, high=4)
    first, second = (Timeline(StepClock(), Random(5)) for _ in range(2))
    assert [first.draw(delay) for _ in range(5)] == [second.draw(delay) for _ in range(5)]


def test_a_cancelled_timer_does_not_fire() -> None:
    clock, fired = StepClock(), list[str]()
    timeline = Timeline(clock, Random(1))
    timeline.after(fixed(1), lambda: fired.append("kept"))
    timeline.after(fixed(1), lambda: fired.append("cancelled")).cancel()
    clock.advance(0.9)
    assert fired == []
    clock.advance(0.1)
    assert fired == ["kept"]
