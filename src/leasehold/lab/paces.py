"""How long things take here, as measured: the last times of each machine type."""

from collections import defaultdict, deque
from collections.abc import Iterable
from statistics import median

import msgspec


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine type usually needs, in seconds; None: not measured yet."""

    boot: float | None = None
    """From being granted to being ready."""
    leave: float | None = None
    """From being given back to being free."""


UNKNOWN = Pace()
KEPT = 20
"""How many of the last measurements count."""


class Paces:
    """Medians, which one slow boot does not move. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self._boots: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._leaves: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))

    def booted(self, machine_type: str, seconds: float) -> None:
        self._boots[machine_type].append(seconds)

    def recall(self, machine_type: str, boots: Iterable[float]) -> None:
        """What was measured before we ran, the oldest first; our own measurements outweigh it."""
        if not self._boots[machine_type]:
            self._boots[machine_type].extend(boots)

    def left(self, machine_type: str, seconds: float) -> None:
        self._leaves[machine_type].append(seconds)

    def of(self, machine_type: str) -> Pace:
        boots, leaves = self._boots.get(machine_type), self._leaves.get(machine_type)
        return Pace(boot=median(boots) if boots else None, leave=median(leaves) if leaves else None)
