"""Links and pages as Nova writes them."""

from collections.abc import Iterable
from typing import TypeVar

from leasehold.emulator.compute.faults import bad_query
from leasehold.emulator.compute.paths import base_of, below
from leasehold.emulator.http import Request, join_query

MAX_PAGE = 1000
"""Nova's ``osapi_max_limit``."""

Link = dict[str, str]
T = TypeVar("T")


def links(request: Request, collection: str, thing_id: str) -> list[Link]:
    """The two links every thing of Nova's has."""
    return [
        {"rel": "self", "href": f"{base_of(request)}/{collection}/{thing_id}"},
        {"rel": "bookmark", "href": bookmark(request, collection, thing_id)},
    ]


def bookmark(request: Request, collection: str, thing_id: str) -> str:
    return f"{base_of(request, versioned=False)}/{collection}/{thing_id}"


def page_limits(request: Request) -> tuple[int, str | None]:
    """How many to show (0 and too many mean the maximum), and after which."""
    text = request.one("limit", "")
    if text and not text.isdecimal():
        raise bad_query("limit", text, f"'{text}' does not match '^[0-9]*$'")
    limit = min(int(text or 0) or MAX_PAGE, MAX_PAGE)
    return limit, request.one("marker")


def page_link(request: Request, marker: str) -> list[Link]:
    """The ``next`` link: this very query with another marker."""
    pairs = [
        (name, value)
        for name, values in request.query.items()
        if name != "marker"
        for value in values
    ]
    query = join_query([*pairs, ("marker", marker)])
    return [{"rel": "next", "href": f"{base_of(request)}{below(request)}?{query}"}]


def offset_page(request: Request, records: Iterable[T]) -> list[T]:
    """Nova's oldest way to page: by offset, without links."""
    limit, _ = page_limits(request)
    offset = request.one("offset") or "0"
    start = int(offset) if offset.isdecimal() else 0
    return list(records)[start : start + limit]
