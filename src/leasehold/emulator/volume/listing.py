"""Cinder's listings: filters, order, pages and counts."""

import json
from ast import literal_eval
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from leasehold.emulator.caller import Caller
from leasehold.emulator.collection import Collection, Record
from leasehold.emulator.http import Request, Response, join_query
from leasehold.emulator.volume.faults import bad_request, invalid_input
from leasehold.emulator.volume.paths import base_of, below

LARGEST_PAGE = 1000


class Listed(Protocol):
    """What can be listed page by page."""

    @property
    def id(self) -> str: ...
    @property
    def project_id(self) -> str: ...


C = TypeVar("C", bound=Record)
R = TypeVar("R", bound=Listed)
Test = Callable[[Any], bool]

_PAGING = ("limit", "marker", "offset", "sort", "sort_key", "sort_dir", "with_count", "all_tenants")


def listing(
    request: Request,
    key: str,
    records: Iterable[R],
    view: Callable[[R], dict[str, Any]],
    *,
    filters: tuple[str, ...],
    find: Callable[[str], R],
    sorts: tuple[str, ...],
) -> Response:
    """The page of `records` (the newest first) that the request asks for.

    `filters` are those of the API; what else is asked is ignored before microversion 3.31 and
    refused since. `find` looks the marker up and raises the kind's 404.
    """
    tests = _tests(request, filters)
    found = [record for record in records if all(test(record) for test in tests)]
    for field, falling in reversed(_order(request, sorts)):
        found.sort(key=lambda record: _rank(getattr(record, field)), reverse=falling)
    page = found[_start(request, found, find) :]
    limit = _number(request, "limit", LARGEST_PAGE)
    body: dict[str, Any] = {key: [view(record) for record in page[:limit]]}
    # Like the real service: a full page has a link even if it was the last one.
    if page and 0 < limit == len(page[:limit]):
        link = {"rel": "next", "href": _next(request, page[limit - 1])}
        body[f"{key}_links"] = [link]
    if request.at_least(3, 45) and (request.one("with_count") or "").lower() in ("true", "1"):
        body["count"] = len(found)
    return Response(200, body)


def of_caller(request: Request, collection: Collection[C]) -> Iterator[C]:
    """The project's records, newest first; everybody's for an administrator who says so."""
    caller = Caller.of(request)
    everybody = caller.admin and request.one("all_tenants") not in (None, "0", "False", "false")
    return collection.newest(None if everybody else caller.project_id)


def _tests(request: Request, filters: tuple[str, ...]) -> list[Test]:
    everybody = ("project_id",) if request.is_admin else ()
    asked = {n: values[-1] for n, values in request.query.items() if n not in _PAGING}
    unknown = [name for name in asked if name not in (*filters, *everybody)]
    if unknown and request.at_least(3, 31):
        names = ",".join(unknown)
        raise bad_request(f"Invalid filters {names} are found in query options.")
    return [_test(name, value) for name, value in asked.items() if name not in unknown]


def _test(name: str, value: str) -> Test:
    if name == "metadata":
        wanted = _dictionary(value)
        return lambda record: wanted is not None and wanted.items() <= record.metadata.items()
    if name in ("created_at", "updated_at"):
        return _time_test(name, value)
    if name in ("bootable", "consumes_quota"):
        flag = value.lower()
        return lambda record: str(getattr(record, name, True)).lower() == flag
    return lambda record: str(getattr(record, name, None)) == value


def _dictionary(text: str) -> dict[str, str] | None:
    """A filter's dictionary, in JSON or as Python writes it; clients send either."""
    for parse in (json.loads, literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(value, dict):
            return {str(key): str(item) for key, item in value.items()}
    return None


_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
}


def _time_test(name: str, value: str) -> Test:
    """``gt:2026-01-01T00:00:00``; several with commas between them."""
    bounds = []
    for part in value.split(","):
        word, _, text = part.partition(":")
        if word not in _COMPARISONS:
            raise bad_request(f"Invalid {word} operator")
        try:
            bound = datetime.fromisoformat(text)
        except ValueError:
            raise bad_request(f"Time {text} is not a valid ISO 8601 time") from None
        bounds.append((word, bound if bound.tzinfo else bound.replace(tzinfo=UTC)))

    def test(record: Any) -> bool:
        when = getattr(record, name)
        return when is not None and all(_COMPARISONS[word](when, bound) for word, bound in bounds)

    return test


def _order(request: Request, sorts: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Fields to sort by, and for each whether it falls, which is usual; none keeps the order."""
    sort = request.one("sort")
    if sort is not None:
        if "sort_key" in request.query or "sort_dir" in request.query:
            raise bad_request(
                "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with "
                "the 'sort' parameter."
            )
        pairs = [part.strip().partition(":") for part in sort.split(",")]
        order = [(key.strip(), word.strip() or "desc") for key, _, word in pairs]
    elif "sort_key" in request.query or "sort_dir" in request.query:
        order = [(request.one("sort_key") or "created_at", request.one("sort_dir") or "desc")]
    else:
        return []
    for key, word in order:
        if key not in sorts:
            raise invalid_input("Invalid sort key")
        if word not in ("asc", "desc"):
            raise invalid_input("Unknown sort direction, must be 'desc' or 'asc'.")
    return [(key, word == "desc") for key, word in order]


def _rank(value: Any) -> tuple[bool, Any]:
    """Null comes first, as in the real service's database."""
    return value is not None, value


def _number(request: Request, name: str, largest: int) -> int:
    asked = request.one(name)
    if asked is None:
        return largest if name == "limit" else 0
    try:
        number = int(asked)
    except ValueError:
        raise bad_request(f"{name} param must be an integer") from None
    if number < 0:
        raise bad_request(f"{name} param must be positive")
    return min(number, largest)


def _start(request: Request, found: list[R], find: Callable[[str], R]) -> int:
    """Where the page begins: behind the marker, or at the offset."""
    offset = _number(request, "offset", 2**31)
    marker = request.one("marker")
    if marker is None:
        return offset
    find(marker)
    places = [place for place, record in enumerate(found) if record.id == marker]
    if not places:
        return len(found)
    return places[0] + 1 + offset


def _next(request: Request, last: Listed) -> str:
    pairs = [
        (name, value)
        for name, values in request.query.items()
        if name not in ("marker", "offset")
        for value in values
    ]
    query = join_query([*pairs, ("marker", last.id)])
    return f"{base_of(request)}{below(request)}?{query}"
