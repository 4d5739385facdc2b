"""How long a project's servers have run: os-simple-tenant-usage."""

from datetime import UTC, datetime
from typing import Any

from leasehold.emulator.compute.faults import forbidden_by_policy
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

_PATH = "/v2.1/os-simple-tenant-usage/{project_id}"
_FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


class ComputeUsage:
    """Sums over the servers of a project, those that are gone included; all in one page."""

    def __init__(self, world: World, servers: Servers) -> None:
        self._world = world
        self._servers = servers

    def route(self, router: Router) -> None:
        router.add("GET", _PATH, self._show)

    def _show(self, request: Request) -> Response:
        project_id = request.params["project_id"]
        if project_id != request.project.id and not request.is_admin:
            raise forbidden_by_policy("os-simple-tenant-usage:show")
        start, end = self._moment(request, "start"), self._moment(request, "end")
        if start >= end:
            message = "Invalid start time. The start time cannot occur after the end time."
            raise Fault(400, message)
        end = min(end, self._world.timeline.now())
        servers = self._servers
        known = (*servers.alive.oldest(project_id), *servers.deleted.oldest(project_id))
        shown = [(server, _hours(server, start, end)) for server in known]
        shown = [(server, hours) for server, hours in shown if hours]
        return Response(200, {"tenant_usage": _document(project_id, shown, start, end)})

    def _moment(self, request: Request, name: str) -> datetime:
        text = request.one(name)
        if not text:
            return self._world.timeline.now()
        for form in _FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
        raise Fault(400, "Invalid datetime string: Datetime is in invalid format")


def _hours(server: Server, start: datetime, end: datetime) -> float:
    if server.launched_at is None:
        return 0.0
    until = min(end, server.terminated_at or end)
    return max(0.0, (until - max(start, server.launched_at)).total_seconds() / 3600)


def _document(
    project_id: str, shown: list[tuple[Server, float]], start: datetime, end: datetime
) -> dict[str, Any]:
    if not shown:
        return {}
    sums = {
        "total_hours": sum(hours for _, hours in shown),
        "total_vcpus_usage": sum(hours * server.flavor.cores for server, hours in shown),
        "total_memory_mb_usage": sum(hours * server.flavor.ram_mib for server, hours in shown),
        "total_local_gb_usage": sum(hours * server.flavor.disk_gib for server, hours in shown),
    }
    period = {"start": start.replace(tzinfo=None), "stop": end.replace(tzinfo=None)}
    return {
        "tenant_id": project_id,
        **{name: moment.isoformat() for name, moment in period.items()},
        **sums,
        "server_usages": [],
    }
