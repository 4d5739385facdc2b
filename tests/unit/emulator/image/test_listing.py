"""What Glance lists, to whom, in which order and on which page."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.conftest import BASE, InProcess

IMAGES = "/image/v2/images"
JSON = {"accept": "application/json"}


def an_image(cloud: InProcess, name: str, user: str = "demo", **fields: Any) -> Any:
    """An image made a second after everything else."""
    cloud.advance(1)
    reply = cloud.call("POST", IMAGES, {"name": name, **fields}, user=user)
    assert reply.status == 201, reply.body
    return reply.json


def names(cloud: InProcess, query: str = "", user: str = "demo") -> list[str]:
    reply = cloud.call("GET", f"{IMAGES}?{query}", user=user)
    assert reply.status == 200, reply.body
    return [image["name"] for image in reply.json["images"]]


def test_the_newest_image_comes_first(cloud: InProcess) -> None:
    for name in ("one", "two"):
        an_image(cloud, name)
    assert names(cloud)[:2] == ["two", "one"]


def test_others_see_public_images_only(cloud: InProcess) -> None:
    for visibility in ("private", "shared", "community", "public"):
        an_image(cloud, visibility, user="admin", visibility=visibility)
    assert set(names(cloud)) & {"private", "shared", "community", "public"} == {"public"}
    assert names(cloud, "visibility=community") == ["community"]
    assert "private" in names(cloud, user="admin")


def test_hidden_images_are_listed_on_request(cloud: InProcess) -> None:
    an_image(cloud, "hidden", os_hidden=True)
    assert "hidden" not in names(cloud)
    assert names(cloud, "os_hidden=true") == ["hidden"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=tiny", ["tiny"]),
        ("name=in:tiny,debian-12", ["debian-12", "tiny"]),
        ("os_distro=ubuntu", ["ubuntu-22.04"]),
        ("status=queued", []),
        ("owner=nobody", []),
        ("disk_format=raw&name=tiny", ["tiny"]),
        ("size_min=1000000", []),
        ("protected=true", []),
        ("created_at=gt:2030-01-01T00:00:00Z", []),
        ("tag=nothing", []),
    ],
)
def test_filters(cloud: InProcess, query: str, expected: list[str]) -> None:
    assert sorted(names(cloud, query)) == expected


def test_all_of_several_tags_are_meant(cloud: InProcess) -> None:
    an_image(cloud, "both", tags=["a", "b"])
    an_image(cloud, "one", tags=["a"])
    assert names(cloud, "tag=a&tag=b") == ["both"]


def test_pages_follow_one_another(cloud: InProcess) -> None:
    first = cloud.call("GET", f"{IMAGES}?limit=2&visibility=public").json
    assert first["first"] == "/v2/images?limit=2&visibility=public"
    second = cloud.call("GET", f"/image{first['next']}").json
    seen = [image["name"] for image in first["images"] + second["images"]]
    assert sorted(seen) == ["debian-12", "tiny", "ubuntu-22.04"]
    assert "next" not in second


def test_order_is_as_asked_for(cloud: InProcess) -> None:
    assert names(cloud, "sort=name:asc") == ["debian-12", "tiny", "ubuntu-22.04"]
    assert names(cloud, "sort_key=name&sort_dir=desc")[0] == "ubuntu-22.04"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=few", "limit param must be an integer"),
        ("limit=-1", "limit param must be positive"),
        ("marker=nope", "No image found with ID nope"),
        ("sort_dir=up", "Invalid sort direction: up"),
        ("visibility=dim", "Invalid visibility value: dim"),
        ("member_status=odd", "Invalid status: odd"),
        (
            "os_hidden=perhaps",
            "Invalid value 'perhaps' for 'os_hidden' filter. Valid values are 'true' or 'false'.",
        ),
        ("size_min=x", "Unable to filter on a range with a non-numeric value."),
        (
            "sort_key=colour",
            (
                "Invalid sort key: colour. It must be one of the following: name, status, "
                "container_format, disk_format, size, id, created_at, updated_at."
            ),
        ),
    ],
)
def test_a_wrong_query_is_told_in_glances_words(cloud: InProcess, query: str, message: str) -> None:
    reply = cloud.call("GET", f"{IMAGES}?{query}", headers=JSON)
    assert (reply.status, reply.json["message"]) == (400, f"{message}<br /><br />\n\n\n")


def test_times_are_compared(cloud: InProcess) -> None:
    image = an_image(cloud, "late")
    when = quote(image["created_at"])
    assert names(cloud, f"created_at=gte:{when}") == ["late"]
    assert "late" not in names(cloud, f"created_at=lt:{when}")


def test_a_link_is_relative_to_the_service(cloud: InProcess) -> None:
    assert not cloud.call("GET", f"{IMAGES}?limit=1").json["next"].startswith(BASE)
