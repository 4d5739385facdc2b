"""A network that servers are put on; here it has its addresses itself, and no subnets."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.ids import NetworkId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A network. Where it is Neutron's, Nova tells its id and name, and no more."""

    id: NetworkId | int
    """A number on the oldest clouds."""
    name: str = msgspec.field(name="label", default="")
    cidr: str | None = None
    netmask: str | None = None
    gateway: str | None = None
    broadcast: str | None = None
    dns1: str | None = None
    dns2: str | None = None
    cidr_v6: str | None = None
    gateway_v6: str | None = None
    project_id: str | None = None
    """For administrators."""


_PATH = "/os-networks"
_OWN_PATH = "/os-tenant-networks"
_NETWORKS: Collection[Network] = Collection(_PATH, Network, key="networks", page_size=None)
_NETWORK = Shape(Network, key="network")


class Networks(Verbs):
    """Networks. `own` says to speak of the project's: others are made by administrators only."""

    def networks(self, *, own: bool = False) -> Iterator[Network]:
        """List the networks that the project can use."""
        return self.service.items(_NETWORKS.at(_path(own)), {})

    def network(self, network_id: str | int, *, own: bool = False) -> Network:
        """Get one network. Raises `NotFound`."""
        return self.service.get(f"{_path(own)}/{network_id}", _NETWORK)

    def create_network(self, *, name: str, cidr: str, own: bool = False) -> Network:
        """Make a network with the addresses of `cidr`.

        Raises `Forbidden` without the right to; `BadRequest` where networks are Neutron's.
        """
        body = {"network": {"label": name, "cidr": cidr}}
        return self.service.post(_path(own), body, _NETWORK)

    def delete_network(self, network_id: str | int, *, own: bool = False) -> None:
        """Delete a network. Raises `NotFound`; `Conflict` while there are servers on it."""
        self.service.delete(f"{_path(own)}/{network_id}")


def _path(own: bool) -> str:
    return _OWN_PATH if own else _PATH
