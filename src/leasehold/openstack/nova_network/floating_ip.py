"""Floating IPs of a pool of Nova's."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.ids import FloatingIpId, ServerId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class FloatingIp(msgspec.Struct, frozen=True, kw_only=True):
    """A floating IP. `server_id` is None while it leads nowhere."""

    id: FloatingIpId | int
    """A number where Nova has the addresses itself."""
    address: str = msgspec.field(name="ip")
    pool: str | None = None
    fixed_address: str | None = msgspec.field(name="fixed_ip", default=None)
    server_id: ServerId | None = msgspec.field(name="instance_id", default=None)


class FloatingIpPool(msgspec.Struct, frozen=True, kw_only=True):
    """Where floating IPs come from; with Neutron, an external network by its name."""

    name: str


_FLOATING_IPS: Collection[FloatingIp] = Collection(
    "/os-floating-ips", FloatingIp, key="floating_ips", page_size=None
)
_FLOATING_IP = Shape(FloatingIp, key="floating_ip")
_POOLS: Collection[FloatingIpPool] = Collection(
    "/os-floating-ip-pools", FloatingIpPool, key="floating_ip_pools", page_size=None
)


class FloatingIps(Verbs):
    """Floating IPs. `compute.add_floating_ip` leads one to a server."""

    def floating_ips(self) -> Iterator[FloatingIp]:
        """List the project's floating IPs."""
        return self.service.items(_FLOATING_IPS, {})

    def floating_ip(self, floating_ip_id: str | int) -> FloatingIp:
        """Get one floating IP. Raises `NotFound`."""
        return self.service.get(f"/os-floating-ips/{floating_ip_id}", _FLOATING_IP)

    def floating_ip_pools(self) -> Iterator[FloatingIpPool]:
        """List the pools there are."""
        return self.service.items(_POOLS, {})

    def create_floating_ip(self, pool: str | None = None) -> FloatingIp:
        """Take an address from a pool: the named one, or the cloud's usual one.

        Raises `NotFound` for no such pool or none left in it, `QuotaExceeded`.
        """
        body = {} if pool is None else {"pool": pool}
        return self.service.post("/os-floating-ips", body, _FLOATING_IP)

    def delete_floating_ip(self, floating_ip_id: str | int) -> None:
        """Give an address back. Raises `NotFound`."""
        self.service.delete(f"/os-floating-ips/{floating_ip_id}")
