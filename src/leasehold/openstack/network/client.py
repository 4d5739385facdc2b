"""What one can do with Neutron."""

from collections.abc import Iterator, Sequence

from leasehold.openstack.call import FilterValue
from leasehold.openstack.network import floating_ip, network, port, quota, security_group
from leasehold.openstack.network.floating_ip import FloatingIp
from leasehold.openstack.network.network import Network, Subnet
from leasehold.openstack.network.port import FixedIp, Port, PortBody
from leasehold.openstack.network.quota import NetworkQuotas
from leasehold.openstack.network.security_group import RuleBody, SecurityGroup, SecurityGroupRule
from leasehold.openstack.service import Service


class Networking:
    """The network service of a connection. Every verb raises leaves of `OpenStackError`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    # Networks and subnets

    def networks(self, **filters: FilterValue) -> Iterator[Network]:
        """List networks, filtered by Neutron (``**{"router:external": True}`` ...)."""
        return self.service.items(network.NETWORKS, filters)

    def network(self, network_id: str) -> Network:
        """Get one network. Raises `NotFound`."""
        return self.service.get(f"/networks/{network_id}", network.NETWORK)

    def create_network(self, *, name: str, description: str = "") -> Network:
        """Make a network of the project's own."""
        body = {"network": {"name": name, "description": description}}
        return self.service.post("/networks", body, network.NETWORK)

    def delete_network(self, network_id: str) -> None:
        """Delete a network. Raises `NotFound`, or `Conflict` while ports are on it."""
        self.service.delete(f"/networks/{network_id}")

    def subnets(self, **filters: FilterValue) -> Iterator[Subnet]:
        """List subnets, filtered by Neutron."""
        return self.service.items(network.SUBNETS, filters)

    def subnet(self, subnet_id: str) -> Subnet:
        """Get one subnet. Raises `NotFound`."""
        return self.service.get(f"/subnets/{subnet_id}", network.SUBNET)

    def create_subnet(
        self, *, network_id: str, cidr: str, ip_version: int = 4, name: str = ""
    ) -> Subnet:
        """Give a network a range of addresses."""
        fields = {"network_id": network_id, "cidr": cidr, "ip_version": ip_version, "name": name}
        return self.service.post("/subnets", {"subnet": fields}, network.SUBNET)

    def delete_subnet(self, subnet_id: str) -> None:
        """Delete a subnet. Raises `NotFound`, or `Conflict` while its addresses are in use."""
        self.service.delete(f"/subnets/{subnet_id}")

    # Ports

    def ports(self, **filters: FilterValue) -> Iterator[Port]:
        """List ports, filtered by Neutron (``device_id=...``, ``description=...`` ...)."""
        return self.service.items(port.PORTS, filters)

    def port(self, port_id: str) -> Port:
        """Get one port. Raises `NotFound`."""
        return self.service.get(f"/ports/{port_id}", port.PORT)

    def create_port(
        self,
        *,
        network_id: str,
        name: str = "",
        description: str = "",
        fixed_ips: Sequence[FixedIp] | None = None,
        security_group_ids: Sequence[str] | None = None,
    ) -> Port:
        """Make a port; its address is known at once.

        `security_group_ids` None leaves the choice to the cloud, () is none at all. Raises
        `Conflict` with code IpAddressGenerationFailure if the network has no address left.
        """
        body = PortBody(
            network_id=network_id,
            name=name,
            description=description,
            fixed_ips=None if fixed_ips is None else tuple(fixed_ips),
            security_groups=None if security_group_ids is None else tuple(security_group_ids),
        )
        return self.service.post("/ports", {"port": body}, port.PORT)

    def update_port(
        self,
        port_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        security_group_ids: Sequence[str] | None = None,
    ) -> Port:
        """Change what is not None of a port. Raises `NotFound`."""
        body = PortBody(
            name=name,
            description=description,
            security_groups=None if security_group_ids is None else tuple(security_group_ids),
        )
        return self.service.put(f"/ports/{port_id}", {"port": body}, port.PORT)

    def delete_port(self, port_id: str) -> None:
        """Delete a port; the server that has it loses the interface. Raises `NotFound`."""
        self.service.delete(f"/ports/{port_id}")

    # Floating IPs

    def floating_ips(self, **filters: FilterValue) -> Iterator[FloatingIp]:
        """List floating IPs, filtered by Neutron (``port_id=...`` ...)."""
        return self.service.items(floating_ip.FLOATING_IPS, filters)

    def floating_ip(self, floating_ip_id: str) -> FloatingIp:
        """Get one floating IP. Raises `NotFound`."""
        return self.service.get(f"/floatingips/{floating_ip_id}", floating_ip.FLOATING_IP)

    def create_floating_ip(
        self, *, network_id: str, port_id: str | None = None, description: str = ""
    ) -> FloatingIp:
        """Take an address from an external network, and lead it to a port if one is given.

        Raises `NotFound` if no router joins the port's network to the external one.
        """
        body = floating_ip.FloatingIpBody(
            floating_network_id=network_id, port_id=port_id, description=description or None
        )
        return self.service.post("/floatingips", {"floatingip": body}, floating_ip.FLOATING_IP)

    def update_floating_ip(self, floating_ip_id: str, *, port_id: str | None) -> FloatingIp:
        """Lead a floating IP to another port, or by None to none. Raises `NotFound`."""
        body = {"floatingip": {"port_id": port_id}}
        return self.service.put(f"/floatingips/{floating_ip_id}", body, floating_ip.FLOATING_IP)

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """Give an address back. Raises `NotFound`."""
        self.service.delete(f"/floatingips/{floating_ip_id}")

    # Security groups

    def security_groups(self, **filters: FilterValue) -> Iterator[SecurityGroup]:
        """List security groups with their rules, filtered by Neutron."""
        return self.service.items(security_group.GROUPS, filters)

    def security_group(self, security_group_id: str) -> SecurityGroup:
        """Get one security group. Raises `NotFound`."""
        return self.service.get(f"/security-groups/{security_group_id}", security_group.GROUP)

    def create_security_group(self, *, name: str, description: str = "") -> SecurityGroup:
        """Make a security group; Neutron puts rules into it that let everything out."""
        body = {"security_group": {"name": name, "description": description}}
        return self.service.post("/security-groups", body, security_group.GROUP)

    def delete_security_group(self, security_group_id: str) -> None:
        """Delete a security group. Raises `NotFound`, or `Conflict` while a port has it."""
        self.service.delete(f"/security-groups/{security_group_id}")

    def security_group_rules(self, **filters: FilterValue) -> Iterator[SecurityGroupRule]:
        """List rules, filtered by Neutron (``security_group_id=...`` ...)."""
        return self.service.items(security_group.RULES, filters)

    def create_security_group_rule(
        self,
        *,
        security_group_id: str,
        direction: str = "ingress",
        ethertype: str | None = None,
        protocol: str | None = None,
        port_range_min: int | None = None,
        port_range_max: int | None = None,
        remote_ip_prefix: str | None = None,
        remote_group_id: str | None = None,
        description: str | None = None,
    ) -> SecurityGroupRule:
        """Allow something; what is None is allowed in any form. Raises `Conflict` if it was."""
        body = RuleBody(
            security_group_id=security_group_id,
            direction=direction,
            ethertype=ethertype,
            protocol=protocol,
            port_range_min=port_range_min,
            port_range_max=port_range_max,
            remote_ip_prefix=remote_ip_prefix,
            remote_group_id=remote_group_id,
            description=description,
        )
        path, fields = "/security-group-rules", {"security_group_rule": body}
        return self.service.post(path, fields, security_group.RULE)

    def delete_security_group_rule(self, rule_id: str) -> None:
        """Allow something no longer. Raises `NotFound`."""
        self.service.delete(f"/security-group-rules/{rule_id}")

    # What there is room for

    def quotas(self) -> NetworkQuotas:
        """Get the project's quotas and use."""
        return self.service.get(f"/quotas/{self.service.project_id}/details", quota.QUOTAS)
