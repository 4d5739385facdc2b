"""Transfers: a volume changes hands between projects."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import VolumeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.secret import Secret, revealed
from leasehold.openstack.service import Shape, Verbs
from leasehold.openstack.times import in_utc


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of a volume. Who has its key may take it; only the answer that made it tells it."""

    id: str
    volume_id: VolumeId
    name: str | None = None
    created_at: datetime | None = None
    auth_key: Secret | None = None

    def __post_init__(self) -> None:
        in_utc(self, "created_at")


TRANSFERS: Collection[Transfer] = Collection(
    "/os-volume-transfer/detail", Transfer, key="transfers", page_size=None
)
"""Under this path Cinder takes `limit` for a filter, which nothing matches."""
TRANSFER = Shape(Transfer, key="transfer")


class Transfers(Verbs):
    """Transfers of volumes. The path is that of all versions, also of those with a newer one."""

    def transfers(self, **filters: FilterValue) -> Iterator[Transfer]:
        """List the offers of the project."""
        return self.service.items(TRANSFERS, filters)

    def transfer(self, transfer_id: str) -> Transfer:
        """Get one offer. Raises `NotFound`."""
        return self.service.get(f"/os-volume-transfer/{transfer_id}", TRANSFER)

    def create_transfer(self, *, volume_id: str, name: str | None = None) -> Transfer:
        """Offer a volume to whoever is given the key. Raises `BadRequest` unless it is available."""
        body = {"transfer": given(volume_id=volume_id, name=name)}
        return self.service.post("/os-volume-transfer", body, TRANSFER)

    def accept_transfer(self, transfer_id: str, *, auth_key: Secret | str) -> Transfer:
        """Take an offered volume into our project. Raises `BadRequest` for a wrong key."""
        body = {"accept": {"auth_key": revealed(auth_key)}}
        return self.service.post(f"/os-volume-transfer/{transfer_id}/accept", body, TRANSFER)

    def delete_transfer(self, transfer_id: str) -> None:
        """Take an offer back. Raises `NotFound`."""
        self.service.delete(f"/os-volume-transfer/{transfer_id}")
