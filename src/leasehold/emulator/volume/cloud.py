"""What Cinder says of itself: limits, quotas, zones, services, extensions."""

from typing import Any

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.volume import bodies as read
from leasehold.emulator.volume.faults import bad_request, demand_admin, not_found, too_old
from leasehold.emulator.volume.quotas import VolumeQuotas
from leasehold.emulator.volume.records import HOST, ZONE
from leasehold.emulator.volume.types import VolumeTypes
from leasehold.emulator.volume.views import moment
from leasehold.emulator.world import World

_EMPTY = {
    "consistencygroups": "consistencygroups",
    "consistencygroups/detail": "consistencygroups",
}
"""Collections that clients look into and the emulator has nothing in."""

_EMPTY_SINCE = {
    "messages": ((3, 3), "messages"),
    "groups": ((3, 13), "groups"),
    "groups/detail": ((3, 13), "groups"),
    "group_types": ((3, 11), "group_types"),
    "group_snapshots": ((3, 14), "group_snapshots"),
}
_EXTENSIONS = {
    "backups": "Backups",
    "os-admin-actions": "AdminActions",
    "os-availability-zone": "AvailabilityZones",
    "os-quota-class-sets": "QuotaClasses",
    "os-quota-sets": "Quotas",
    "os-services": "Services",
    "os-snapshot-actions": "SnapshotActions",
    "os-types-extra-specs": "TypesExtraSpecs",
    "os-used-limits": "UsedLimits",
    "os-vol-host-attr": "VolumeHostAttribute",
    "os-vol-image-meta": "VolumeImageMetadata",
    "os-vol-tenant-attr": "VolumeTenantAttribute",
    "os-volume-actions": "VolumeActions",
    "os-volume-encryption-metadata": "VolumeEncryptionMetadata",
    "os-volume-transfer": "VolumeTransfer",
}
_LIMITS = {
    "volumes": ("maxTotalVolumes", "totalVolumesUsed"),
    "snapshots": ("maxTotalSnapshots", "totalSnapshotsUsed"),
    "gigabytes": ("maxTotalVolumeGigabytes", "totalGigabytesUsed"),
    "backups": ("maxTotalBackups", "totalBackupsUsed"),
    "backup_gigabytes": ("maxTotalBackupGigabytes", "totalBackupGigabytesUsed"),
}


