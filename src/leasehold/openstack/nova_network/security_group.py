"""Security groups of Nova's: they say what may come in, and nothing of what may go out."""

from collections.abc import Iterator

import msgspec

from leasehold.openstack.ids import SecurityGroupId, SecurityGroupRuleId
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs


class IpRange(msgspec.Struct, frozen=True, kw_only=True):
    """Where something may come from, by address."""

    cidr: str | None = None


class SourceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Where something may come from, by security group."""

    name: str | None = None
    project_id: str | None = msgspec.field(name="tenant_id", default=None)


class SecurityGroupRule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may come in. Ports, or ICMP's type and code, of -1 are any."""

    id: SecurityGroupRuleId | int
    """A number where Nova has the rules itself; so is the next."""
    security_group_id: SecurityGroupId | int = msgspec.field(name="parent_group_id")
    protocol: str | None = msgspec.field(name="ip_protocol", default=None)
    from_port: int | None = None
    to_port: int | None = None
    ip_range: IpRange = IpRange()
    group: SourceGroup = SourceGroup()


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of rules."""

    id: SecurityGroupId | int
    """A number where Nova has the groups itself."""
    name: str
    description: str | None = None
    project_id: str | None = msgspec.field(name="tenant_id", default=None)
    rules: tuple[SecurityGroupRule, ...] = ()


class _RuleBody(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of Nova's create; it wants them all, of each kind of rule."""

    parent_group_id: str | int
    ip_protocol: str | None
    from_port: int | None
    to_port: int | None
    cidr: str | None
    group_id: str | int | None


_PATH = "/os-security-groups"
_RULES_PATH = "/os-security-group-rules"
_GROUPS: Collection[SecurityGroup] = Collection(
    _PATH, SecurityGroup, key="security_groups", by_offset=True
)
_GROUP = Shape(SecurityGroup, key="security_group")
_RULE = Shape(SecurityGroupRule, key="security_group_rule")


class SecurityGroups(Verbs):
    """Security groups. `compute.add_security_group` puts a server into one."""

    def security_groups(self) -> Iterator[SecurityGroup]:
        """List the project's security groups with their rules."""
        return self.service.items(_GROUPS, {})

    def security_group(self, security_group_id: str | int) -> SecurityGroup:
        """Get one security group. Raises `NotFound`."""
        return self.service.get(f"{_PATH}/{security_group_id}", _GROUP)

    def create_security_group(self, *, name: str, description: str = "") -> SecurityGroup:
        """Make a security group that lets nothing in. Raises `QuotaExceeded`."""
        body = {"security_group": {"name": name, "description": description}}
        return self.service.post(_PATH, body, _GROUP)

    def update_security_group(
        self, security_group_id: str | int, *, name: str, description: str
    ) -> SecurityGroup:
        """Change the name and the description; Nova wants both. Raises `NotFound`."""
        body = {"security_group": {"name": name, "description": description}}
        return self.service.put(f"{_PATH}/{security_group_id}", body, _GROUP)

    def delete_security_group(self, security_group_id: str | int) -> None:
        """Delete a security group. Raises `NotFound`; `BadRequest` while it is in use."""
        self.service.delete(f"{_PATH}/{security_group_id}")

    def create_security_group_rule(
        self,
        security_group_id: str | int,
        *,
        protocol: str | None = None,
        from_port: int | None = None,
        to_port: int | None = None,
        cidr: str | None = None,
        group_id: str | int | None = None,
    ) -> SecurityGroupRule:
        """Let something in: from the addresses of `cidr`, or from the members of a group.

        `protocol` is tcp, udp or icmp, which has its type and code in the place of ports. All of it
        may be left out with a group only. Raises `BadRequest` for a rule that is there already.
        """
        body = _RuleBody(
            parent_group_id=security_group_id,
            ip_protocol=protocol,
            from_port=from_port,
            to_port=to_port,
            cidr=cidr,
            group_id=group_id,
        )
        return self.service.post(_RULES_PATH, {"security_group_rule": body}, _RULE)

    def delete_security_group_rule(self, rule_id: str | int) -> None:
        """Let it in no longer. Raises `NotFound`."""
        self.service.delete(f"{_RULES_PATH}/{rule_id}")
