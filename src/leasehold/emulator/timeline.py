"""Time as the emulator lives it: what the clock says, and what happens later."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Protocol

import msgspec


class Delay(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How long a transition takes: seconds, drawn from a triangular distribution."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.mode <= self.high:
            raise ValueError(
                f"a delay of {self.low}, {self.mode}, {self.high} seconds is out of order: "
                "give lowest, usual and highest, none below 0"
            )

    def draw(self, random: Random) -> float:
        return random.triangular(self.low, self.high, self.mode)

    @classmethod
    def parse(cls, text: str) -> "Delay":
        """Read ``LOW,MODE,HIGH`` or a single number of seconds."""
        try:
            numbers = [float(part) for part in text.split(",")]
            low, mode, high = numbers * 3 if len(numbers) == 1 else numbers
        except ValueError as error:
            raise ValueError(
                f"{text!r} is not a delay: give seconds as LOW,USUAL,HIGH (1,2,4) or one number"
            ) from error
        return cls(low=low, mode=mode, high=high)


def fixed(seconds: float) -> Delay:
    """A delay without variation."""
    return Delay(low=seconds, mode=seconds, high=seconds)


NO_DELAY = fixed(0)


class Timer(Protocol):
    """Something that will happen, unless it is cancelled."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Where time comes from: the event loop, or a test's own hand."""

    def now(self) -> datetime:
        """The time of day, in UTC."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer: ...


class LoopClock:
    """The running event loop's time and the system's time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds, callback)


class Timeline:
    """Makes things happen after a delay, with randomness of its own seed."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random

    def now(self) -> datetime:
        return self._clock.now()

    def draw(self, delay: Delay) -> float:
        """A number of seconds from `delay`, for a way of several steps."""
        return delay.draw(self._random)

    def after(self, delay: Delay, callback: Callable[[], None]) -> Timer:
        """Call `callback` once, after a time drawn from `delay`."""
        return self._clock.call_later(delay.draw(self._random), callback)

    async def elapse(self, seconds: float) -> None:
        """Return after `seconds`: the latency that a fault asks for."""
        done = asyncio.Event()
        timer = self._clock.call_later(seconds, done.set)
        try:
            await done.wait()
        finally:
            timer.cancel()
