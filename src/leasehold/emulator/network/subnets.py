"""Subnets, and the addresses they give to ports."""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import UNGIVEN, bad_request, invalid_input, view
from leasehold.emulator.network.kinds import SUBNET
from leasehold.emulator.network.networks import Networks
from leasehold.emulator.network.pool import AddressPool
from leasehold.emulator.network.records import (
    AllocationPool,
    FixedIp,
    Network,
    Subnet,
    revised,
)
from leasehold.emulator.world import World

Range = IPv4Network | IPv6Network


class Subnets:
    """Neutron's subnets, each with its `AddressPool`."""

    kind = SUBNET

    def __init__(self, world: World, networks: Networks) -> None:
        self._world = world
        self._networks = networks
        self.records = world.collection(owner=_project)
        self._pools: dict[str, AddressPool] = {}
        networks.before_delete.append(self._network_goes)

    def find(self, subnet_id: str) -> Subnet:
        """The subnet; raises Fault 404."""
        subnet = self.records.get(subnet_id)
        if subnet is None:
            raise self.kind.not_found(subnet_id)
        return subnet

    def of(self, network: Network) -> list[Subnet]:
        return [self.find(subnet_id) for subnet_id in network.subnets]

    def pool(self, subnet_id: str) -> AddressPool:
        return self._pools[subnet_id]

    def readable(self, subnet: Subnet, caller: Caller) -> bool:
        network = self._networks.records.get(subnet.network_id)
        own = caller.admin or subnet.project_id == caller.project_id
        return own or (network is not None and self._networks.readable(network, caller))

    def view(self, subnet: Subnet, caller: Caller) -> dict[str, Any]:
        return view(self.kind, subnet, caller)

    def create(self, values: dict[str, Any], caller: Caller) -> Subnet:
        network = self._networks.find(values["network_id"])
        if not caller.admin and network.project_id != caller.project_id:
            raise self.kind.forbidden("create")
        block = _block(values["cidr"], values["ip_version"])
        gateway, pools = values.pop("gateway_ip"), values.pop("allocation_pools")
        if gateway is UNGIVEN:
            gateway = str(block[1] if block.version == 4 else block[0])
        if pools is None:
            pools = _whole(block, gateway)
        else:
            _check_pools(block, pools, gateway)
        self._refuse_overlap(network, block)
        now = self._world.timeline.now().replace(microsecond=0)
        subnet = Subnet(
            id=self._world.ids.uuid(),
            created_at=now,
            updated_at=now,
            gateway_ip=gateway,
            allocation_pools=pools,
            router_external=network.router_external,
            **values,
        )
        self._pools[subnet.id] = AddressPool(pools)
        self._networks.add_subnet(network.id, subnet.id)
        return self.records.put(subnet)

    def update(self, subnet: Subnet, values: dict[str, Any], caller: Caller) -> Subnet:
        pools = values.get("allocation_pools")
        if pools is not None:
            gateway = values.get("gateway_ip", subnet.gateway_ip)
            _check_pools(ip_network(subnet.cidr), pools, gateway)
            self._pools[subnet.id] = self._pools[subnet.id].over(pools)
        return self.records.put(revised(subnet, self._world.timeline.now(), **values))

    def delete(self, subnet: Subnet, caller: Caller) -> None:
        if self._pools[subnet.id].used:
            raise Fault(
                409,
                f"Unable to complete operation on subnet {subnet.id}: One or more ports have an "
                "IP allocation from this subnet.",
                kind="SubnetInUse",
            )
        self._networks.remove_subnet(subnet.network_id, subnet.id)
        self._drop(subnet.id)

    def allocate(self, network: Network, wishes: Sequence[FixedIp] | None) -> tuple[FixedIp, ...]:
        """Addresses for a new port: as wished for, or (None) one of each IP version there is.

        All or none. Raises Fault with Neutron's words.
        """
        given: list[FixedIp] = []
        try:
            if wishes is None:
                versions = sorted({subnet.ip_version for subnet in self.of(network)})
                given.extend(self._any(network, version) for version in versions)
            else:
                given.extend(self._grant(network, wish) for wish in wishes)
        except Fault:
            self.release(given)
            raise
        return tuple(given)

    def release(self, fixed_ips: Sequence[FixedIp]) -> None:
        for fixed_ip in fixed_ips:
            self._pools[fixed_ip.subnet_id].give_back(fixed_ip.ip_address)

    def _any(self, network: Network, version: int) -> FixedIp:
        for subnet in self.of(network):
            if subnet.ip_version == version:
                address = self._pools[subnet.id].take()
                if address is not None:
                    return FixedIp(subnet_id=subnet.id, ip_address=address)
        raise _exhausted(network)

    def _grant(self, network: Network, wish: FixedIp) -> FixedIp:
        subnet = self._wished_subnet(network, wish)
        pool = self._pools[subnet.id]
        if not wish.ip_address:
            address = pool.take()
            if address is None:
                raise _exhausted(network)
            return FixedIp(subnet_id=subnet.id, ip_address=address)
        if not pool.claim(wish.ip_address):
            raise Fault(
                409,
                f"IP address {wish.ip_address} already allocated in subnet {subnet.id}",
                kind="IpAddressAlreadyAllocated",
            )
        return FixedIp(subnet_id=subnet.id, ip_address=wish.ip_address)

    def _wished_subnet(self, network: Network, wish: FixedIp) -> Subnet:
        if wish.subnet_id:
            subnet = self.find(wish.subnet_id)
            if subnet.network_id != network.id:
                raise invalid_input(
                    f"Failed to create port on network {network.id}, because fixed_ips included "
                    f"invalid subnet {subnet.id}"
                )
            if wish.ip_address and not _holds(subnet, wish.ip_address):
                raise bad_request(
                    f"IP address {wish.ip_address} is not a valid IP for the specified subnet.",
                    "InvalidIpForSubnet",
                )
            return subnet
        for subnet in self.of(network):
            if _holds(subnet, wish.ip_address):
                return subnet
        raise bad_request(
            f"IP address {wish.ip_address} is not a valid IP for any of the subnets on the "
            "specified network.",
            "InvalidIpForNetwork",
        )

    def _refuse_overlap(self, network: Network, block: Range) -> None:
        for other in self.of(network):
            if other.ip_version == block.version and block.overlaps(ip_network(other.cidr)):
                raise invalid_input(
                    f"Requested subnet with cidr: {block} for network: {network.id} overlaps with "
                    "another subnet"
                )

    def _network_goes(self, network: Network) -> None:
        for subnet_id in network.subnets:
            self._drop(subnet_id)

    def _drop(self, subnet_id: str) -> None:
        del self._pools[subnet_id]
        self.records.remove(subnet_id)


