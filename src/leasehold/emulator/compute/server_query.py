"""Which servers a listing shows: Nova's filters, orders and pages."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from leasehold.emulator.compute.faults import bad_query, forbidden_by_policy
from leasehold.emulator.compute.pages import page_limits
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.servers import Server, states_of
from leasehold.emulator.http import Fault, Request
from leasehold.emulator.world import World

Test = Callable[[Server], bool]

_PAGING = frozenset({"limit", "marker", "sort_key", "sort_dir", "page_size", "offset"})
_ALWAYS = frozenset(
    {"reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"}
)
"""Filters that anybody may use, in any microversion."""
_TAGS = frozenset({"tags", "tags-any", "not-tags", "not-tags-any"})
_SINCE = (
    ((2, 5), frozenset({"ip6"})),
    ((2, 26), _TAGS),
    ((2, 66), frozenset({"changes-before"})),
    ((2, 73), frozenset({"locked"})),
    (
        (2, 83),
        frozenset({"availability_zone", "config_drive", "key_name", "created_at", "launched_at"})
        | {"terminated_at", "power_state", "task_state", "vm_state", "progress", "user_id"},
    ),
    ((2, 90), frozenset({"hostname"})),
)
"""Filters that anybody may use from a microversion on."""
_FIELDS: dict[str, Callable[[Server], object]] = {
    "reservation_id": lambda s: s.reservation_id,
    "flavor": lambda s: s.flavor.id,
    "image": lambda s: s.image_id,
    "image_ref": lambda s: s.image_id,
    "availability_zone": lambda s: s.zone,
    "config_drive": lambda s: s.config_drive,
    "key_name": lambda s: s.key_name,
    "power_state": lambda s: s.power_state,
    "task_state": lambda s: s.task_state,
    "vm_state": lambda s: s.vm_state,
    "user_id": lambda s: s.user_id,
    "project_id": lambda s: s.project_id,
    "tenant_id": lambda s: s.project_id,
    "host": lambda s: s.host,
    "node": lambda s: s.host,
    "uuid": lambda s: s.id,
    "launch_index": lambda s: s.launch_index,
    "root_device_name": lambda s: s.root_device,
    "locked_by": lambda s: s.locked_by,
    "access_ip_v4": lambda s: s.access_ip_v4,
    "access_ip_v6": lambda s: s.access_ip_v6,
    "progress": lambda s: 0,
}
"""Filters by equality. All others look for a pattern or are treated on their own."""
_PATTERNS: dict[str, Callable[[Server], str]] = {
    "name": lambda s: s.name,
    "display_name": lambda s: s.name,
    "hostname": lambda s: s.hostname,
    "description": lambda s: s.description or "",
    "display_description": lambda s: s.description or "",
}
_OTHERS = frozenset(
    {"deleted", "soft_deleted", "created_at", "launched_at", "terminated_at", "kernel_id"}
    | {"ramdisk_id", "auto_disk_config"}
)
_SORT_KEYS: dict[str, Callable[[Server], object]] = {
    "access_ip_v4": lambda s: s.access_ip_v4,
    "access_ip_v6": lambda s: s.access_ip_v6,
    "auto_disk_config": lambda s: s.auto_disk_config,
    "availability_zone": lambda s: s.zone,
    "config_drive": lambda s: s.config_drive,
    "created_at": lambda s: s.created_at.timestamp(),
    "display_description": lambda s: s.description,
    "display_name": lambda s: s.name,
    "host": lambda s: s.host,
    "hostname": lambda s: s.hostname,
    "image_ref": lambda s: s.image_id,
    "instance_type_id": lambda s: s.flavor.id,
    "kernel_id": lambda s: "",
    "key_name": lambda s: s.key_name,
    "launch_index": lambda s: s.launch_index,
    "launched_at": lambda s: s.launched_at and s.launched_at.timestamp(),
    "locked_by": lambda s: s.locked_by,
    "node": lambda s: s.host,
    "power_state": lambda s: s.power_state,
    "progress": lambda s: 0,
    "project_id": lambda s: s.project_id,
    "ramdisk_id": lambda s: "",
    "root_device_name": lambda s: s.root_device,
    "task_state": lambda s: s.task_state,
    "terminated_at": lambda s: s.terminated_at and s.terminated_at.timestamp(),
    "updated_at": lambda s: s.updated_at.timestamp(),
    "user_id": lambda s: s.user_id,
    "uuid": lambda s: s.id,
    "vm_state": lambda s: s.vm_state,
    "locked": lambda s: s.locked_by is not None,
}
_EATEN_PLUS = re.compile(r"(?<=:\d\d) (\d\d:?\d\d)$")
"""A query string's plus sign is a blank; clients that forget to escape it mean a time zone."""
_BOOLEAN = {
    "true": True, "t": True, "1": True, "yes": True, "y": True, "on": True, "": True,
    "false": False, "f": False, "0": False, "no": False, "n": False, "off": False,
}  # fmt: skip


