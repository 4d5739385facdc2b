"""Which availability zone to build in: the first of a machine type's that works. Kept in memory."""

from collections.abc import Sequence

AWAY = 900.0
"""Seconds for which a zone is left alone after a boot there failed."""


class Zones:
    """The zones in which boots failed lately, by cloud. Guarded by the lab's lock."""

    def __init__(self) -> None:
        self._failed: dict[tuple[str, str], float] = {}

    def choose(self, cloud: str, zones: Sequence[str], now: float) -> str | None:
        """The first zone without a late failure, else the one whose failure is the oldest.

        None leaves the choice to the cloud, as a machine type without zones does.
        """
        late = {zone: self._failed.get((cloud, zone), now - AWAY) for zone in zones}
        good = [zone for zone, at in late.items() if at <= now - AWAY]
        return good[0] if good else min(late, key=late.__getitem__, default=None)

    def failed(self, cloud: str, zone: str | None, now: float) -> None:
        """A boot in this zone came to nothing, for want of a host or otherwise."""
        if zone is not None:
            self._failed[cloud, zone] = now

    def worked(self, cloud: str, zone: str | None) -> None:
        """A server came up in this zone."""
        if zone is not None:
            self._failed.pop((cloud, zone), None)
