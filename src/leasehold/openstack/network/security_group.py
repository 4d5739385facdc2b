"""Security groups: what may reach a port, and what it may reach."""

import msgspec

from leasehold.openstack.ids import SecurityGroupId, SecurityGroupRuleId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape


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
    description: str | None = None
    project_id: str | None = None


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A named set of rules."""

    id: SecurityGroupId
    name: str = ""
    description: str | None = None
    project_id: str | None = None
    rules: tuple[SecurityGroupRule, ...] = msgspec.field(name="security_group_rules", default=())
    tags: tuple[str, ...] = ()


class RuleBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of Neutron's create; those left alone are not sent."""

    security_group_id: str
    direction: str
    ethertype: str | None = None
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    description: str | None = None


GROUPS: Collection[SecurityGroup] = Collection(
    "/security-groups", SecurityGroup, key="security_groups"
)
GROUP = Shape(SecurityGroup, key="security_group")
RULES: Collection[SecurityGroupRule] = Collection(
    "/security-group-rules", SecurityGroupRule, key="security_group_rules"
)
RULE = Shape(SecurityGroupRule, key="security_group_rule")
