"""When to look again at what, though nothing happened to it: one time per topic, earliest first."""

import heapq
from typing import Literal

Topic = tuple[Literal["lease", "queue", "health"], str]
"""What a decision of the lab is about: one lease with nodes in hand, or one machine type's queue."""


class Alarms:
    """At most one time per topic, in memory that does not grow by being put anew."""

    def __init__(self) -> None:
        self._at: dict[Topic, float] = {}
        self._heap: list[tuple[float, Topic]] = []

    def put(self, topic: Topic, at: float | None) -> None:
        """Replace the time of a topic; None: time alone does not change it."""
        if at is None:
            self._at.pop(topic, None)
            return
        if self._at.get(topic) == at:
            return
        self._at[topic] = at
        heapq.heappush(self._heap, (at, topic))
        if len(self._heap) > 2 * len(self._at) + 64:
            self._heap = [(when, each) for each, when in self._at.items()]
            heapq.heapify(self._heap)

    def due(self, now: float) -> set[Topic]:
        """Take out every topic whose time has come."""
        found: set[Topic] = set()
        while (next_at := self.next_at()) is not None and next_at <= now:
            _, topic = heapq.heappop(self._heap)
            del self._at[topic]
            found.add(topic)
        return found

    def next_at(self) -> float | None:
        """The earliest time that is set."""
        while self._heap:
            at, topic = self._heap[0]
            if self._at.get(topic) == at:
                return at
            heapq.heappop(self._heap)
        return None

    def clear(self) -> None:
        self._at.clear()
        self._heap.clear()
