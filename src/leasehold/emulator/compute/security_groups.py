"""Security groups through Nova: those of a server, and (until 2.35) those of the project."""

from typing import Any

from leasehold.emulator.compute.floating_ips import check_not_removed
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.network.networking import Networking
from leasehold.emulator.network.records import SecurityGroup, SecurityGroupRule


class ComputeSecurityGroups:
    """Nova in front of Neutron's security groups; it shows incoming rules only."""

    def __init__(self, state: Networking, servers: Servers) -> None:
        self._state = state
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/os-security-groups", self._index)
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
        return Response(200, {"security_groups": [self._document(group) for group in groups]})

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
        return {
            "id": rule.id,
            "parent_group_id": rule.security_group_id,
            "ip_protocol": rule.protocol,
            "from_port": rule.port_range_min,
            "to_port": rule.port_range_max,
            "group": {"name": remote.name, "tenant_id": remote.project_id} if remote else {},
            "ip_range": {"cidr": rule.remote_ip_prefix} if rule.remote_ip_prefix else {},
        }
