"""How many calls came in, and which."""

from collections import Counter
from threading import Lock

import msgspec


class Call(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One kind of call: the path as its route's template, so that ids do not matter."""

    service: str
    method: str
    template: str


class Requests:
    """Counts of the calls to the services (not of the admin routes). Safe in any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: Counter[Call] = Counter()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls[call] += 1

    @property
    def total(self) -> int:
        with self._lock:
            return self._calls.total()

    def by_call(self) -> dict[Call, int]:
        with self._lock:
            return dict(self._calls)

    def of(self, service: str, method: str | None = None, template: str | None = None) -> int:
        """How many calls of one service, perhaps of one method and one template only."""
        return sum(
            count
            for call, count in self.by_call().items()
            if call.service == service
            and method in (None, call.method)
            and template in (None, call.template)
        )

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()
