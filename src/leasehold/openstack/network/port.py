"""Ports: the network interfaces of servers, whether or not they have a server yet."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.openstack.body import given, nullable
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import NetworkId, PortId, SecurityGroupId, SubnetId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class FixedIp(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An address of a port, and the subnet it is of; either is enough to ask for one."""

    ip_address: str | None = None
    subnet_id: SubnetId | None = None


class AddressPair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An address or range that a port may send from beside its own."""

    ip_address: str
    mac_address: str | None = None


class Port(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A port. `device_id` is empty while nothing uses it."""

    id: PortId
    network_id: NetworkId
    name: str = ""
    status: str = ""
    description: str | None = None
    project_id: str | None = None
    mac_address: str | None = None
    admin_state_up: bool = True
    fixed_ips: tuple[FixedIp, ...] = ()
    device_id: str = ""
    device_owner: str = ""
    security_group_ids: tuple[SecurityGroupId, ...] = msgspec.field(
        name="security_groups", default=()
    )
    allowed_address_pairs: tuple[AddressPair, ...] = ()
    port_security_enabled: bool | None = None
    qos_policy_id: str | None = None
    vnic_type: str | None = msgspec.field(name="binding:vnic_type", default=None)
    host_id: str | None = msgspec.field(name="binding:host_id", default=None)
    """For administrators."""
    dns_name: str | None = None
    revision_number: int | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None


PORTS: Collection[Port] = Collection("/ports", Port, key="ports")
PORT = Shape(Port, key="port")


class Ports(Verbs):
    """Ports."""

    def ports(self, **filters: FilterValue) -> Iterator[Port]:
        """List ports, filtered by Neutron (``device_id=...``, ``description=...`` ...)."""
        return self.service.items(PORTS, filters)

    def port(self, port_id: str) -> Port:
        """Get one port. Raises `NotFound`."""
        return self.service.get(f"/ports/{port_id}", PORT)

    def create_port(
        self,
        *,
        network_id: str,
        name: str = "",
        description: str = "",
        fixed_ips: Sequence[FixedIp] | None = None,
        mac_address: str | None = None,
        security_group_ids: Sequence[str] | None = None,
        allowed_address_pairs: Sequence[AddressPair] | None = None,
        admin_state_up: bool | None = None,
        port_security_enabled: bool | None = None,
        qos_policy_id: str | None = None,
        vnic_type: str | None = None,
        device_id: str | None = None,
        device_owner: str | None = None,
        dns_name: str | None = None,
    ) -> Port:
        """Make a port; its address is known at once.

        `security_group_ids` None leaves the choice to the cloud, () is none at all. Raises
        `Conflict` with code IpAddressGenerationFailure if the network has no address left, and
        `QuotaExceeded`.
        """
        fields = {
            **given(
                network_id=network_id,
                name=name,
                description=description,
                fixed_ips=fixed_ips,
                mac_address=mac_address,
                security_groups=security_group_ids,
                allowed_address_pairs=allowed_address_pairs,
                admin_state_up=admin_state_up,
                port_security_enabled=port_security_enabled,
                qos_policy_id=qos_policy_id,
                device_id=device_id,
                device_owner=device_owner,
                dns_name=dns_name,
            ),
            **given(**{"binding:vnic_type": vnic_type}),
        }
        return self.service.post("/ports", {"port": fields}, PORT)

    def update_port(
        self,
        port_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        fixed_ips: Sequence[FixedIp] | None = None,
        mac_address: str | None = None,
        security_group_ids: Sequence[str] | None = None,
        allowed_address_pairs: Sequence[AddressPair] | None = None,
        admin_state_up: bool | None = None,
        port_security_enabled: bool | None = None,
        qos_policy_id: str | UnsetType | None = UNSET,
        vnic_type: str | None = None,
        host_id: str | None = None,
        device_id: str | None = None,
        device_owner: str | None = None,
        dns_name: str | None = None,
    ) -> Port:
        """Change what is given of a port; lists are replaced as a whole. Raises `NotFound`.

        A `qos_policy_id` of None takes the policy away. Security goes off only together with
        ``security_group_ids=()``; `host_id` is for administrators.
        """
        fields = {
            **given(
                name=name,
                description=description,
                fixed_ips=fixed_ips,
                mac_address=mac_address,
                security_groups=security_group_ids,
                allowed_address_pairs=allowed_address_pairs,
                admin_state_up=admin_state_up,
                port_security_enabled=port_security_enabled,
                device_id=device_id,
                device_owner=device_owner,
                dns_name=dns_name,
            ),
            **given(**{"binding:vnic_type": vnic_type, "binding:host_id": host_id}),
            **nullable(qos_policy_id=qos_policy_id),
        }
        return self.service.put(f"/ports/{port_id}", {"port": fields}, PORT)

    def delete_port(self, port_id: str) -> None:
        """Delete a port; the server that has it loses the interface. Raises `NotFound`."""
        self.service.delete(f"/ports/{port_id}")
