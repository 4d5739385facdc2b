"""Networks through Nova: its own on the clouds from before Neutron, else Neutron's, to be read."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import bad_input, check_policy, not_found
from leasehold.emulator.compute.floating_ips import check_not_removed
from leasehold.emulator.compute.server_wish import body_of, part
from leasehold.emulator.http import Fault, Handler, Request, Response, Router
from leasehold.emulator.network.attributes import read_new
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import Network, Subnet

_FIELDS = (
    "id", "cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6",
    "label", "netmask_v6",
)  # fmt: skip
_FOR_ADMINISTRATORS = (
    "created_at", "updated_at", "deleted_at", "deleted", "injected", "bridge", "vlan",
    "vpn_public_address", "vpn_public_port", "vpn_private_address", "dhcp_start", "project_id",
    "host", "bridge_interface", "multi_host", "priority", "rxtx_base", "mtu", "dhcp_server",
    "enable_dhcp", "share_address",
)  # fmt: skip


class ComputeNetworks:
    """``os-networks``, the administrator's view, and ``os-tenant-networks``, a project's own.

    `nova_network` says that this Nova runs the networks itself. Otherwise it shows no more than
    ids and names, and making and deleting networks is gone (410), as from Nova 21 on.
    """

    def __init__(self, state: Networking, *, nova_network: bool) -> None:
        self._state = state
        self._nova_network = nova_network

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/os-networks", self._index)
        router.add("GET", "/v2.1/os-networks/{id}", self._show)
        router.add("POST", "/v2.1/os-networks", self._if_own(self._create))
        router.add("DELETE", "/v2.1/os-networks/{id}", self._if_own(self._delete))
        router.add("GET", "/v2.1/os-tenant-networks", self._tenant_index)
        router.add("GET", "/v2.1/os-tenant-networks/{id}", self._tenant_show)
        router.add("POST", "/v2.1/os-tenant-networks", self._if_own(self._tenant_create))
        router.add("DELETE", "/v2.1/os-tenant-networks/{id}", self._if_own(self._tenant_delete))

    def _if_own(self, handler: Handler) -> Handler:
        def answer(request: Request) -> Response:
            if not self._nova_network:
                raise Fault(410, "This resource is gone.")
            return handler(request)

        return answer

    def _index(self, request: Request) -> Response:
        shown = [self._document(request, network) for network in self._readable(request)]
        return Response(200, {"networks": shown})

    def _show(self, request: Request) -> Response:
        return Response(200, {"network": self._document(request, self._wanted(request))})

    def _create(self, request: Request) -> Response:
        check_policy(request, "os-networks:create")
        network = self._made(request)
        return Response(200, {"network": self._document(request, network)})

    def _delete(self, request: Request) -> Response:
        check_policy(request, "os-networks:delete")
        return self._deleted(request, self._wanted(request))

    def _tenant_index(self, request: Request) -> Response:
        shown = [self._tenant_document(network) for network in self._readable(request)]
        return Response(200, {"networks": shown})

    def _tenant_show(self, request: Request) -> Response:
        return Response(200, {"network": self._tenant_document(self._wanted(request))})

    def _tenant_create(self, request: Request) -> Response:
        return Response(200, {"network": self._tenant_document(self._made(request))})

    def _tenant_delete(self, request: Request) -> Response:
        network = self._wanted(request)
        if network.project_id != request.project.id:
            raise not_found("Network not found")
        return self._deleted(request, network)

    def _readable(self, request: Request) -> list[Network]:
        check_not_removed(request)
        caller, networks = Caller.of(request), self._state.networks
        return [n for n in networks.records.oldest() if networks.readable(n, caller)]

    def _wanted(self, request: Request) -> Network:
        check_not_removed(request)
        network = self._state.networks.records.get(request.params["id"])
        if network is None or not self._state.networks.readable(network, Caller.of(request)):
            raise not_found("Network not found")
        return network

    def _made(self, request: Request) -> Network:
        """A network with its one subnet: nova-network knows no difference between them."""
        given = part(body_of(request), "network")
        label, block = _label(given), _block(given)
        caller, state = Caller.of(request), self._state
        state.quotas.check(state.networks.kind, caller.project_id)
        network = state.networks.create(
            read_new(state.networks.kind, {"name": label}, caller), caller
        )
        subnet = {"network_id": network.id, "cidr": str(block), "ip_version": block.version}
        state.subnets.create(read_new(state.subnets.kind, subnet, caller), caller)
        return state.networks.find(network.id)

    def _deleted(self, request: Request, network: Network) -> Response:
        if self._state.networks.ports_on(network.id):
            raise Fault(409, f"Network {network.id} is still in use.")
        self._state.networks.delete(network, Caller.of(request))
        return Response(202)

    def _document(self, request: Request, network: Network) -> dict[str, Any]:
        names = (*_FIELDS, *_FOR_ADMINISTRATORS) if request.is_admin else _FIELDS
        document: dict[str, Any] = dict.fromkeys(names)
        document |= {"id": network.id, "label": network.name}
        if self._nova_network:
            for subnet in self._state.subnets.of(network):
                document |= _own_fields(subnet)
        return document

    def _tenant_document(self, network: Network) -> dict[str, Any]:
        cidr = "None"  # so Nova says where the networks are Neutron's
        if self._nova_network:
            cidr = next((subnet.cidr for subnet in self._state.subnets.of(network)), cidr)
        return {"id": network.id, "cidr": cidr, "label": network.name}


def _own_fields(subnet: Subnet) -> dict[str, Any]:
    block = ip_network(subnet.cidr)
    if block.version == 6:
        return {
            "cidr_v6": subnet.cidr,
            "gateway_v6": subnet.gateway_ip,
            "netmask_v6": str(block.prefixlen),
        }
    return {
        "cidr": subnet.cidr,
        "netmask": str(block.netmask),
        "gateway": subnet.gateway_ip,
        "broadcast": str(block.broadcast_address),
        "dns1": next(iter(subnet.dns_nameservers), None),
    }


def _label(given: dict[str, Any]) -> str:
    label = given.get("label")
    if not label:
        raise Fault(400, "Network label is required")
    if len(str(label)) > 255:
        raise Fault(400, "Maximum allowed length for 'label' is 255.")
    return str(label)


def _block(given: dict[str, Any]) -> IPv4Network | IPv6Network:
    cidr = given.get("cidr") or given.get("cidr_v6")
    if not cidr:
        raise Fault(400, "Network cidr or cidr_v6 is required")
    try:
        return ip_network(cidr)
    except ValueError as error:
        raise bad_input("cidr", cidr, f"'{cidr}' is not a 'cidr'") from error
