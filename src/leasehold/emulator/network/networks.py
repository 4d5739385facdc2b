"""Networks: who has them, who sees them, and which ports are on them."""

from collections.abc import Callable
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import bad_request, view
from leasehold.emulator.network.kinds import NETWORK
from leasehold.emulator.network.records import Network, revised
from leasehold.emulator.world import World


class Networks:
    """Neutron's networks. `before_delete` is called with a network that is about to go."""

    kind = NETWORK

    def __init__(self, world: World) -> None:
        self._world = world
        self.records = world.collection(owner=_project)
        self.before_delete: list[Callable[[Network], None]] = []
        self._ports: dict[str, dict[str, None]] = {}

    def find(self, network_id: str) -> Network:
        """The network; raises Fault 404."""
        network = self.records.get(network_id)
        if network is None:
            raise self.kind.not_found(network_id)
        return network

    def readable(self, network: Network, caller: Caller) -> bool:
        """Shared and external networks are everybody's to see."""
        own = network.project_id == caller.project_id
        return own or caller.admin or network.shared or network.router_external

    def usable(self, network: Network, caller: Caller) -> bool:
        """Whether the caller may put ports on it: seeing an external network is not enough."""
        return caller.admin or network.shared or network.project_id == caller.project_id

    def view(self, network: Network, caller: Caller) -> dict[str, Any]:
        shown = view(self.kind, network, caller)
        if not network.router_external:
            del shown["is_default"]
        return shown

    def create(self, values: dict[str, Any], caller: Caller) -> Network:
        now = self._world.timeline.now().replace(microsecond=0)
        if values["provider_network_type"] == "vxlan" and not values["provider_segmentation_id"]:
            values["provider_segmentation_id"] = self._world.random.randint(1, 65_535)
        network = Network(
            id=self._world.ids.uuid(), created_at=now, updated_at=now, revision_number=1, **values
        )
        self._ports[network.id] = {}
        return self.records.put(network)

    def update(self, network: Network, values: dict[str, Any], caller: Caller) -> Network:
        if values.get("router_external") is False and self._ports[network.id]:
            raise Fault(
                409,
                f"External network {network.id} cannot be updated to be made non-external, "
                "since it has existing gateway ports.",
                kind="ExternalNetworkInUse",
            )
        return self.records.put(revised(network, self._world.timeline.now(), **values))

    def delete(self, network: Network, caller: Caller) -> None:
        ports = self._ports[network.id]
        if ports:
            raise Fault(
                409,
                f"Unable to complete operation on network {network.id}. There are one or more "
                f"ports still in use on the network, id for these ports is: {','.join(ports)}.",
                kind="NetworkInUse",
            )
        for callback in self.before_delete:
            callback(network)
        del self._ports[network.id]
        self.records.remove(network.id)

    def add_subnet(self, network_id: str, subnet_id: str) -> None:
        network = self.find(network_id)
        subnets = tuple(sorted((*network.subnets, subnet_id)))
        self.records.put(revised(network, self._world.timeline.now(), subnets=subnets))

    def remove_subnet(self, network_id: str, subnet_id: str) -> None:
        network = self.find(network_id)
        subnets = tuple(one for one in network.subnets if one != subnet_id)
        self.records.put(revised(network, self._world.timeline.now(), subnets=subnets))

    def plug(self, network_id: str, port_id: str) -> None:
        self._ports[network_id][port_id] = None

    def unplug(self, network_id: str, port_id: str) -> None:
        self._ports[network_id].pop(port_id, None)

    def ports_on(self, network_id: str) -> tuple[str, ...]:
        return tuple(self._ports[network_id])

    def external(self, network_id: str, resource: str, what: str) -> Network:
        """The network, if it is an external one; raises Fault 404 or 400."""
        network = self.find(network_id)
        if not network.router_external:
            raise bad_request(
                f"Bad {resource} request: Network {network_id} is not {what} external network.",
                "BadRequest",
            )
        return network


def _project(network: Network) -> str:
    return network.project_id
