"""The nodes of the lab, and which of them are free: up, held by no lease, nothing left in a cloud."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from heapq import merge
from itertools import islice

import msgspec

from leasehold.lab.model import NodeName
from leasehold.lab.node_row import ANYTHING, NodeRow, Order, Shelf, Want, order


class Standing(Enum):
    """How a node stands towards who waits for one."""

    FREE = "free"
    HELD = "held"
    LEAVING = "leaving"
    """Held by nobody, but not gone from its cloud yet."""
    DOWN = "down"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many nodes of some kind there are, by their standing."""

    free: int = 0
    held: int = 0
    leaving: int = 0
    down: int = 0

    @property
    def all(self) -> int:
        return self.free + self.held + self.leaving + self.down


class _Place(msgspec.Struct):
    row: NodeRow
    order: Order
    shelf: Shelf
    standing: Standing
    held: bool = False
    occupied: bool = False

    def stands(self) -> Standing:
        if self.held:
            return Standing.HELD
        if not self.row.up:
            return Standing.DOWN
        return Standing.LEAVING if self.occupied else Standing.FREE


class Inventory:
    """Every node by name; the free ones of each machine type, in the order in which people count.

    A wish costs what it takes and not what there is: nodes alike are on one shelf. Guarded by the
    lab's lock.
    """

    def __init__(self, rows: Iterable[NodeRow] = (), *, cloud_types: Collection[str] = ()) -> None:
        """`cloud_types`: whose nodes are made for each lease, and so can be like anything."""
        self._cloud_types = cloud_types
        self.fill(rows)

    def fill(self, rows: Iterable[NodeRow]) -> None:
        """Have these nodes and no others, all of them held by nobody."""
        self._places: dict[NodeName, _Place] = {}
        self._ordered: defaultdict[str, list[Order]] = defaultdict(list)
        self._shelves: defaultdict[str, dict[Shelf, list[Order]]] = defaultdict(dict)
        self._counts: Counter[tuple[Shelf, Standing]] = Counter()
        for row in rows:
            self.put(row)

    # -- what there is ---------------------------------------------------------------------------

    def __contains__(self, node: NodeName) -> bool:
        return node in self._places

    def __len__(self) -> int:
        return len(self._places)

    def row(self, node: NodeName) -> NodeRow | None:
        place = self._places.get(node)
        return place.row if place else None

    def machine_types(self) -> list[str]:
        """The machine types that have nodes."""
        return [name for name, found in self._ordered.items() if found]

    def rows(self, machine_types: Iterable[str] | None = None) -> Iterator[NodeRow]:
        """The nodes of some machine types, or all, type by type and each in order."""
        for name in self.machine_types() if machine_types is None else _several(machine_types):
            for _, node in self._ordered.get(name, ()):
                yield self._places[NodeName(node)].row

    # -- what changes ----------------------------------------------------------------------------

    def put(self, row: NodeRow) -> str | None:
        """Take in a node, new or changed; returns its machine type if that is news to who waits."""
        known = self._places.get(row.name)
        place = _Place(row, order(row.name), self._shelf_of(row), Standing.DOWN)
        if known is not None:
            place.held, place.occupied = known.held, known.occupied
            self.remove(row.name)
        self._places[row.name] = place
        insort(self._ordered[row.machine_type], place.order)
        self._stand(place, place.stands())
        was_free = known is not None and known.standing is Standing.FREE
        is_news = place.standing is Standing.FREE
        if is_news and was_free and known is not None:
            is_news = known.shelf != place.shelf
        return row.machine_type if is_news else None

    def remove(self, node: NodeName) -> None:
        """Have a node no more."""
        place = self._places.pop(node)
        self._leave(place)
        _take(self._ordered[place.row.machine_type], place.order)

    def note(self, node: NodeName, *, held: bool, occupied: bool) -> str | None:
        """Take in how a node stands; returns its machine type if that is news to who waits.

        A node that is in no inventory any more is nobody's.
        """
        place = self._places.get(node)
        if place is None:
            return None
        place.held, place.occupied = held, occupied
        standing = place.stands()
        if standing is place.standing:
            return None
        self._leave(place)
        self._stand(place, standing)
        return place.row.machine_type if standing is Standing.FREE else None

    # -- what can be had -------------------------------------------------------------------------

    def free(
        self,
        machine_types: str | Iterable[str],
        want: Want = ANYTHING,
        *,
        limit: int | None = None,
    ) -> list[NodeName]:
        """The free nodes that fit, `limit` of them at most: type by type as named, each in order."""
        found: list[NodeName] = []
        for machine_type in _several(machine_types):
            left = None if limit is None else limit - len(found)
            fitting = [
                free[:left]
                for shelf, free in self._shelves.get(machine_type, {}).items()
                if want.fits(shelf) or machine_type in self._cloud_types
            ]
            ordered = fitting[0] if len(fitting) == 1 else islice(merge(*fitting), left)
            found += [NodeName(name) for _, name in ordered]
        return found

    def count(self, machine_types: str | Iterable[str], want: Want = ANYTHING) -> Count:
        """How many nodes fit, by their standing. Whoever wants more than all waits in vain."""
        found: Counter[str] = Counter()
        for machine_type in _several(machine_types):
            for shelf in self._shelves.get(machine_type, ()):
                if want.fits(shelf) or machine_type in self._cloud_types:
                    for standing in Standing:
                        found[standing.value] += self._counts[shelf, standing]
        return Count(**found)

    def is_free(self, node: NodeName) -> bool:
        """Whether a node can be given out now."""
        place = self._places.get(node)
        return place is not None and place.standing is Standing.FREE

    def fits(self, node: NodeName, want: Want) -> bool:
        """Whether a node, free or not, is as wanted."""
        place = self._places.get(node)
        if place is None:
            return False
        return place.row.machine_type in self._cloud_types or want.fits(place.shelf)

    # -- inside ----------------------------------------------------------------------------------

    def _shelf_of(self, row: NodeRow) -> Shelf:
        if row.machine_type in self._cloud_types:
            return Shelf(row.machine_type, None, None, None)
        return Shelf(row.machine_type, row.os_type, row.os_version, row.arch)

    def _stand(self, place: _Place, standing: Standing) -> None:
        place.standing = standing
        self._counts[place.shelf, standing] += 1
        free = self._shelves[place.shelf.machine_type].setdefault(place.shelf, [])
        if standing is Standing.FREE:
            insort(free, place.order)

    def _leave(self, place: _Place) -> None:
        shelves = self._shelves[place.shelf.machine_type]
        self._counts[place.shelf, place.standing] -= 1
        if place.standing is Standing.FREE:
            _take(shelves[place.shelf], place.order)
        if not any(self._counts[place.shelf, each] for each in Standing):
            del shelves[place.shelf]
            for each in Standing:
                del self._counts[place.shelf, each]


def _several(machine_types: str | Iterable[str]) -> Iterable[str]:
    """Each named type once."""
    return (machine_types,) if isinstance(machine_types, str) else dict.fromkeys(machine_types)


def _take(ordered: list[Order], item: Order) -> None:
    del ordered[bisect_left(ordered, item)]
