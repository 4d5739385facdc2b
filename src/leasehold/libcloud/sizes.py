"""Sizes: flavors as Libcloud shows them."""

from typing import Any

from libcloud.compute.base import NodeLocation, NodeSize
from libcloud.compute.drivers.openstack import OpenStackNodeSize

from leasehold.libcloud.part import Part
from leasehold.libcloud.prices import price_of
from leasehold.openstack.compute import Flavor


class Sizes(Part):
    """The sizes that nodes come in."""

    def list_sizes(self, location: NodeLocation | None = None) -> list[NodeSize]:
        """List the sizes; `location` does nothing, for a driver is for one region."""
        return [size_of(flavor, driver=self) for flavor in self.cloud.compute.flavors()]

    def ex_get_size(self, size_id: str) -> NodeSize:
        """Get one size."""
        return size_of(self.cloud.compute.flavor(size_id), driver=self)

    def ex_get_size_extra_specs(self, size_id: str) -> dict[str, str]:
        """Get what else the cloud's operators say of a size."""
        return self.cloud.compute.flavor_extra_specs(size_id)


def size_of(flavor: Flavor, *, driver: Any) -> OpenStackNodeSize:
    """Show a flavor as Libcloud does. It costs what Libcloud's price list says, most often 0."""
    return OpenStackNodeSize(
        id=flavor.id,
        name=flavor.name,
        ram=flavor.ram,
        disk=flavor.disk,
        bandwidth=None,
        price=price_of(flavor.id, driver.api_name),
        driver=driver,
        vcpus=flavor.vcpus,
        ephemeral_disk=flavor.ephemeral,
        swap=flavor.swap,
        extra={**flavor.extra_specs, "disabled": flavor.is_disabled},
    )
