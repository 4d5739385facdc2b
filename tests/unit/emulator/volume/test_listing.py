"""Filters, order, pages and counts of Cinder's listings."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.conftest import BASE, InProcess

VOLUMES = "/volume/v3/volumes"


@pytest.fixture
def cloud(cloud: InProcess) -> InProcess:
    """With volumes a, b and c, made in this order."""
    for name, fields in (
        ("a", {"metadata": {"k": "1"}}),
        ("b", {"size": 2, "metadata": {"k": "1", "l": "2"}}),
        ("c", {"imageRef": cloud.image_id()}),
    ):
        cloud.advance(10)
        wish: dict[str, Any] = {"size": 1, "name": name, **fields}
        assert cloud.call("POST", VOLUMES, {"volume": wish}).status == 202
    cloud.advance(10)
    return cloud


def names(cloud: InProcess, query: str = "", version: str | None = None) -> list[str]:
    reply = cloud.call("GET", f"{VOLUMES}?{query}", version=version)
    assert reply.status == 200, reply.body
    return [volume["name"] for volume in reply.json["volumes"]]


def test_the_newest_volume_comes_first(cloud: InProcess) -> None:
    assert names(cloud) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=b", ["b"]),
        ("status=available", ["c", "b", "a"]),
        ("status=creating", []),
        ("size=2", ["b"]),
        ("bootable=true", ["c"]),
        ("metadata=" + quote('{"k": "1"}'), ["b", "a"]),
        ("metadata=" + quote('{"k": "1", "l": "2"}'), ["b"]),
        ("metadata=nonsense", []),
        ("sort=name:asc", ["a", "b", "c"]),
        ("sort=size,name:asc", ["b", "a", "c"]),
        ("sort_key=name&sort_dir=asc", ["a", "b", "c"]),
        ("offset=1", ["b", "a"]),
        ("limit=0", []),
    ],
)
def test_filters_and_order(cloud: InProcess, query: str, expected: list[str]) -> None:
    assert names(cloud, query) == expected


def test_unknown_filters_are_ignored_at_first_and_refused_since_3_31(cloud: InProcess) -> None:
    assert names(cloud, "colour=red") == ["c", "b", "a"]
    reply = cloud.call("GET", f"{VOLUMES}?colour=red", version="3.31")
    assert (reply.status, reply.message) == (
        400,
        "Invalid filters colour are found in query options.",
    )


def test_times_are_compared(cloud: InProcess) -> None:
    (volume,) = cloud.call("GET", f"{VOLUMES}/detail?name=b").json["volumes"]
    when = volume["created_at"]
    assert names(cloud, f"created_at=gt:{when}", "3.60") == ["c"]
    assert names(cloud, f"created_at=lte:{when}", "3.60") == ["b", "a"]
    reply = cloud.call("GET", f"{VOLUMES}?created_at=soon", version="3.60")
    assert reply.message == "Invalid soon operator"


def test_pages_follow_one_another(cloud: InProcess) -> None:
    first = cloud.call("GET", f"{VOLUMES}/detail?limit=2").json
    (link,) = first["volumes_links"]
    assert link["rel"] == "next"
    assert link["href"].startswith(f"{BASE}{VOLUMES}/detail?limit=2&marker=")
    second = cloud.call("GET", link["href"]).json
    assert [volume["name"] for volume in second["volumes"]] == ["a"]
    assert "volumes_links" not in second


def test_a_count_is_of_all_pages(cloud: InProcess) -> None:
    path = f"{VOLUMES}?limit=1&with_count=true"
    assert cloud.call("GET", path, version="3.45").json["count"] == 3
    assert "count" not in cloud.call("GET", path, version="3.44").json


def test_everybodys_volumes_are_for_administrators_who_ask(cloud: InProcess) -> None:
    path = f"{VOLUMES}?all_tenants=1"
    assert len(cloud.call("GET", path, user="admin").json["volumes"]) == 3
    assert cloud.call("GET", VOLUMES, user="admin").json["volumes"] == []
    project_id = cloud.cloud.project("admin").id
    mine = cloud.call("GET", f"{path}&project_id={project_id}", user="admin").json
    assert mine["volumes"] == []


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("limit=few", 400, "limit param must be an integer"),
        ("limit=-1", 400, "limit param must be positive"),
        ("marker=nope", 404, "Volume nope could not be found."),
        ("sort=colour", 400, "Invalid input received: Invalid sort key"),
        (
            "sort=name:up",
            400,
            "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.",
        ),
        (
            "sort=name&sort_key=name",
            400,
            (
                "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the "
                "'sort' parameter."
            ),
        ),
    ],
)
def test_a_wrong_query_is_told_in_cinders_words(
    cloud: InProcess, query: str, status: int, message: str
) -> None:
    reply = cloud.call("GET", f"{VOLUMES}?{query}")
    assert (reply.status, reply.message) == (status, message)