def _exhausted(network: Network) -> Fault:
    return Fault(
        409,
        f"No more IP addresses available on network {network.id}.",
        kind="IpAddressGenerationFailure",
    )


def _block(cidr: str | None, version: int) -> Range:
    if cidr is None:
        raise bad_request(
            "Bad subnets request: a subnetpool must be specified in the absence of a cidr.",
            "BadRequest",
        )
    block = ip_network(cidr)
    if block.version != version:
        raise invalid_input(f"cidr '{cidr}' does not match the ip_version '{version}'")
    return block


def _whole(block: Range, gateway: str | None) -> tuple[AllocationPool, ...]:
    """All of the block but its ends and the gateway."""
    first, last = int(block[0]) + 1, int(block[-1]) - (1 if block.version == 4 else 0)
    parts = [(first, last)]
    if gateway is not None and first <= int(ip_address(gateway)) <= last:
        parts = [(first, int(ip_address(gateway)) - 1), (int(ip_address(gateway)) + 1, last)]
    address = IPv4Address if block.version == 4 else IPv6Address
    return tuple(
        AllocationPool(start=str(address(start)), end=str(address(end)))
        for start, end in parts
        if start <= end
    )


def _check_pools(block: Range, pools: Sequence[AllocationPool], gateway: str | None) -> None:
    for pool in pools:
        start, end = ip_address(pool.start), ip_address(pool.end)
        if start not in block or end not in block:
            raise bad_request(
                f"The allocation pool {pool.start}-{pool.end} spans beyond the subnet cidr "
                f"{block}.",
                "OutOfBoundsAllocationPool",
            )
        if gateway is not None and int(start) <= int(ip_address(gateway)) <= int(end):
            raise Fault(
                409,
                f"Gateway ip {gateway} conflicts with allocation pool {pool.start}-{pool.end}.",
                kind="GatewayConflictWithAllocationPools",
            )


def _holds(subnet: Subnet, address: str) -> bool:
    """Whether a port may have the address: the ends of an IPv4 block are nobody's."""
    block = ip_network(subnet.cidr)
    parsed = ip_address(address)
    ends = (block[0], block[-1]) if block.version == 4 else ()
    return parsed in block and parsed not in ends


def _project(subnet: Subnet) -> str:
    return subnet.project_id