class VolumeCloud:
    """Everything that is not about one volume, snapshot, attachment or type."""

    def __init__(
        self, world: World, quotas: VolumeQuotas, types: VolumeTypes, router: Router
    ) -> None:
        self._world = world
        self._quotas = quotas
        self._types = types
        add = router.add
        add("GET", "/v3/limits", self._limits)
        add("GET", "/v3/os-quota-sets/{id}", self._quota)
        add("PUT", "/v3/os-quota-sets/{id}", self._change_quota)
        add("DELETE", "/v3/os-quota-sets/{id}", self._reset_quota)
        add("GET", "/v3/os-quota-sets/{id}/defaults", self._default_quota)
        add("GET", "/v3/os-quota-class-sets/{id}", self._class_quota)
        add("GET", "/v3/os-availability-zone", _zones)
        add("GET", "/v3/os-services", self._services)
        add("GET", "/v3/scheduler-stats/get_pools", _pools)
        add("GET", "/v3/qos-specs", _qos_specs)
        add("GET", "/v3/extensions", _extensions)
        add("GET", "/v3/extensions/{alias}", _extension)
        for path, key in _EMPTY.items():
            add("GET", f"/v3/{path}", _nothing(key))
        for path, (since, key) in _EMPTY_SINCE.items():
            add("GET", f"/v3/{path}", _nothing(key, since))

    def _limits(self, request: Request) -> Response:
        project_id = request.project.id
        limits, used = self._quotas.limits(project_id), self._quotas.used(project_id)
        absolute: dict[str, int] = {}
        for name, (most, taken) in _LIMITS.items():
            absolute |= {most: limits[name], taken: used[name]}
        return Response(200, {"limits": {"rate": [], "absolute": absolute}})

    def _quota(self, request: Request) -> Response:
        project_id = request.params["id"]
        if project_id != request.project.id:
            demand_admin(request, "volume_extension:quotas:show")
        limits = self._with_types(self._quotas.limits(project_id))
        usage = request.one("usage") or "false"
        if usage.lower() not in ("true", "false"):
            raise bad_request(f"Value '{usage}' for 'usage' is not a boolean.")
        if usage.lower() == "false":
            return Response(200, {"quota_set": {**limits, "id": project_id}})
        used = self._quotas.used(project_id)
        shown: dict[str, Any] = {
            name: {"limit": limit, "in_use": used[name], "reserved": 0}
            for name, limit in limits.items()
        }
        return Response(200, {"quota_set": {**shown, "id": project_id}})

    def _default_quota(self, request: Request) -> Response:
        shown = self._with_types(self._quotas.defaults())
        return Response(200, {"quota_set": {**shown, "id": request.params["id"]}})

    def _class_quota(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:quota_classes:get")
        shown = self._with_types(self._quotas.defaults())
        return Response(200, {"quota_class_set": {**shown, "id": request.params["id"]}})

    def _change_quota(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:quotas:update")
        project_id = request.params["id"]
        self._quotas.change(project_id, read.body_of(request, "quota_set"))
        shown = self._with_types(self._quotas.limits(project_id))
        return Response(200, {"quota_set": shown})

    def _reset_quota(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:quotas:delete")
        self._quotas.reset(request.params["id"])
        return Response(200)

    def _with_types(self, limits: dict[str, int]) -> dict[str, int]:
        """Cinder also has limits for each type of its own; the emulator sets none."""
        names = [volume_type.name for volume_type in self._types.records]
        kinds = ("volumes", "gigabytes", "snapshots")
        return {**limits, **{f"{kind}_{name}": -1 for name in names for kind in kinds}}

    def _services(self, request: Request) -> Response:
        demand_admin(request, "volume_extension:services:index")
        seen = moment(self._world.timeline.now())
        host, _, _ = HOST.partition("@")
        services: list[dict[str, Any]] = [
            _service("cinder-scheduler", host, seen),
            {
                **_service("cinder-volume", HOST.partition("#")[0], seen),
                "replication_status": "disabled",
                "active_backend_id": None,
                "frozen": False,
            },
        ]
        return Response(200, {"services": services})


def _service(binary: str, host: str, seen: str | None) -> dict[str, Any]:
    return {
        "binary": binary,
        "host": host,
        "zone": ZONE,
        "status": "enabled",
        "state": "up",
        "updated_at": seen,
        "disabled_reason": None,
    }


def _zones(request: Request) -> Response:
    zone = {"zoneName": ZONE, "zoneState": {"available": True}}
    return Response(200, {"availabilityZoneInfo": [zone]})


def _pools(request: Request) -> Response:
    demand_admin(request, "scheduler_extension:scheduler_stats:get_pools")
    pool: dict[str, Any] = {"name": HOST}
    if (request.one("detail") or "").lower() in ("true", "1"):
        pool["capabilities"] = {
            "volume_backend_name": HOST.partition("#")[2],
            "storage_protocol": "none",
            "total_capacity_gb": "infinite",
            "free_capacity_gb": "infinite",
            "multiattach": True,
        }
    return Response(200, {"pools": [pool]})


def _qos_specs(request: Request) -> Response:
    demand_admin(request, "volume_extension:qos_specs_manage:get_all")
    return Response(200, {"qos_specs": []})


def _extension_entry(alias: str) -> dict[str, Any]:
    name = _EXTENSIONS[alias]
    return {
        "name": name,
        "alias": alias,
        "description": f"{name} of the emulator.",
        "updated": "2014-01-01T00:00:00+00:00",
        "links": [],
    }


def _extensions(request: Request) -> Response:
    return Response(200, {"extensions": [_extension_entry(alias) for alias in _EXTENSIONS]})


def _extension(request: Request) -> Response:
    if request.params["alias"] not in _EXTENSIONS:
        raise not_found("The resource could not be found.")
    return Response(200, {"extension": _extension_entry(request.params["alias"])})


def _nothing(key: str, since: tuple[int, int] = (3, 0)) -> Any:
    def answer(request: Request) -> Response:
        too_old(request, *since)
        return Response(200, {key: []})

    return answer
