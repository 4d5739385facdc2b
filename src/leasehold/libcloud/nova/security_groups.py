"""Security groups of Nova's own, and those of a node."""

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import OpenStackSecurityGroup, OpenStackSecurityGroupRule

from leasehold.libcloud.part import Part
from leasehold.libcloud.security_groups import AnySecurityGroups, group_of, rule_of
from leasehold.openstack.nova_network import NovaNetwork


class SecurityGroups(AnySecurityGroups):
    """Nova's security groups."""

    @property
    def _keeper(self) -> NovaNetwork:
        return self.cloud.nova_network

    def ex_create_security_group_rule(
        self,
        security_group: OpenStackSecurityGroup,
        ip_protocol: str | None,
        from_port: int | None,
        to_port: int | None,
        cidr: str | None = None,
        source_security_group: OpenStackSecurityGroup | None = None,
    ) -> OpenStackSecurityGroupRule:
        """Let a protocol and range of ports in, from a range of addresses or another group."""
        made = self._keeper.create_security_group_rule(
            security_group.id,
            protocol=ip_protocol,
            from_port=from_port,
            to_port=to_port,
            cidr=cidr,
            group_id=source_security_group.id if source_security_group else None,
        )
        return rule_of(made, driver=self)


class NodeSecurityGroups(Part):
    """The security groups of a node, as Nova has them: of every API version from 1.1 on."""

    def ex_get_node_security_groups(self, node: Node) -> list[OpenStackSecurityGroup]:
        """List a node's security groups with their rules."""
        groups = self.cloud.compute.server_security_groups(node.id)
        return [group_of(each, driver=self) for each in groups]
