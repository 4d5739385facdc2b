"""A flavor: a size that servers come in."""

import msgspec

from leasehold.openstack.ids import FlavorId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    """A size. RAM and swap are MiB, disks are GiB."""

    id: FlavorId
    name: str = ""
    vcpus: int = 0
    ram: int = 0
    disk: int = 0
    ephemeral: int = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    swap: int | str = 0
    """Empty text for none, before microversion 2.75."""
    is_public: bool = msgspec.field(name="os-flavor-access:is_public", default=True)
    is_disabled: bool = msgspec.field(name="OS-FLV-DISABLED:disabled", default=False)
    description: str | None = None
    extra_specs: dict[str, str] = {}


FLAVORS: Collection[Flavor] = Collection("/flavors/detail", Flavor, key="flavors")
FLAVOR = Shape(Flavor, key="flavor")
EXTRA_SPECS = Shape(dict[str, str], key="extra_specs")
