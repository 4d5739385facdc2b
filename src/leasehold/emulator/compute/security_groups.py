"""Security groups through Nova: those of a server, and (until 2.35) those of the project."""

from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.compute.faults import bad_input, not_found, unexpected
from leasehold.emulator.compute.floating_ips import check_not_removed
from leasehold.emulator.compute.security_group_rules import ingress_rule
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of, is_uuid, part
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.network.attributes import read_new
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import SecurityGroup, SecurityGroupRule

_GROUPS = "/v2.1/os-security-groups"
_RULES = "/v2.1/os-security-group-rules"


class ComputeSecurityGroups:
    """Nova in front of Neutron's security groups; it shows incoming rules only."""

    def __init__(self, state: Networking, servers: Servers) -> None:
        self._state = state
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _GROUPS, self._index)
        router.add("POST", _GROUPS, self._create)
        router.add("GET", f"{_GROUPS}/{{id}}", self._show)
        router.add("PUT", f"{_GROUPS}/{{id}}", self._update)
        router.add("DELETE", f"{_GROUPS}/{{id}}", self._delete)
        router.add("POST", _RULES, self._create_rule)
        router.add("DELETE", f"{_RULES}/{{id}}", self._delete_rule)
        router.add("GET", "/v2.1/servers/{server_id}/os-security-groups", self._of_server)

    def _index(self, request: Request) -> Response:
        check_not_removed(request)
        self._state.security_groups.default(request.project.id)
        return self._listed(list(self._state.security_groups.records.oldest(request.project.id)))

    def _of_server(self, request: Request) -> Response:
        server = self._servers.wanted(request)
        ports = self._state.ports.of_device(server.id)
        ids = dict.fromkeys(group_id for port in ports for group_id in port.security_groups)
        found = (self._state.security_groups.records.get(group_id) for group_id in ids)
        return self._listed([group for group in found if group is not None])

    def _listed(self, groups: list[SecurityGroup]) -> Response:
        shown = [self._document(group) for group in sorted(groups, key=_order)]
        return Response(200, {"security_groups": shown})

    def _show(self, request: Request) -> Response:
        return Response(200, {"security_group": self._document(self._wanted(request))})

    def _create(self, request: Request) -> Response:
        check_not_removed(request)
        caller, groups = Caller.of(request), self._state.security_groups
        given = _checked(part(body_of(request), "security_group"))
        if Effect.QUOTA in request.effects:
            raise Fault(403, "Quota exceeded for resources: ['security_group'].")
        try:
            self._state.quotas.check(groups.kind, caller.project_id)
            group = groups.create(read_new(groups.kind, given, caller), caller)
        except Fault as fault:
            raise _refused(fault) from fault
        return Response(200, {"security_group": self._document(group)})

    def _update(self, request: Request) -> Response:
        check_not_removed(request)
        given = _checked(part(body_of(request), "security_group"))
        group = self._wanted(request)
        try:
            changed = self._state.security_groups.update(group, given, Caller.of(request))
        except Fault as fault:
            raise unexpected() from fault
        return Response(200, {"security_group": self._document(changed)})

    def _delete(self, request: Request) -> Response:
        group = self._wanted(request)
        try:
            self._state.security_groups.delete(group, Caller.of(request))
        except Fault as fault:
            raise Fault(400, fault.message) from fault
        return Response(202)

    def _create_rule(self, request: Request) -> Response:
        check_not_removed(request)
        given = part(body_of(request), "security_group_rule")
        if "parent_group_id" not in given:
            problem = "'parent_group_id' is a required property"
            raise bad_input("security_group_rule", given, problem)
        caller, rules = Caller.of(request), self._state.security_group_rules
        self._found(request, str(given["parent_group_id"]))
        if given.get("group_id") is not None:
            self._found(request, str(given["group_id"]))
        wish = ingress_rule(given)
        try:
            self._state.quotas.check(rules.kind, caller.project_id)
            rule = rules.create(read_new(rules.kind, wish, caller), caller)
        except Fault as fault:
            raise _refused_rule(fault, given) from fault
        return Response(200, {"security_group_rule": self._rule(rule)})

    def _delete_rule(self, request: Request) -> Response:
        check_not_removed(request)
        rule_id, rules = _id(request), self._state.security_group_rules
        rule = rules.records.get(rule_id)
        if rule is None or not rules.readable(rule, Caller.of(request)):
            raise not_found(f"Security group rule {rule_id} does not exist")
        rules.delete(rule, Caller.of(request))
        return Response(202)

    def _wanted(self, request: Request) -> SecurityGroup:
        check_not_removed(request)
        return self._found(request, _id(request))

    def _found(self, request: Request, group_id: str) -> SecurityGroup:
        group = self._state.security_groups.records.get(group_id)
        if group is None or not self._state.security_groups.readable(group, Caller.of(request)):
            raise not_found(f"Security group {group_id} does not exist")
        return group

    def _document(self, group: SecurityGroup) -> dict[str, Any]:
        rules = self._state.security_group_rules.records.oldest(group.project_id)
        return {
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "tenant_id": group.project_id,
            "rules": [
                self._rule(rule)
                for rule in rules
                if rule.security_group_id == group.id and rule.direction == "ingress"
            ],
        }

    def _rule(self, rule: SecurityGroupRule) -> dict[str, Any]:
        remote = self._state.security_groups.records.get(rule.remote_group_id or "")
        low, high = _ports(rule)
        return {
            "id": rule.id,
            "parent_group_id": rule.security_group_id,
            "ip_protocol": rule.protocol,
            "from_port": low,
            "to_port": high,
            "group": {"name": remote.name, "tenant_id": remote.project_id} if remote else {},
            "ip_range": {} if remote else {"cidr": rule.remote_ip_prefix or "0.0.0.0/0"},
        }


def _ports(rule: SecurityGroupRule) -> tuple[int | None, int | None]:
    """Where Neutron says nothing, Nova says what it means: all of the protocol's."""
    low, high = rule.port_range_min, rule.port_range_max
    if rule.protocol and low is None and high is None:
        return (1, 65_535) if rule.protocol.lower() in ("tcp", "udp") else (-1, -1)
    return low, high


def _id(request: Request) -> str:
    group_id = request.params["id"]
    if not is_uuid(group_id):
        raise Fault(400, "Security group id should be uuid")
    return group_id


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("name", "description"):
        if name not in given:
            raise bad_input("security_group", given, f"'{name}' is a required property")
        if not isinstance(given[name], str):
            raise bad_input(name, given[name], f"{given[name]!r} is not of type 'string'")
        if len(given[name]) > 255:
            raise bad_input(name, given[name], f"'{given[name]}' is too long")
    return {"name": given["name"], "description": given["description"]}


def _refused(fault: Fault) -> Fault:
    """Neutron's conflicts are, to Nova, always a matter of too much."""
    return Fault(403, fault.message) if fault.status == 409 else fault


def _refused_rule(fault: Fault, given: dict[str, Any]) -> Fault:
    """Nova sees by itself that a rule is there, if its protocol is written as Neutron does."""
    as_neutron_writes = str(given.get("ip_protocol") or "").lower() == given.get("ip_protocol")
    if fault.kind == "SecurityGroupRuleExists" and as_neutron_writes:
        return Fault(400, f"This rule already exists in group {given['parent_group_id']}")
    return _refused(fault)


def _order(group: SecurityGroup) -> tuple[str, str]:
    return group.project_id, group.name
