"""Security groups: what may reach a port, and what it may reach."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.body import given
from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import SecurityGroupId, SecurityGroupRuleId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class SecurityGroupRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that is allowed; None is any."""

    id: SecurityGroupRuleId
    security_group_id: SecurityGroupId
    direction: str
    ethertype: str | None = None
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: SecurityGroupId | None = None
    remote_address_group_id: str | None = None
    description: str | None = None
    project_id: str | None = None


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A named set of rules."""

    id: SecurityGroupId
    name: str = ""
    description: str | None = None
    project_id: str | None = None
    rules: tuple[SecurityGroupRule, ...] = msgspec.field(name="security_group_rules", default=())
    is_stateful: bool | None = msgspec.field(name="stateful", default=None)
    tags: tuple[str, ...] = ()


GROUPS: Collection[SecurityGroup] = Collection(
    "/security-groups", SecurityGroup, key="security_groups"
)
GROUP = Shape(SecurityGroup, key="security_group")
RULES: Collection[SecurityGroupRule] = Collection(
    "/security-group-rules", SecurityGroupRule, key="security_group_rules"
)
RULE = Shape(SecurityGroupRule, key="security_group_rule")


class SecurityGroups(Verbs):
    """Security groups and their rules."""

    def security_groups(self, **filters: FilterValue) -> Iterator[SecurityGroup]:
        """List security groups with their rules, filtered by Neutron."""
        return self.service.items(GROUPS, filters)

    def security_group(self, security_group_id: str) -> SecurityGroup:
        """Get one security group. Raises `NotFound`."""
        return self.service.get(f"/security-groups/{security_group_id}", GROUP)

    def create_security_group(
        self, *, name: str, description: str = "", stateful: bool | None = None
    ) -> SecurityGroup:
        """Make a security group; Neutron puts rules into it that let everything out."""
        fields = given(name=name, description=description, stateful=stateful)
        return self.service.post("/security-groups", {"security_group": fields}, GROUP)

    def update_security_group(
        self,
        security_group_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        stateful: bool | None = None,
    ) -> SecurityGroup:
        """Change what is not None of a security group. Raises `NotFound`."""
        fields = given(name=name, description=description, stateful=stateful)
        path = f"/security-groups/{security_group_id}"
        return self.service.put(path, {"security_group": fields}, GROUP)

    def delete_security_group(self, security_group_id: str) -> None:
        """Delete a security group. Raises `NotFound`, or `Conflict` while a port has it."""
        self.service.delete(f"/security-groups/{security_group_id}")

    def security_group_rules(self, **filters: FilterValue) -> Iterator[SecurityGroupRule]:
        """List rules, filtered by Neutron (``security_group_id=...`` ...)."""
        return self.service.items(RULES, filters)

    def security_group_rule(self, rule_id: str) -> SecurityGroupRule:
        """Get one rule. Raises `NotFound`."""
        return self.service.get(f"/security-group-rules/{rule_id}", RULE)

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
        fields = given(
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
        body = {"security_group_rule": fields}
        return self.service.post("/security-group-rules", body, RULE)

    def delete_security_group_rule(self, rule_id: str) -> None:
        """Allow something no longer. Raises `NotFound`."""
        self.service.delete(f"/security-group-rules/{rule_id}")
