"""What 1.0 says of the account: limits; and the backup schedules that nothing keeps to here."""

from typing import Any

from leasehold.emulator.compute.v1.inside import Inside
from leasehold.emulator.compute.v1.numbers import Numbers
from leasehold.emulator.compute.v1.shared_ips import MOST_GROUPS, MOST_MEMBERS
from leasehold.emulator.compute.v1.wire import read_part, written
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.world import World

_SCHEDULE = "/v1.0/servers/{id}/backup_schedule"
_NONE = "DISABLED"
_WEEKLY = (
    _NONE, "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY",
)  # fmt: skip
_DAILY = (_NONE, *(f"H_{hour:02}00_{(hour + 2) % 24:02}00" for hour in range(0, 24, 2)))
_OFF: dict[str, Any] = {"enabled": False, "weekly": _NONE, "daily": _NONE}


class Account:
    """Limits without rates: only faults make the emulator refuse for being asked too often."""

    def __init__(self, world: World, inside: Inside, numbers: Numbers) -> None:
        self._world = world
        self._inside = inside
        self._numbers = numbers
        self._schedules: dict[str, dict[str, Any]] = {}

    def route(self, router: Router) -> None:
        router.add("GET", "/v1.0/limits", self._limits)
        router.add("GET", _SCHEDULE, self._schedule)
        router.add("POST", _SCHEDULE, self._set_schedule)
        router.add("DELETE", _SCHEDULE, self._clear_schedule)

    def _limits(self, request: Request) -> Response:
        absolute = {
            "maxTotalRAMSize": self._world.quota(request.project.id).ram,
            "maxIPGroups": MOST_GROUPS,
            "maxIPGroupMembers": MOST_MEMBERS,
        }
        return written(request, 200, "limits", {"rate": [], "absolute": absolute})

    def _schedule(self, request: Request) -> Response:
        schedule = self._schedules.get(self._server_id(request), _OFF)
        return written(request, 200, "backupSchedule", schedule)

    def _set_schedule(self, request: Request) -> Response:
        given = read_part(request, "backupSchedule")
        weekly, daily = given.get("weekly", _NONE), given.get("daily", _NONE)
        if weekly not in _WEEKLY or daily not in _DAILY:
            raise Fault(400, f"weekly is one of {list(_WEEKLY)}, daily one of {list(_DAILY)}")
        enabled = given.get("enabled") in (True, "true")
        self._schedules[self._server_id(request)] = {
            "enabled": enabled,
            "weekly": weekly,
            "daily": daily,
        }
        return Response(204)

    def _clear_schedule(self, request: Request) -> Response:
        self._schedules.pop(self._server_id(request), None)
        return Response(204)

    def _server_id(self, request: Request) -> str:
        server_id = self._numbers.id(request.params["id"])
        return str(self._inside.server(request, server_id)["id"])
