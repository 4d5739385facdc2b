"""Which nodes of each machine type are free: held by no lease, and with nothing left in a cloud."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

from leasehold.lab.model import NodeName


class Inventory:
    """The free nodes of every machine type, in the order of the configuration."""

    def __init__(self, nodes: Mapping[str, Sequence[NodeName]]) -> None:
        self._nodes = nodes
        self._place = {
            node: (name, number)
            for name, found in nodes.items()
            for number, node in enumerate(found)
        }
        self._free: dict[str, list[int]] = {}
        self._leaving: dict[str, set[NodeName]] = {}
        self.clear()

    def clear(self) -> None:
        """Every node is free."""
        self._free = {name: list(range(len(found))) for name, found in self._nodes.items()}
        self._leaving = {name: set() for name in self._nodes}

    def note(self, node: NodeName, *, held: bool, occupied: bool) -> str | None:
        """Take in how a node stands; returns its machine type if that is news to who waits.

        A node that the configuration does not name any more is nobody's.
        """
        place = self._place.get(node)
        if place is None:
            return None
        name, number = place
        free, leaving = self._free[name], self._leaving[name]
        at = bisect_left(free, number)
        was_free = at < len(free) and free[at] == number
        is_free = not held and not occupied
        if is_free and not was_free:
            insort(free, number)
        elif was_free and not is_free:
            del free[at]
        if occupied and not held:
            leaving.add(node)
        else:
            leaving.discard(node)
        return name if is_free and not was_free else None

    def free(self, machine_type: str) -> list[NodeName]:
        """The free nodes of a machine type, in order."""
        nodes = self._nodes.get(machine_type, ())
        return [nodes[number] for number in self._free.get(machine_type, ())]

    def count_free(self, machine_type: str) -> int:
        return len(self._free.get(machine_type, ()))

    def count_leaving(self, machine_type: str) -> int:
        """How many are held by nobody, but not gone from their cloud yet."""
        return len(self._leaving.get(machine_type, ()))
