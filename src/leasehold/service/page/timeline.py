"""A node's way as a picture: how long it was in each state. Pure; the template draws it."""

import math
from collections.abc import Sequence
from datetime import datetime

import msgspec

from leasehold.lab.duration import format_duration
from leasehold.lab.model import Event, NodeState

WIDTH = 960.0
"""In the picture's own units."""
_LATEST = 12
"""Periods that are drawn."""
_LEAST = 46.0
"""Width of the shortest period: a word fits."""

_STATES = {state.value for state in NodeState}


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A time that the node spent in one state, and where it is drawn."""

    state: str
    begin: datetime
    seconds: float
    reason: str
    x: float
    width: float

    @property
    def lasted(self) -> str:
        return format_duration(self.seconds)


def timeline(history: Sequence[Event], now: datetime) -> list[Period]:
    """The latest periods of a node, from its history, the oldest first.

    Widths grow with the logarithm of the time, so that seconds of a boot can be seen beside days of
    use.
    """
    moves: list[Event] = []
    for event in history:
        own = event.object is None and event.node is not None and event.state in _STATES
        if own and (not moves or moves[-1].state != event.state):
            moves.append(event)
    moves = moves[-_LATEST:]
    if not moves:
        return []
    ends = [*(event.at for event in moves[1:]), max(now, moves[-1].at)]
    lasted = [(end - event.at).total_seconds() for event, end in zip(moves, ends, strict=True)]
    weights = [math.log1p(max(0.0, each)) for each in lasted]
    spare = WIDTH - _LEAST * len(moves)
    if not sum(weights):
        weights = [1.0] * len(moves)
    whole = sum(weights)
    periods, x = [], 0.0
    for event, seconds, weight in zip(moves, lasted, weights, strict=True):
        width = _LEAST + spare * weight / whole
        periods.append(
            Period(
                state=event.state,
                begin=event.at,
                seconds=seconds,
                reason=str(event.reason or ""),
                x=round(x, 1),
                width=round(width, 1),
            )
        )
        x += width
    return periods


def told(periods: Sequence[Period]) -> str:
    """The same in words, for those who do not see the picture."""
    return ", ".join(f"{each.state} for {each.lasted}" for each in periods)
