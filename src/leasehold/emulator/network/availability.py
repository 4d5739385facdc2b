"""How many addresses of a network are in use: ``network-ip-availabilities``."""

from ipaddress import ip_network
from typing import Any

import msgspec

from leasehold.emulator.network.records import Network
from leasehold.emulator.network.subnets import Subnets


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The counts apart: of the whole subnet, and of its allocation pools."""

    total_ips_in_subnet: int = 0
    total_ips_in_allocation_pool: int = 0
    used_ips_in_subnet: int = 0
    used_ips_in_allocation_pool: int = 0

    def __add__(self, other: "Details") -> "Details":
        ours, theirs = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Details(
            **{
                name: mine + its
                for name, mine, its in zip(self.__struct_fields__, ours, theirs, strict=True)
            }
        )


def availability(network: Network, subnets: Subnets) -> dict[str, Any]:
    """The network's entry, with one for each of its subnets."""
    parts = []
    total = Details()
    for subnet in subnets.of(network):
        pool = subnets.pool(subnet.id)
        block = ip_network(subnet.cidr)
        details = Details(
            total_ips_in_subnet=block.num_addresses - (2 if block.version == 4 else 0),
            total_ips_in_allocation_pool=pool.size,
            used_ips_in_subnet=pool.used,
            used_ips_in_allocation_pool=pool.used_in_ranges,
        )
        total += details
        parts.append(
            {
                "subnet_id": subnet.id,
                "subnet_name": subnet.name,
                "ip_version": subnet.ip_version,
                "cidr": subnet.cidr,
                **_counts(details),
            }
        )
    return {
        "network_id": network.id,
        "network_name": network.name,
        "project_id": network.project_id,
        "tenant_id": network.project_id,
        "subnet_ip_availability": parts,
        **_counts(total),
    }


def _counts(details: Details) -> dict[str, Any]:
    return {
        "used_ips": details.used_ips_in_subnet,
        "total_ips": details.total_ips_in_allocation_pool,
        "ip_availability_details": details,
    }
