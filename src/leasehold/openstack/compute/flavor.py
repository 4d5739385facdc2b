"""A flavor: a size that servers come in."""

from collections.abc import Iterator, Mapping

import msgspec

from leasehold.openstack.call import FilterValue, segment
from leasehold.openstack.ids import FlavorId, ProjectId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs

_DESCRIPTION: Version = (2, 55)


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


class FlavorAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A project that may use a flavor that is not public."""

    flavor_id: FlavorId
    project_id: ProjectId = msgspec.field(name="tenant_id")


class _FlavorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    vcpus: int
    ram: int
    disk: int
    id: str | None = None
    ephemeral: int = msgspec.field(name="OS-FLV-EXT-DATA:ephemeral", default=0)
    swap: int = 0
    is_public: bool = msgspec.field(name="os-flavor-access:is_public", default=True)
    description: str | None = None


_ACCESS: Collection[FlavorAccess] = Collection(
    "/flavors/{flavor_id}/os-flavor-access", FlavorAccess, key="flavor_access", page_size=None
)
FLAVORS: Collection[Flavor] = Collection("/flavors/detail", Flavor, key="flavors")
FLAVOR = Shape(Flavor, key="flavor")
EXTRA_SPECS = Shape(dict[str, str], key="extra_specs")


class Flavors(Verbs):
    """Flavors. To make, change and share them is for administrators."""

    def flavors(self, **filters: FilterValue) -> Iterator[Flavor]:
        """List flavors, filtered by Nova (``minRam=2048``, ``minDisk=10`` ...).

        Administrators see those that are not public too with ``is_public="None"``.
        """
        return self.service.items(FLAVORS, filters)

    def flavor(self, flavor_id: str) -> Flavor:
        """Get one flavor. Raises `NotFound`."""
        return self.service.get(f"/flavors/{segment(flavor_id)}", FLAVOR)

    def create_flavor(
        self,
        *,
        name: str,
        vcpus: int,
        ram: int,
        disk: int,
        flavor_id: str | None = None,
        ephemeral: int = 0,
        swap: int = 0,
        is_public: bool = True,
        description: str | None = None,
    ) -> Flavor:
        """Make a flavor, with an id of Nova's if none is given. Raises `Conflict` if there is one.

        RAM and swap are MiB, disks are GiB.
        """
        if description is not None:
            self.service.need(_DESCRIPTION, "describe a flavor")
        body = _FlavorBody(
            name=name,
            vcpus=vcpus,
            ram=ram,
            disk=disk,
            id=flavor_id,
            ephemeral=ephemeral,
            swap=swap,
            is_public=is_public,
            description=description,
        )
        return self.service.post("/flavors", {"flavor": body}, FLAVOR)

    def update_flavor(self, flavor_id: str, *, description: str) -> Flavor:
        """Change a flavor's description, which is all of it that can be changed."""
        self.service.need(_DESCRIPTION, "describe a flavor")
        body = {"flavor": {"description": description}}
        return self.service.put(f"/flavors/{segment(flavor_id)}", body, FLAVOR)

    def delete_flavor(self, flavor_id: str) -> None:
        """Delete a flavor; servers keep the size that they have. Raises `NotFound`."""
        self.service.delete(f"/flavors/{segment(flavor_id)}")

    def flavor_extra_specs(self, flavor_id: str) -> dict[str, str]:
        """Get the extra specs of a flavor. Raises `NotFound`."""
        return self.service.get(f"/flavors/{segment(flavor_id)}/os-extra_specs", EXTRA_SPECS)

    def update_flavor_extra_specs(
        self, flavor_id: str, extra_specs: Mapping[str, str]
    ) -> dict[str, str]:
        """Add to the extra specs of a flavor or change them, key by key; gives those given."""
        path = f"/flavors/{segment(flavor_id)}/os-extra_specs"
        return self.service.post(path, {"extra_specs": extra_specs}, EXTRA_SPECS)

    def delete_flavor_extra_spec(self, flavor_id: str, key: str) -> None:
        """Take one key out of the extra specs of a flavor. Raises `NotFound`."""
        self.service.delete(f"/flavors/{segment(flavor_id)}/os-extra_specs/{segment(key)}")

    def flavor_access(self, flavor_id: str) -> Iterator[FlavorAccess]:
        """List the projects that a flavor is for. Raises `NotFound` if it is for everybody."""
        path = f"/flavors/{segment(flavor_id)}/os-flavor-access"
        return self.service.items(_ACCESS.at(path), {})

    def add_flavor_access(self, flavor_id: str, project_id: str) -> None:
        """Let a project use a flavor that is not public. Raises `Conflict` if it may already."""
        body = {"addTenantAccess": {"tenant": project_id}}
        self.service.act(f"/flavors/{segment(flavor_id)}/action", body)

    def remove_flavor_access(self, flavor_id: str, project_id: str) -> None:
        """Let a project use a flavor no longer. Raises `NotFound` if it could not."""
        body = {"removeTenantAccess": {"tenant": project_id}}
        self.service.act(f"/flavors/{segment(flavor_id)}/action", body)
