"""Security groups of Nova's own, and those of a node."""

from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import OpenStackSecurityGroup, OpenStackSecurityGroupRule

from leasehold.libcloud.part import Part
from leasehold.libcloud.security_groups import AnySecurityGroups
from leasehold.openstack.nova_network import NovaNetwork, SecurityGroup, SecurityGroupRule


class SecurityGroups(AnySecurityGroups):
    """Nova's security groups."""

    @property
    def _keeper(self) -> NovaNetwork:
        return self.cloud.nova_network

    def _shown(self, group: Any) -> OpenStackSecurityGroup:
        return group_of(group, driver=self)

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


def group_of(group: SecurityGroup, *, driver: Any) -> OpenStackSecurityGroup:
    """Show a security group as Libcloud does."""
    return OpenStackSecurityGroup(
        id=group.id,
        tenant_id=group.project_id,
        name=group.name,
        description=group.description,
        driver=driver,
        rules=[rule_of(rule, driver=driver) for rule in group.rules],
    )


def rule_of(rule: SecurityGroupRule, *, driver: Any) -> OpenStackSecurityGroupRule:
    """Show a rule as Libcloud does: it is of a range of addresses, or of a group and its project."""
    return OpenStackSecurityGroupRule(
        id=rule.id,
        parent_group_id=rule.security_group_id,
        ip_protocol=rule.protocol,
        from_port=rule.from_port,
        to_port=rule.to_port,
        driver=driver,
        ip_range=rule.ip_range.cidr,
        group=rule.group.name,
        tenant_id=rule.group.project_id,
    )
