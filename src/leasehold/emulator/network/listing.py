"""Neutron's listings: filters, fields, order and pages.

Like the real service, it lists in the order of ids unless asked otherwise: an object made while
somebody pages through may well be missed.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from leasehold.emulator.http import Request, Response, join_query
from leasehold.emulator.network import checks as check
from leasehold.emulator.network.attributes import Attribute, Kind, bad_request, invalid_input
from leasehold.emulator.network.records import Port, Standard

R = TypeVar("R", bound=Standard)
View = Callable[[R], dict[str, Any]]
Test = Callable[[Any], bool]

_PAGING = ("fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir")
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")


def listing(
    kind: Kind, request: Request, records: Iterable[R], view: View[R], find: Callable[[str], R]
) -> Response:
    """The page of `records` the request asks for.

    `find` looks a marker up and raises the kind's 404.
    """
    tests = _tests(kind, request)
    found = [record for record in records if all(test(record) for test in tests)]
    found = _sorted(kind, request, found)
    limit = _limit(request)
    backwards = _is_set(request, "page_reverse")
    if limit:
        marker = request.one("marker")
        found = _page(kind, request, found, find(marker) if marker else None, limit, backwards)
    fields = [field for field in request.query.get("fields", []) if field]
    body: dict[str, Any] = {kind.plural: [chosen(view(record), fields) for record in found]}
    if limit:
        body[f"{kind.plural}_links"] = _links(request, found, limit, backwards)
    return Response(200, body)


def chosen(view: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Only the fields asked for; all of them when none is."""
    return {name: view[name] for name in view if name in fields} if fields else view


def _tests(kind: Kind, request: Request) -> list[Test]:
    tests: list[Test] = []
    unknown = []
    for name, values in request.query.items():
        if name in _PAGING:
            continue
        if name in _TAGS:
            tests.append(_tag_test(name, values))
            continue
        attribute = kind.by_name.get("project_id" if name == "tenant_id" else name)
        if attribute is None or not attribute.filters:
            unknown.append(name)
        else:
            tests.append(_test(attribute, values))
    if unknown:
        raise bad_request(f"{unknown} is invalid attribute for filtering")
    return tests


def _test(attribute: Attribute, values: list[str]) -> Test:
    field = attribute.field
    if field == "fixed_ips":
        return _fixed_ip_test(values)
    if field == "security_groups":
        return lambda record: any(value in record.security_groups for value in values)
    if attribute.check in (check.boolean, check.integer):
        wanted = {attribute.check(value) for value in values}
        return lambda record: getattr(record, field) in wanted
    if field == "mac_address":
        values = [value.lower() for value in values]
    if field == "ip_version":
        values = [str(check.integer(value)) for value in values]
    return lambda record: _text(getattr(record, field)) in values


def _text(value: Any) -> str | None:
    """A filter never matches null, and the empty string only matches the empty string."""
    return None if value is None else str(value)


def _fixed_ip_test(values: list[str]) -> Test:
    wanted: dict[str, set[str]] = {}
    for value in values:
        key, equals, what = value.partition("=")
        if not equals:
            raise invalid_input(f"'{value}' is not of the form <key>=[value]")
        wanted.setdefault(key, set()).add(what)

    def test(port: Port) -> bool:
        addresses = {ip.ip_address for ip in port.fixed_ips}
        subnets = {ip.subnet_id for ip in port.fixed_ips}
        parts = wanted.get("ip_address_substr", set())
        return (
            ("ip_address" not in wanted or bool(wanted["ip_address"] & addresses))
            and ("subnet_id" not in wanted or bool(wanted["subnet_id"] & subnets))
            and (not parts or any(part in address for part in parts for address in addresses))
        )

    return test


def _tag_test(name: str, values: list[str]) -> Test:
    wanted = {tag for value in values for tag in value.split(",")}
    if name == "tags":
        return lambda record: wanted <= set(record.tags)
    if name == "tags-any":
        return lambda record: bool(wanted & set(record.tags))
    if name == "not-tags":
        return lambda record: not wanted <= set(record.tags)
    return lambda record: not wanted & set(record.tags)


def _order(kind: Kind, request: Request) -> list[tuple[str, bool]]:
    """Record fields to sort by, and for each whether it falls."""
    keys, directions = request.query.get("sort_key", []), request.query.get("sort_dir", [])
    if len(keys) != len(directions):
        raise bad_request("The number of sort_keys and sort_dirs must be same")
    keys = ["project_id" if key == "tenant_id" else key for key in keys]
    wrong = [key for key in keys if key not in kind.by_name or not kind.by_name[key].sorts]
    if wrong:
        raise bad_request(f"{wrong} is invalid attribute for sort_keys")
    wrong = [word for word in directions if word not in ("asc", "desc")]
    if wrong:
        raise bad_request(
            f"{wrong} is invalid value for sort_dirs, valid value is 'asc' and 'desc'"
        )
    order = [(key, word == "desc") for key, word in zip(keys, directions, strict=True)]
    return order if "id" in keys else [*order, ("id", False)]


def _sorted(kind: Kind, request: Request, records: list[R]) -> list[R]:
    for field, falling in reversed(_order(kind, request)):
        records.sort(key=lambda record: _rank(getattr(record, field)), reverse=falling)
    return records


def _rank(value: Any) -> tuple[bool, Any]:
    """Null comes first, as in the real service's database."""
    return value is not None, value


def _limit(request: Request) -> int:
    """How many records a page has; 0 is all of them."""
    asked = request.one("limit")
    if asked is None:
        return 0
    if not asked.isdecimal():
        raise bad_request(
            f"Bad limit request: Limit must be an integer 0 or greater and not '{asked}'.",
            "BadRequest",
        )
    return int(asked)


def _page(
    kind: Kind,
    request: Request,
    records: list[R],
    marker: R | None,
    limit: int,
    backwards: bool,
) -> list[R]:
    """What follows the marker (backwards: goes before it), even if a filter hides the marker."""
    if marker is None:
        return records[-limit:] if backwards else records[:limit]
    hidden = all(record.id != marker.id for record in records)
    order = _sorted(kind, request, [*records, marker]) if hidden else records
    place = next(index for index, record in enumerate(order) if record.id == marker.id)
    return order[max(0, place - limit) : place] if backwards else order[place + 1 :][:limit]


def _links(request: Request, page: list[R], limit: int, backwards: bool) -> list[dict[str, str]]:
    links = []
    if len(page) == limit or backwards:
        links.append({"rel": "next", "href": _href(request, page[-1:], backwards=False)})
    if len(page) == limit or not backwards:
        links.append({"rel": "previous", "href": _href(request, page[:1], backwards=True)})
    return links


def _href(request: Request, marker: Sequence[Standard], *, backwards: bool) -> str:
    pairs = [
        (name, value)
        for name, values in request.query.items()
        if name not in ("marker", "page_reverse")
        for value in values
    ]
    pairs += [("marker", record.id) for record in marker]
    if backwards:
        pairs.append(("page_reverse", "True"))
    return f"{request.host_url}/network{request.path}?{join_query(pairs)}"


def _is_set(request: Request, name: str) -> bool:
    return (request.one(name) or "").lower() in ("true", "1")
