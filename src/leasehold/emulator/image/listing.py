"""Glance's listing of images: what one sees, filters, order and pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault, Request, Response, join_query
from leasehold.emulator.image.images import Images
from leasehold.emulator.image.records import VISIBILITIES, Image, image_view

Test = Callable[[Image], bool]

USUAL_PAGE = 25
LARGEST_PAGE = 1000
_SORT_KEYS = (
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at",
)  # fmt: skip
_PAGING = ("limit", "marker", "sort", "sort_key", "sort_dir", "visibility", "member_status")
_LISTABLE = ("name", "status", "id", "container_format", "disk_format")
"""Fields whose filter may be ``in:`` and several values."""
_MEMBER_STATUSES = ("pending", "accepted", "rejected", "all")


def listing(images: Images, request: Request) -> Response:
    """The page of images that the request asks for."""
    caller = Caller.of(request)
    query = {name: values[-1] for name, values in request.query.items()}
    tests = [_visibility_test(images, query, caller), *_tests(request, query)]
    found = [image for image in images.records if all(test(image) for test in tests)]
    for key, falling in reversed(_order(request, query)):
        found.sort(key=lambda image: _rank(getattr(image, key)), reverse=falling)
    limit = _limit(query)
    page = found[_start(images, found, query.get("marker"), caller) :][:limit]
    return Response(200, _body(page, query, limit))


def _body(page: list[Image], query: dict[str, str], limit: int) -> dict[str, Any]:
    asked = [(name, value) for name, value in query.items() if name != "marker"]
    body: dict[str, Any] = {
        "images": [image_view(image) for image in page],
        "first": _link(asked),
        "schema": "/v2/schemas/images",
    }
    if page and len(page) == limit:
        body["next"] = _link([*asked, ("marker", page[-1].id)])
    return body


def _link(pairs: list[tuple[str, str]]) -> str:
    return f"/v2/images?{join_query(pairs)}" if pairs else "/v2/images"


def _visibility_test(images: Images, query: dict[str, str], caller: Caller) -> Test:
    """Others' community images are only listed on request, shared ones once accepted."""
    wanted = query.get("visibility")
    if wanted is not None and wanted not in (*VISIBILITIES, "all"):
        raise Fault(400, f"Invalid visibility value: {wanted}")
    status = query.get("member_status", "accepted")
    if status not in _MEMBER_STATUSES:
        raise Fault(400, f"Invalid status: {status}")

    def test(image: Image) -> bool:
        if wanted not in (None, "all", image.visibility):
            return False
        if caller.admin or image.owner == caller.project_id or image.visibility == "public":
            return True
        if image.visibility == "community":
            return wanted in ("community", "all")
        member = images.member(image.id, caller.project_id)
        shared = image.visibility == "shared" and member is not None
        return shared and status in ("all", member and member.status)

    return test


def _tests(request: Request, query: dict[str, str]) -> list[Test]:
    hidden = _flag("os_hidden", query.get("os_hidden", "false"))
    tags = set(request.query.get("tag", ()))
    others = (*_PAGING, "os_hidden", "tag")
    return [
        lambda image: image.os_hidden is hidden,
        lambda image: tags <= set(image.tags),
        *(_test(name, value) for name, value in query.items() if name not in others),
    ]


def _test(name: str, value: str) -> Test:
    if name in ("size_min", "size_max"):
        return _size_test(name, value)
    if name in ("created_at", "updated_at"):
        return _time_test(name, value)
    if name == "protected":
        flag = _flag(name, value)
        return lambda image: image.protected is flag
    if name in _LISTABLE:
        listed = value.startswith("in:")
        wanted = value.removeprefix("in:").split(",") if listed else [value]
        return lambda image: getattr(image, name) in wanted
    if name in Image.__struct_fields__:
        return lambda image: str(getattr(image, name)) == value
    return lambda image: image.properties.get(name) == value


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise Fault(
            400,
            f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'.",
        )
    return value.lower() == "true"


def _size_test(name: str, value: str) -> Test:
    if not value.isdecimal():
        raise Fault(400, "Unable to filter on a range with a non-numeric value.")
    bound = int(value)
    if name == "size_min":
        return lambda image: image.size is not None and image.size >= bound
    return lambda image: image.size is not None and image.size <= bound


_COMPARISONS: dict[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
}


def _time_test(name: str, value: str) -> Test:
    word, colon, rest = value.partition(":")
    compare = _COMPARISONS.get(word) if colon else None
    text = rest if compare else value
    try:
        bound = datetime.fromisoformat(text)
    except ValueError:
        raise Fault(
            400, f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.'
        ) from None
    bound = bound if bound.tzinfo else bound.replace(tzinfo=UTC)
    compared = compare or _COMPARISONS["eq"]
    return lambda image: compared(getattr(image, name).replace(microsecond=0), bound)


def _order(request: Request, query: dict[str, str]) -> list[tuple[str, bool]]:
    """Fields to sort by, and for each whether it falls, which is usual."""
    if "sort" in query:
        if "sort_key" in query or "sort_dir" in query:
            raise Fault(400, "Old and new sorting syntax cannot be combined")
        parts = [part.strip().partition(":") for part in query["sort"].split(",")]
        keys = [key for key, _, _ in parts]
        directions = [word or "desc" for _, _, word in parts]
    else:
        keys = request.query.get("sort_key", [])
        directions = request.query.get("sort_dir", ["desc"])
        if len(directions) == 1:
            directions = directions * len(keys) if keys else directions
    for key in keys:
        if key not in _SORT_KEYS:
            raise Fault(
                400,
                f"Invalid sort key: {key}. It must be one of the following: "
                f"{', '.join(_SORT_KEYS)}.",
            )
    for word in directions:
        if word not in ("asc", "desc"):
            raise Fault(400, f"Invalid sort direction: {word}")
    order = [(key, word == "desc") for key, word in zip(keys, directions, strict=False)]
    return [*order, *((key, True) for key in ("created_at", "id") if key not in keys)]


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, value


def _limit(query: dict[str, str]) -> int:
    asked = query.get("limit")
    if asked is None:
        return USUAL_PAGE
    try:
        limit = int(asked)
    except ValueError:
        raise Fault(400, "limit param must be an integer") from None
    if limit < 0:
        raise Fault(400, "limit param must be positive")
    return min(limit, LARGEST_PAGE)


def _start(images: Images, found: list[Image], marker: str | None, caller: Caller) -> int:
    """Where the page begins: behind the marker, which must be an image one can see."""
    if marker is None:
        return 0
    images.find(marker, caller, status=400)
    places = [place for place, image in enumerate(found) if image.id == marker]
    return places[0] + 1 if places else len(found)
