"""A cloud in memory that misbehaves on demand, and keeps account of what was done to whom."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import CloudId, Kind, Listing, Offers, Sighting, Tag
from leasehold.engine.memory_cloud import MemoryCloud

Lie = Callable[[tuple[Sighting, ...]], tuple[Sighting, ...]]


class Storm(MemoryCloud):
    """Lies in listings, lets deletes hang, and remembers every delete that it was asked for."""

    def __init__(
        self, clock: Clock, *, boot: float = 8.0, end: float = 4.0, offers: Offers | None = None
    ) -> None:
        super().__init__(clock, boot=boot, end=end, offers=offers)
        self.usual_end = end
        self.foreign: set[CloudId] = set()
        self.deletes: list[CloudId] = []
        self.lie: Lie = tuple

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        listing = super().list(kind, since)
        return msgspec.structs.replace(listing, sightings=self.lie(listing.sightings))

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        self.deletes.append(cloud_id)
        return super().delete(kind, cloud_id)

    def add_neighbour(self, kind: Kind, name: str, tag: Tag | None = None) -> CloudId:
        """An object of somebody else in the same project."""
        cloud_id = self.add_foreign(kind, name, tag)
        self.foreign.add(cloud_id)
        return cloud_id

    def ours(self) -> tuple[Sighting, ...]:
        """All that is there and not the neighbours'."""
        alive = [each for kind in Kind for each in self.alive(kind)]
        return tuple(each for each in alive if each.cloud_id not in self.foreign)

    def wrong_deletes(self) -> set[CloudId]:
        return self.foreign & {*self.deletes}

    def clear_up(self) -> None:
        """Good weather from now on. What a delete hung on goes at once."""
        self.faults.clear()
        self.lie = tuple
        self.hide = lambda _: False
        self.end = self.usual_end
        for each in self._objects.values():
            if each.gone_at is not None:
                each.gone_at = min(each.gone_at, self.clock.now() + self.end)
