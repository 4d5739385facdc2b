"""How much of each resource of Neutron a project may have, and has."""

from typing import Any

import msgspec

from leasehold.emulator.collection import Collection
from leasehold.emulator.http import Fault
from leasehold.emulator.network.attributes import Kind, bad_request
from leasehold.emulator.network.checks import boolean, integer
from leasehold.emulator.settings import Quota
from leasehold.emulator.world import World

COUNTED = (
    "network",
    "subnet",
    "port",
    "router",
    "floatingip",
    "security_group",
    "security_group_rule",
)
_UNCOUNTED = ("subnetpool", "rbac_policy")
_ROUTER_ROUTES = 30
"""Neutron's own default of the routes a router may have; it is no setting of the emulator's."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a quota's details."""

    limit: int
    used: int
    reserved: int = 0


class NetworkQuotas:
    """Neutron's quotas over the collections that `count` registered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._collections: dict[str, Collection[Any]] = {}
        self._changed: dict[str, None] = {}

    def count(self, kind: Kind, records: Collection[Any]) -> None:
        self._collections[kind.quota] = records

    def check(self, kind: Kind, project_id: str) -> None:
        """Refuse one more of the kind when the project has its all."""
        limit = getattr(self._world.quota(project_id), kind.quota)
        if 0 <= limit <= self._used(kind.quota, project_id):
            raise over_quota(kind)

    def limits(self, project_id: str) -> dict[str, int]:
        return _limits(self._world.quota(project_id))

    def defaults(self) -> dict[str, int]:
        return _limits(self._world.settings.quota)

    def details(self, project_id: str) -> dict[str, Usage]:
        return {
            name: Usage(limit=limit, used=self._used(name, project_id))
            for name, limit in self.limits(project_id).items()
        }

    def changed_projects(self) -> list[str]:
        """Projects that were given quotas of their own here."""
        return list(self._changed)

    def change(self, project_id: str, given: dict[str, Any]) -> None:
        """Set some limits; raises Fault 400, also for less than is in use unless it is forced."""
        given = {name: value for name, value in given.items() if name != "check_limit"}
        forced = boolean(given.pop("force", False))
        names = (*COUNTED, *_UNCOUNTED)
        unknown = ", ".join(f"'{name}'" for name in sorted(set(given) - set(names)))
        if unknown:
            raise bad_request(f"Unrecognized attribute(s) {unknown}")
        limits = {name: integer(value) for name, value in given.items()}
        for name, limit in limits.items():
            if limit < -1:
                raise bad_request(
                    f"Invalid input for {name}. Reason: '{limit}' is too small - must be at "
                    "least '-1'."
                )
            used = self._used(name, project_id)
            if 0 <= limit < used and not forced:
                raise bad_request(
                    f"Quota limit {limit} for {name} must be greater than or equal to already "
                    f"used {used}"
                )
        self._changed[project_id] = None
        self._set(project_id, limits)

    def reset(self, project_id: str) -> None:
        """Back to the defaults; raises Fault 404 for a project that never left them."""
        if project_id not in self._changed:
            raise Fault(
                404,
                f"Quota for project {project_id} could not be found.",
                kind="TenantQuotaNotFound",
            )
        del self._changed[project_id]
        default = self._world.settings.quota
        self._set(project_id, {name: getattr(default, name) for name in (*COUNTED, *_UNCOUNTED)})

    def _set(self, project_id: str, limits: dict[str, int]) -> None:
        quota = msgspec.structs.replace(self._world.quota(project_id), **limits)
        self._world.quotas[project_id] = quota

    def _used(self, name: str, project_id: str) -> int:
        records = self._collections.get(name)
        return records.count(project_id) if records is not None else 0


def over_quota(kind: Kind) -> Fault:
    return Fault(409, f"Quota exceeded for resources: ['{kind.quota}'].", kind="OverQuota")


def _limits(quota: Quota) -> dict[str, int]:
    limits = {name: getattr(quota, name) for name in (*COUNTED, *_UNCOUNTED)}
    return {**limits, "router_route": _ROUTER_ROUTES}
