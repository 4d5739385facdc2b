"""The networks a new cloud starts with."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.identity.accounts import Project
from leasehold.emulator.network.attributes import read_new
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import Network
from leasehold.emulator.network.resources import Keeper, R

LAB_CIDR = "10.20.0.0/16"
PUBLIC_CIDR = "198.51.0.0/16"


def add_networks(
    state: Networking, *, demo: Project, admin: Project, lab_cidr: str = LAB_CIDR
) -> None:
    """``lab``, the tenant's; ``public``, the external one; and the router ``lab`` between them."""
    public = _add(state.networks, admin, name="public", **_PUBLIC)
    _add_subnet(state, admin, public, "public-v4", PUBLIC_CIDR, enable_dhcp=False)
    lab = _add(state.networks, demo, name="lab")
    subnet_id = _add_subnet(state, demo, lab, "lab-v4", lab_cidr, dns_nameservers=["127.0.0.1"])
    gateway = {"network_id": public.id}
    router = _add(state.routers, demo, name="lab", external_gateway_info=gateway)
    caller = Caller(project_id=demo.id)
    state.routers.add_interface(router, {"subnet_id": subnet_id}, caller)
    state.security_groups.default(demo.id)


_PUBLIC = {
    "router:external": True,
    "mtu": 1500,
    "provider:network_type": "flat",
    "provider:physical_network": "public",
}


def _add_subnet(
    state: Networking, owner: Project, network: Network, name: str, cidr: str, **more: Any
) -> str:
    subnet = _add(
        state.subnets, owner, name=name, network_id=network.id, cidr=cidr, ip_version=4, **more
    )
    return subnet.id


def _add(keeper: Keeper[R], owner: Project, **given: Any) -> R:
    caller = Caller(project_id=owner.id, admin=True)
    return keeper.create(read_new(keeper.kind, given, caller), caller)
