"""Security groups as Nova tells of them: those of a node, and on old clouds all."""

from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import OpenStackSecurityGroup, OpenStackSecurityGroupRule

from leasehold.libcloud.part import Part
from leasehold.openstack.compute import ServerSecurityGroup
from leasehold.openstack.nova_network import SecurityGroup, SecurityGroupRule


class NodeSecurityGroups(Part):
    """Which security groups a node is in."""

    def ex_get_node_security_groups(self, node: Node) -> list[OpenStackSecurityGroup]:
        """List the security groups of a node."""
        found = self.cloud.compute.server_security_groups(node.id)
        return [nova_group_of(group, driver=self) for group in found]


def nova_group_of(
    group: ServerSecurityGroup | SecurityGroup, *, driver: Any
) -> OpenStackSecurityGroup:
    """Show a security group of Nova's as Libcloud does."""
    return OpenStackSecurityGroup(
        id=group.id,
        tenant_id=group.project_id,
        name=group.name,
        description=group.description,
        driver=driver,
        rules=[nova_rule_of(rule, driver=driver) for rule in group.rules],
    )


def nova_rule_of(rule: SecurityGroupRule, *, driver: Any) -> OpenStackSecurityGroupRule:
    """Show a rule of Nova's as Libcloud does; all of them are of what may come in."""
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
