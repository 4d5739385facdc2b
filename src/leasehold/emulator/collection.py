"""Records of one kind, in the order they were made, with a memory of how it was before."""

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

HISTORY = timedelta(minutes=5)
"""How far back a stale listing can look."""


class Record(Protocol):
    """What a collection holds: frozen, replaced as a whole when it changes."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)


class Collection(Generic[R]):
    """Records by id, by owner and by time of change; nothing here costs more than O(log n).

    `owner` tells whose a record is (its project, as a rule); listings by owner are then cheap.
    Records are frozen: `put` replaces one, and so every state of the last five minutes can be
    shown again.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        owner: Callable[[R], str | None] = lambda record: None,
    ) -> None:
        self._now = now
        self._owner = owner
        self._next_number = 0
        self._undo: deque[tuple[datetime, str, int, R | None]] = deque()
        self._clear()

    def _clear(self) -> None:
        self._items: dict[str, R] = {}
        self._number: dict[str, int] = {}
        self._id_of: dict[int, str] = {}
        self._order: dict[str | None, list[int]] = {}
        self._everyone: list[int] = []
        self._changed: OrderedDict[str, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._items

    def __iter__(self) -> Iterator[R]:
        """All records, oldest first."""
        return iter(list(self._items.values()))

    def get(self, record_id: str) -> R | None:
        return self._items.get(record_id)

    def put(self, record: R) -> R:
        """Add the record, or replace the one of the same id (which keeps its place)."""
        old = self._items.get(record.id)
        number = self._number.get(record.id)
        if number is None:
            number = self._next_number
            self._next_number += 1
        self._remember(record.id, number, old)
        self._place(record, number, self._now())
        return record

    def remove(self, record_id: str) -> R | None:
        """Take the record out; None when it is not here."""
        old = self._items.get(record_id)
        if old is not None:
            self._remember(record_id, self._number[record_id], old)
            self._displace(record_id)
        return old

    def count(self, owner: str | None = None) -> int:
        return len(self._numbers(owner))

    def oldest(self, owner: str | None = None, *, after: str | None = None) -> Iterator[R]:
        """Records in the order they were made, from the one behind `after` on."""
        numbers = self._numbers(owner)
        start = 0 if after is None else bisect_right(numbers, self._number[after])
        for index in range(start, len(numbers)):
            yield self._items[self._id_of[numbers[index]]]

    def newest(self, owner: str | None = None, *, after: str | None = None) -> Iterator[R]:
        """Records in the reverse order, from the one behind `after` on."""
        numbers = self._numbers(owner)
        end = len(numbers) if after is None else bisect_left(numbers, self._number[after])
        for index in range(end - 1, -1, -1):
            yield self._items[self._id_of[numbers[index]]]

    def changed_since(self, moment: datetime) -> list[R]:
        """Records put at `moment` or later, the latest first; looks at no others."""
        found = []
        for record_id in reversed(self._changed):
            if self._changed[record_id] < moment:
                break
            found.append(self._items[record_id])
        return found

    @contextmanager
    def rewound(self, moment: datetime) -> Iterator[None]:
        """Within the context, everything is as it was at `moment`. Do not write meanwhile."""
        present = {name: getattr(self, name) for name in _CONTENT}
        past = {record.id: (self._number[record.id], record) for record in self}
        for when, record_id, number, old in reversed(self._undo):
            if when <= moment:
                break
            if old is None:
                past.pop(record_id, None)
            else:
                past[record_id] = (number, old)
        changed = {key: when for key, when in self._changed.items() if when <= moment}
        self._clear()
        for number, record in sorted(past.values(), key=lambda pair: pair[0]):
            self._place(record, number, changed.get(record.id, moment))
        try:
            yield
        finally:
            for name, value in present.items():
                setattr(self, name, value)

    def _numbers(self, owner: str | None) -> list[int]:
        return self._everyone if owner is None else self._order.get(owner, [])

    def _remember(self, record_id: str, number: int, old: R | None) -> None:
        now = self._now()
        self._undo.append((now, record_id, number, old))
        while self._undo[0][0] < now - HISTORY:
            self._undo.popleft()

    def _place(self, record: R, number: int, when: datetime) -> None:
        old = self._items.get(record.id)
        if old is None or self._owner(old) != self._owner(record):
            if old is not None:
                self._displace(record.id)
            self._number[record.id] = number
            self._id_of[number] = record.id
            insort(self._order.setdefault(self._owner(record), []), number)
            insort(self._everyone, number)
        self._items[record.id] = record
        self._changed[record.id] = when
        self._changed.move_to_end(record.id)

    def _displace(self, record_id: str) -> None:
        old = self._items.pop(record_id)
        number = self._number.pop(record_id)
        del self._id_of[number], self._changed[record_id]
        for numbers in (self._order[self._owner(old)], self._everyone):
            del numbers[bisect_left(numbers, number)]


_CONTENT = ("_items", "_number", "_id_of", "_order", "_everyone", "_changed")