class ServerQuery:
    """One listing's question; `page` answers it.

    The usual question (all servers of a project, newest first) reads only the page it shows, and
    one by ``changes-since`` only what has changed since then. Any other filter or order looks at
    every server.
    """

    def __init__(self, world: World, servers: Servers, request: Request) -> None:
        self._world = world
        self._servers = servers
        self._request = request
        self.limit, self._marker = page_limits(request)
        self._filters = self._allowed_filters()
        self._owner = self._scope()
        self._deleted = self._wants_deleted()

    def page(self) -> list[Server]:
        """The servers to show; none when a filter names an unknown status."""
        if self._hopeless():
            return []
        tests = self._tests()
        order = self._order()
        since = self._moment("changes-since")
        if since is None and not (tests or order or self._deleted):
            return list(islice(self._newest(), self.limit))
        found = [s for s in self._candidates(since) if all(test(s) for test in tests)]
        found.sort(key=lambda server: server.number, reverse=True)
        for key, backwards in reversed(order):
            found.sort(key=lambda s, key=key: _sortable(key(s)), reverse=backwards)  # type: ignore[misc]  # mypy cannot type a lambda's default
        return list(islice(self._after_marker(found), self.limit))

    def _newest(self) -> Iterator[Server]:
        if self._marker is not None and self._marker not in self._servers.alive:
            raise Fault(400, f"marker [{self._marker}] not found")
        return self._servers.alive.newest(self._owner, after=self._marker)

    def _candidates(self, since: datetime | None) -> Iterable[Server]:
        stores = [self._servers.alive]
        if since is not None:
            stores.append(self._servers.deleted)
            changed = (s for store in stores for s in store.changed_since(since))
            return (
                s for s in changed if s.updated_at >= since and self._owner in (None, s.project_id)
            )
        if self._moment("changes-before") is not None:
            stores.append(self._servers.deleted)
        elif self._deleted:
            stores = [self._servers.deleted]
        return (server for store in stores for server in store.newest(self._owner))

    def _after_marker(self, found: list[Server]) -> list[Server]:
        if self._marker is None:
            return found
        for index, server in enumerate(found):
            if server.id == self._marker:
                return found[index + 1 :]
        raise Fault(400, f"marker [{self._marker}] not found")

    def _allowed_filters(self) -> dict[str, list[str]]:
        """The query's filters; those that are not the caller's to use are ignored."""
        request = self._request
        names = _ALWAYS.union(*(more for since, more in _SINCE if request.at_least(*since)))
        known = names | _FIELDS.keys() | _PATTERNS.keys() | _OTHERS
        filters = {}
        for name, values in request.query.items():
            if name in _PAGING:
                continue
            if name.startswith("_"):
                raise Fault(400, f"Invalid filter field: {name}.")
            if name not in known:
                if request.at_least(2, 75):
                    raise Fault(400, f"'{name}' does not match any of the regexes: '^_'")
                continue
            if name in names or request.is_admin:
                filters[name] = values
        return filters

    def _scope(self) -> str | None:
        """Whose servers: the project's, or (None) everybody's."""
        text = self._filters.pop("all_tenants", [None])[0]
        everybody = False
        if text is not None:
            if text.lower() not in _BOOLEAN:
                raise Fault(
                    400,
                    f"Unrecognized value '{text}', acceptable values are: '0', '1', 'f', 'false', "
                    "'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'",
                )
            everybody = _BOOLEAN[text.lower()]
        if everybody:
            if not self._request.is_admin:
                listing = "detail" if self._request.path.endswith("detail") else "index"
                raise forbidden_by_policy(f"servers:{listing}:get_all_tenants")
            return None
        self._filters.pop("tenant_id", None)
        self._filters.pop("project_id", None)
        return self._request.project.id

    def _wants_deleted(self) -> bool:
        self._filters.pop("soft_deleted", None)
        text = self._filters.pop("deleted", ["false"])[0]
        wants = bool(_BOOLEAN.get(text.lower(), False))
        if [status.upper() for status in self._filters.get("status", [])] == ["DELETED"]:
            if not self._request.is_admin:
                raise Fault(403, "Only administrators may list deleted instances")
            wants = True
        return wants

    def _hopeless(self) -> bool:
        statuses = self._filters.get("status")
        if statuses is None or states_of(statuses)[0]:
            return False
        if self._request.at_least(2, 38):
            raise Fault(400, "Invalid status value")
        return True

    def _moment(self, name: str) -> datetime | None:
        values = self._filters.get(name)
        if not values:
            return None
        try:
            moment = datetime.fromisoformat(_EATEN_PLUS.sub(r"+\1", values[0]))
        except ValueError as error:
            problem = f"'{values[0]}' is not a 'date-time'"
            raise bad_query(name, values[0], problem) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _tests(self) -> list[Test]:
        before, since = self._moment("changes-before"), self._moment("changes-since")
        tests: list[Test] = []
        if before is not None:
            if since is not None and before < since:
                raise Fault(
                    400,
                    "The value of changes-since must be less than or equal to changes-before.",
                )
            tests.append(lambda s: s.updated_at <= before)
        for name, values in self._filters.items():
            test = self._test(name, values)
            if test is not None:
                tests.append(test)
        return tests

    def _test(self, name: str, values: list[str]) -> Test | None:
        if name == "status":
            vm_states, task_states = states_of(values)
            usual = None in task_states
            return lambda s: s.vm_state in vm_states and (usual or s.task_state in task_states)
        if name in _PATTERNS:
            return _matches(name, values[0], _PATTERNS[name])
        if name in ("ip", "ip6"):
            pattern = _pattern(name, values[0])
            version = 4 if name == "ip" else 6
            return lambda s: any(pattern.search(ip) for ip in self._addresses(s, version))
        if name == "locked":
            locked = _BOOLEAN.get(values[0].lower(), False)
            return lambda s: (s.locked_by is not None) == locked
        if name in _TAGS:
            return _tagged(name, set(values[0].split(",")))
        if name in _FIELDS:
            read, wanted = _FIELDS[name], set(values)
            return lambda s: str(read(s)) in wanted
        return None

    def _addresses(self, server: Server, version: int) -> list[str]:
        return [
            ip.address
            for port in self._world.network.ports_of(server.id)
            for ip in port.fixed_ips
            if ip.version == version
        ]

    def _order(self) -> list[tuple[Callable[[Server], object], bool]]:
        keys = self._request.query.get("sort_key", [])
        directions = self._request.query.get("sort_dir", [])
        order = []
        for index, key in enumerate(keys):
            if key not in _SORT_KEYS:
                problem = f"'{key}' is not one of {sorted(_SORT_KEYS)}"
                raise bad_query("sort_key", key, problem)
            direction = directions[index] if index < len(directions) else "desc"
            if direction not in ("asc", "desc"):
                raise Fault(
                    400, "Unknown sort direction, must be one of: asc-nullsfirst, asc, desc"
                )
            order.append((_SORT_KEYS[key], direction == "desc"))
        return order


def _matches(name: str, text: str, read: Callable[[Server], str]) -> Test:
    pattern = _pattern(name, text)
    return lambda s: pattern.search(read(s)) is not None


def _pattern(name: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise bad_query(name, text, f"'{text}' is not a 'regex'") from error


def _tagged(name: str, wanted: set[str]) -> Test:
    if name == "tags":
        return lambda s: wanted.issubset(s.tags)
    if name == "tags-any":
        return lambda s: not wanted.isdisjoint(s.tags)
    if name == "not-tags":
        return lambda s: not wanted.issubset(s.tags)
    return lambda s: wanted.isdisjoint(s.tags)


def _sortable(value: object) -> tuple[bool, str | float]:
    """Nothing sorts before everything else."""
    if value is None:
        return (False, "")
    return (True, float(value) if isinstance(value, int | float) else str(value))
