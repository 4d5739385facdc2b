"""How much a project may have of Nova's things, and has: limits and quota sets."""

from typing import Any

import msgspec

from leasehold.emulator.compute.faults import bad_input, forbidden_by_policy
from leasehold.emulator.compute.keypairs import KeyPairs
from leasehold.emulator.compute.server_groups import ServerGroups
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import body_of, part
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.settings import Quota
from leasehold.emulator.world import World

_PATH = "/v2.1/os-quota-sets/{project_id}"
_NAMES = (
    "cores",
    "instances",
    "key_pairs",
    "metadata_items",
    "ram",
    "server_group_members",
    "server_groups",
)
_NETWORK = ("fixed_ips", "floating_ips", "security_group_rules", "security_groups")
"""Neutron's business since Nova 2.36; without a limit here."""
_FILES = {
    "injected_file_content_bytes": 10_240,
    "injected_file_path_bytes": 255,
    "injected_files": 5,
}
"""Gone with personality files in 2.57."""


class ComputeQuotas:
    """Limits and quota sets of projects."""

    def __init__(
        self, world: World, servers: Servers, key_pairs: KeyPairs, groups: ServerGroups
    ) -> None:
        self._world = world
        self._servers = servers
        self._key_pairs = key_pairs
        self._groups = groups

    def route(self, router: Router) -> None:
        router.add("GET", "/v2.1/limits", self._limits)
        router.add("GET", _PATH, self._show)
        router.add("PUT", _PATH, self._update)
        router.add("DELETE", _PATH, self._delete)
        router.add("GET", f"{_PATH}/detail", self._detail)
        router.add("GET", f"{_PATH}/defaults", self._defaults)

    def _limits(self, request: Request) -> Response:
        project_id = request.project.id
        if request.is_admin:
            project_id = request.one("tenant_id") or project_id
        quota, usage = self._world.quota(project_id), self._servers.usage(project_id)
        absolute = {
            "maxTotalCores": quota.cores,
            "maxTotalInstances": quota.instances,
            "maxTotalKeypairs": quota.key_pairs,
            "maxServerMeta": quota.metadata_items,
            "maxTotalRAMSize": quota.ram,
            "maxServerGroups": quota.server_groups,
            "maxServerGroupMembers": quota.server_group_members,
            "totalRAMUsed": usage.ram,
            "totalCoresUsed": usage.cores,
            "totalInstancesUsed": usage.instances,
            "totalServerGroupsUsed": self._groups.count(project_id),
        }
        if not request.at_least(2, 36):
            absolute |= {
                "maxTotalFloatingIps": -1,
                "maxSecurityGroups": -1,
                "maxSecurityGroupRules": -1,
                "totalFloatingIpsUsed": 0,
                "totalSecurityGroupsUsed": 0,
            }
        if not request.at_least(2, 39):
            absolute["maxImageMeta"] = quota.metadata_items
        if not request.at_least(2, 57):
            absolute |= {"maxPersonality": 5, "maxPersonalitySize": 10_240}
        return Response(200, {"limits": {"rate": [], "absolute": absolute}})

    def _show(self, request: Request) -> Response:
        project_id = _project(request, "show")
        return self._set(project_id, _numbers(request, self._world.quota(project_id)))

    def _defaults(self, request: Request) -> Response:
        project_id = request.params["project_id"]
        return self._set(project_id, _numbers(request, self._world.settings.quota))

    def _detail(self, request: Request) -> Response:
        project_id = _project(request, "detail")
        used = self._used(project_id)
        numbers = _numbers(request, self._world.quota(project_id))
        details = {
            name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
            for name, limit in numbers.items()
        }
        return self._set(project_id, details)

    def _update(self, request: Request) -> Response:
        if not request.is_admin:
            raise forbidden_by_policy("os-quota-sets:update")
        project_id = request.params["project_id"]
        given = part(body_of(request), "quota_set")
        force, used = given.get("force") is True, self._used(project_id)
        fields: dict[str, int] = {}
        for name, value in given.items():
            if name in _NETWORK or name in _FILES or name in ("force", "tenant_id"):
                continue
            if name not in _NAMES:
                problem = f"Additional properties are not allowed ('{name}' was unexpected)"
                raise bad_input("quota_set", given, problem)
            fields[name] = int(value)
            if 0 <= fields[name] < used.get(name, 0) and not force:
                raise Fault(
                    400,
                    f"Quota limit {value} for {name} must be greater than or equal to already "
                    f"used and reserved {used[name]}.",
                )
        quota = msgspec.structs.replace(self._world.quota(project_id), **fields)
        self._world.quotas[project_id] = quota
        return Response(200, {"quota_set": _numbers(request, quota)})

    def _delete(self, request: Request) -> Response:
        """Back to the settings' quota; Neutron's and Cinder's parts go with it."""
        if not request.is_admin:
            raise forbidden_by_policy("os-quota-sets:delete")
        self._world.quotas.pop(request.params["project_id"], None)
        return Response(202)

    def _used(self, project_id: str) -> dict[str, int]:
        usage = self._servers.usage(project_id)
        return {
            "instances": usage.instances,
            "cores": usage.cores,
            "ram": usage.ram,
            "server_groups": self._groups.count(project_id),
        }

    def _set(self, project_id: str, numbers: dict[str, Any]) -> Response:
        return Response(200, {"quota_set": {"id": project_id, **numbers}})


def _project(request: Request, action: str) -> str:
    project_id = request.params["project_id"]
    if project_id != request.project.id and not request.is_admin:
        raise forbidden_by_policy(f"os-quota-sets:{action}")
    return project_id


def _numbers(request: Request, quota: Quota) -> dict[str, int]:
    numbers: dict[str, int] = {name: getattr(quota, name) for name in _NAMES}
    if not request.at_least(2, 36):
        numbers |= dict.fromkeys(_NETWORK, -1)
    if not request.at_least(2, 57):
        numbers |= _FILES
    return dict(sorted(numbers.items()))
