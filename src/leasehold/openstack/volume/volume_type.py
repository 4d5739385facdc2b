"""Volume types: the kinds of storage there are to choose from."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import VolumeTypeId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class VolumeType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of storage to choose."""

    id: VolumeTypeId
    name: str
    description: str | None = None
    is_public: bool = True
    extra_specs: dict[str, str] = {}


TYPES: Collection[VolumeType] = Collection(
    "/types", VolumeType, key="volume_types", links="volume_type_links"
)
TYPE = Shape(VolumeType, key="volume_type")


class VolumeTypes(Verbs):
    """Volume types."""

    def types(self, **filters: FilterValue) -> Iterator[VolumeType]:
        """List the kinds of storage there are."""
        return self.service.items(TYPES, filters)

    def volume_type(self, type_id: str) -> VolumeType:
        """Get one type. Raises `NotFound`."""
        return self.service.get(f"/types/{type_id}", TYPE)
