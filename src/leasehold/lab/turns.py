"""When owners were served, as far as it counts for what they wait for."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

Rank = tuple[int, int]
"""Where a lease stands among its owner's own: the least is served first."""

KEPT = 256
"""Turns that are kept of an owner and machine type: who stands before so many is before all anyway."""


class Turns:
    """Of each owner and machine type. Times are Unix seconds. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self._turns: defaultdict[tuple[str, str], list[tuple[Rank, float]]] = defaultdict(list)
        """By rank; the later ones are of later times, for what an earlier rank outdoes is left out."""

    def note(self, owner: str, machine_types: Iterable[str], rank: Rank, at: float) -> None:
        """A lease of this owner got its nodes."""
        for name in machine_types:
            turns = self._turns[owner, name]
            begin = bisect_left(turns, (rank,))
            if begin and turns[begin - 1][1] >= at:
                continue
            end = begin
            while end < len(turns) and turns[end][1] <= at:
                end += 1
            turns[begin:end] = [(rank, at)]
            del turns[:-KEPT]

    def last_before(self, owner: str, machine_types: Iterable[str], rank: Rank) -> float:
        """When the last was served of those that stood before a lease of this owner; 0: never."""
        found = 0.0
        for name in machine_types:
            turns = self._turns.get((owner, name), [])
            place = bisect_left(turns, (rank,))
            if place:
                found = max(found, turns[place - 1][1])
        return found
