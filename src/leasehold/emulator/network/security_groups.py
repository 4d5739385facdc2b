"""Security groups and their rules. They are kept and shown; no packet meets them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import view
from leasehold.emulator.network.kinds import SECURITY_GROUP, SECURITY_GROUP_RULE
from leasehold.emulator.network.records import SecurityGroup, SecurityGroupRule, revised
from leasehold.emulator.network.security_group_rules import RuleBook, checked
from leasehold.emulator.world import World

DEFAULT = "default"


class SecurityGroups:
    """Neutron's security groups; every project gets its ``default`` one when it is first needed."""

    kind = SECURITY_GROUP

    def __init__(self, world: World, book: RuleBook) -> None:
        self._world = world
        self._book = book
        self.records = world.collection(owner=_project)
        self._default_ids: dict[str, str] = {}
        self._uses: Counter[str] = Counter()

    def find(self, group_id: str) -> SecurityGroup:
        """The group; raises Fault 404."""
        group = self.records.get(group_id)
        if group is None:
            raise self.kind.not_found(group_id)
        return group

    def default(self, project_id: str) -> SecurityGroup:
        """The project's own default group, made now if there is none."""
        group = self.records.get(self._default_ids.get(project_id, ""))
        if group is None:
            group = self._add(
                project_id=project_id, name=DEFAULT, description="Default security group"
            )
            self._default_ids[project_id] = group.id
            self._open(group, "ingress", from_itself=True)
            self._open(group, "egress")
        return group

    def is_default(self, group: SecurityGroup) -> bool:
        return self._default_ids.get(group.project_id) == group.id

    def named(self, project_id: str, name_or_id: str) -> SecurityGroup | None:
        """The project's group of this id or name."""
        if name_or_id == DEFAULT:
            return self.default(project_id)
        group = self.records.get(name_or_id)
        if group is not None and group.project_id == project_id:
            return group
        owned = self.records.oldest(project_id)
        return next((group for group in owned if group.name == name_or_id), None)

    def use(self, group_ids: Iterable[str]) -> None:
        """A port is in these groups now."""
        self._uses.update(group_ids)

    def unuse(self, group_ids: Iterable[str]) -> None:
        self._uses.subtract(group_ids)

    def readable(self, group: SecurityGroup, caller: Caller) -> bool:
        return caller.admin or group.project_id == caller.project_id

    def view(self, group: SecurityGroup, caller: Caller) -> dict[str, Any]:
        shown = view(self.kind, group, caller)
        shown["security_group_rules"] = [
            {**msgspec.to_builtins(rule), "tenant_id": rule.project_id}
            for rule in self._book.of(group.id)
        ]
        return shown

    def create(self, values: dict[str, Any], caller: Caller) -> SecurityGroup:
        if values["name"].lower() == DEFAULT:
            raise Fault(
                409,
                "Default security group already exists.",
                kind="SecurityGroupDefaultAlreadyExists",
            )
        group = self._add(**values)
        self._open(group, "egress")
        return group

    def update(self, group: SecurityGroup, values: dict[str, Any], caller: Caller) -> SecurityGroup:
        if self.is_default(group) and "name" in values:
            raise Fault(
                409,
                "Updating default security group not allowed.",
                kind="SecurityGroupCannotUpdateDefault",
            )
        return self.revise(group, **values)

    def revise(self, group: SecurityGroup, **values: Any) -> SecurityGroup:
        """The group with these changes; a rule that comes or goes changes its group, too."""
        return self.records.put(revised(group, self._world.timeline.now(), **values))

    def delete(self, group: SecurityGroup, caller: Caller) -> None:
        if self.is_default(group) and not caller.admin:
            raise Fault(
                409,
                "Insufficient rights for removing default security group.",
                kind="SecurityGroupCannotRemoveDefault",
            )
        if self._uses[group.id] > 0:
            raise Fault(409, f"Security Group {group.id} in use.", kind="SecurityGroupInUse")
        for rule in self._book.of(group.id):
            self._book.remove(rule)
        self.records.remove(group.id)

    def _add(self, **values: Any) -> SecurityGroup:
        now = self._world.timeline.now().replace(microsecond=0)
        return self.records.put(
            SecurityGroup(
                id=self._world.ids.uuid(),
                created_at=now,
                updated_at=now,
                revision_number=1,
                **values,
            )
        )

    def _open(self, group: SecurityGroup, direction: str, *, from_itself: bool = False) -> None:
        """Let everything pass: the rules a group is born with."""
        for ethertype in ("IPv4", "IPv6"):
            self._book.add(
                project_id=group.project_id,
                security_group_id=group.id,
                direction=direction,
                ethertype=ethertype,
                description=None,
                remote_group_id=group.id if from_itself else None,
                belongs_to_default_sg=self.is_default(group),
            )


class SecurityGroupRules:
    """The rules, as the API's own resource."""

    kind = SECURITY_GROUP_RULE

    def __init__(self, groups: SecurityGroups, book: RuleBook) -> None:
        self._groups = groups
        self._book = book
        self.records = book.records

    def readable(self, rule: SecurityGroupRule, caller: Caller) -> bool:
        return caller.admin or rule.project_id == caller.project_id

    def view(self, rule: SecurityGroupRule, caller: Caller) -> dict[str, Any]:
        return view(self.kind, rule, caller)

    def create(self, values: dict[str, Any], caller: Caller) -> SecurityGroupRule:
        values = checked(values)
        for group_id in (values["security_group_id"], values["remote_group_id"]):
            if group_id and not self._groups.readable(self._groups.find(group_id), caller):
                raise self._groups.kind.not_found(group_id)
        group = self._groups.find(values["security_group_id"])
        rule = self._book.add(**values, belongs_to_default_sg=self._groups.is_default(group))
        self._groups.revise(group)
        return rule

    def update(
        self, rule: SecurityGroupRule, values: dict[str, Any], caller: Caller
    ) -> SecurityGroupRule:
        """Rules do not change; only what stands beside them does."""
        return self._book.revise(rule, values)

    def delete(self, rule: SecurityGroupRule, caller: Caller) -> None:
        self._book.remove(rule)
        self._groups.revise(self._groups.find(rule.security_group_id))


def _project(group: SecurityGroup) -> str:
    return group.project_id
