"""Leases: who has reserved what, from when to when."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.reservation.faults import forbidden, malformed, missing, not_found
from leasehold.emulator.reservation.hosts import Hosts
from leasehold.emulator.reservation.records import (
    HOST_TYPE,
    INSTANCE_TYPE,
    Event,
    Lease,
    Reservation,
)
from leasehold.emulator.reservation.views import lease_view
from leasehold.emulator.world import World

_FORMAT = "%Y-%m-%d %H:%M"
_REMINDER = timedelta(hours=1)
"""How long before its end a lease reminds of it, unless it says."""


class Leases:
    """``/v1/leases``. Only their own project sees them, and administrators."""

    def __init__(self, world: World, hosts: Hosts, router: Router) -> None:
        self._world = world
        self._hosts = hosts
        self.records = world.collection(owner=_project)
        router.add("GET", "/v1/leases", self._list)
        router.add("POST", "/v1/leases", self._create)
        router.add("GET", "/v1/leases/{id}", self._show)
        router.add("DELETE", "/v1/leases/{id}", self._delete)

    def _list(self, request: Request) -> Response:
        caller = Caller.of(request)
        found = self.records.oldest(None if caller.admin else caller.project_id)
        return Response(200, {"leases": [self._view(lease) for lease in found]})

    def _show(self, request: Request) -> Response:
        return Response(200, {"lease": self._view(self._find(request, "get"))})

    def _delete(self, request: Request) -> Response:
        self.records.remove(self._find(request, "delete").id)
        return Response(204)

    def _create(self, request: Request) -> Response:
        caller, given = Caller.of(request), request.json()
        if not isinstance(given, dict):
            raise missing("name")
        for name in ("name", "start_date", "end_date", "reservations"):
            if name not in given:
                raise missing(name)
        if not isinstance(given["reservations"], list):
            raise malformed("reservations")
        start, end = self._span(given)
        if any(lease.name == given["name"] for lease in self.records.oldest(caller.project_id)):
            raise Fault(409, f"The lease with name: {given['name']} already exists")
        lease = Lease(
            id=self._world.ids.uuid(),
            name=str(given["name"]),
            project_id=caller.project_id,
            user_id=caller.user_id,
            start=start,
            end=end,
            created_at=self._world.timeline.now(),
            reservations=tuple(
                self._reservation(wish, start, end) for wish in given["reservations"]
            ),
            events=self._events(given, start, end),
        )
        return Response(201, {"lease": self._view(self.records.put(lease))})

    def _find(self, request: Request, action: str) -> Lease:
        lease = self.records.get(request.params["id"])
        if lease is None:
            raise not_found("lease", request.params["id"])
        caller = Caller.of(request)
        if not caller.admin and lease.project_id != caller.project_id:
            raise forbidden(f"leases:{action}")
        return lease

    def _view(self, lease: Lease) -> dict[str, Any]:
        return lease_view(lease, self._world.timeline.now())

    def _span(self, given: dict[str, Any]) -> tuple[datetime, datetime]:
        now = self._world.timeline.now().replace(second=0, microsecond=0)
        start = now if given["start_date"] == "now" else _moment(given["start_date"])
        end = _moment(given["end_date"])
        if start < now:
            raise Fault(400, "Start date must be later than current date")
        if end <= start:
            raise Fault(400, "End date must be later than start date.")
        return start, end

    def _events(self, given: dict[str, Any], start: datetime, end: datetime) -> tuple[Event, ...]:
        reminder = max(end - _REMINDER, start)
        if given.get("before_end_date"):
            reminder = _moment(given["before_end_date"])
        times = {"start_lease": start, "end_lease": end, "before_end_lease": reminder}
        return tuple(
            Event(id=self._world.ids.uuid(), event_type=kind, time=time)
            for kind, time in times.items()
        )

    def _reservation(self, wish: Any, start: datetime, end: datetime) -> Reservation:
        if not isinstance(wish, dict) or "resource_type" not in wish:
            raise missing("resource_type")
        kind = wish["resource_type"]
        if kind not in (HOST_TYPE, INSTANCE_TYPE):
            raise Fault(400, f"The {kind} resource type is not supported")
        hosts = self._free_hosts(wish, start, end) if kind == HOST_TYPE else ()
        return Reservation(
            id=self._world.ids.uuid(),
            resource_id=self._world.ids.uuid(),
            resource_type=kind,
            wish={name: value for name, value in wish.items() if name != "resource_type"},
            host_ids=hosts,
        )

    def _free_hosts(self, wish: dict[str, Any], start: datetime, end: datetime) -> tuple[str, ...]:
        """As many as wished that no other lease has meanwhile; properties are not looked at."""
        low, high = _number(wish, "min"), _number(wish, "max")
        if not 1 <= low <= high:
            raise Fault(
                400, "Invalid values for min/max of hosts. Max must be equal to or larger than min."
            )
        taken = {
            host_id
            for lease in self.records
            if lease.meets(start, end)
            for reservation in lease.reservations
            for host_id in reservation.host_ids
        }
        free = [host.id for host in self._hosts.records if host.id not in taken]
        if len(free) < low:
            raise Fault(409, "Not enough hosts available")
        return tuple(free[:high])


def _moment(text: Any) -> datetime:
    try:
        return datetime.strptime(str(text), _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise Fault(400, f"{text} is an invalid date. Required format: {_FORMAT}") from None


def _number(wish: dict[str, Any], name: str) -> int:
    if name not in wish:
        raise missing(name)
    try:
        return int(wish[name])
    except (TypeError, ValueError):
        raise malformed(name) from None


def _project(lease: Lease) -> str:
    return lease.project_id
