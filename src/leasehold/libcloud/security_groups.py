"""Security groups of Neutron or of Nova, and those of a node."""

from typing import Any

from libcloud.compute.base import Node
from libcloud.compute.drivers.openstack import OpenStackSecurityGroup, OpenStackSecurityGroupRule

from leasehold.libcloud.part import Part
from leasehold.openstack import network, nova_network


class AnySecurityGroups(Part):
    """What may reach a node: what is alike in Neutron and Nova."""

    @property
    def _keeper(self) -> network.Networking | nova_network.NovaNetwork:
        """Whose groups they are."""
        return self.cloud.network

    def ex_list_security_groups(self) -> list[OpenStackSecurityGroup]:
        """List the security groups with their rules."""
        return [group_of(group, driver=self) for group in self._keeper.security_groups()]

    def ex_create_security_group(self, name: str, description: str) -> OpenStackSecurityGroup:
        """Make a security group; Neutron puts rules into it that let everything out."""
        made = self._keeper.create_security_group(name=name, description=description)
        return group_of(made, driver=self)

    def ex_delete_security_group(self, security_group: OpenStackSecurityGroup) -> bool:
        """Delete a security group."""
        self._keeper.delete_security_group(security_group.id)
        return True

    def ex_delete_security_group_rule(self, rule: OpenStackSecurityGroupRule) -> bool:
        """Let it in no longer. True also for Nova, whose answer Libcloud takes for a failure."""
        self._keeper.delete_security_group_rule(rule.id)
        return True


class SecurityGroups(AnySecurityGroups):
    """Neutron's security groups."""

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
        made = self.cloud.network.create_security_group_rule(
            security_group_id=security_group.id,
            protocol=ip_protocol,
            port_range_min=from_port,
            port_range_max=to_port,
            remote_ip_prefix=cidr,
            remote_group_id=source_security_group.id if source_security_group else None,
        )
        return rule_of(made, driver=self)

    def ex_remove_security_group_from_node(
        self, security_group: OpenStackSecurityGroup, node: Node
    ) -> bool:
        """Take a node out of a security group."""
        self.cloud.compute.remove_security_group(node.id, security_group.name)
        return True


def group_of(
    group: network.SecurityGroup | nova_network.SecurityGroup, *, driver: Any
) -> OpenStackSecurityGroup:
    """Show a security group as Libcloud does."""
    return OpenStackSecurityGroup(
        id=group.id,
        tenant_id=group.project_id,
        name=group.name,
        description=group.description,
        driver=driver,
        rules=[rule_of(rule, driver=driver) for rule in group.rules],
    )


def rule_of(
    rule: network.SecurityGroupRule | nova_network.SecurityGroupRule, *, driver: Any
) -> OpenStackSecurityGroupRule:
    """Show a rule as Libcloud does, but with its direction: Libcloud calls every rule ingress.

    Nova's, which all are, is of a range of addresses, or of a group and its project.
    """
    if isinstance(rule, nova_network.SecurityGroupRule):
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
    return OpenStackSecurityGroupRule(
        id=rule.id,
        parent_group_id=rule.security_group_id,
        ip_protocol=rule.protocol,
        from_port=rule.port_range_min,
        to_port=rule.port_range_max,
        driver=driver,
        ip_range=rule.remote_ip_prefix,
        group=rule.remote_group_id,
        tenant_id=rule.project_id,
        direction=rule.direction,
    )
