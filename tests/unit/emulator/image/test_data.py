"""Upload, download, staging and import of an image's data."""

import hashlib
from typing import Any

import pytest

from tests.unit.emulator.conftest import DELAYS, InProcess, Reply

IMAGES = "/image/v2/images"
OCTETS = {"content-type": "application/octet-stream", "accept": "application/json"}
JSON = {"accept": "application/json"}


@pytest.fixture
def path(cloud: InProcess) -> str:
    wish = {"name": "mine", "disk_format": "raw", "container_format": "bare"}
    return f"{IMAGES}/{cloud.call('POST', IMAGES, wish).json['id']}"


def upload(cloud: InProcess, path: str, data: bytes = b"hello world") -> Reply:
    return cloud.call("PUT", f"{path}/file", body=data, headers=OCTETS)


def seen(cloud: InProcess, path: str) -> Any:
    return cloud.call("GET", path).json


def explained(reply: Reply) -> tuple[int | None, str]:
    message: str = reply.json["message"]
    return reply.status, " ".join(message.replace("<br /><br />", "").split())


def test_data_makes_an_image_active_and_is_summed_up(cloud: InProcess, path: str) -> None:
    assert upload(cloud, path).status == 204
    image = seen(cloud, path)
    assert (image["status"], image["size"], image["stores"]) == ("active", 11, "file")
    assert image["checksum"] == hashlib.md5(b"hello world").hexdigest()
    assert image["os_hash_value"] == hashlib.sha512(b"hello world").hexdigest()


def test_data_comes_back_as_it_was(cloud: InProcess, path: str) -> None:
    assert cloud.call("GET", f"{path}/file").status == 204, "there is none yet"
    upload(cloud, path)
    reply = cloud.call("GET", f"{path}/file")
    assert (reply.status, reply.body) == (200, b"hello world")
    assert reply.headers["content-md5"] == hashlib.md5(b"hello world").hexdigest()


@pytest.mark.parametrize(
    ("wanted", "part", "content_range"),
    [
        ("bytes=2-4", b"llo", "bytes 2-4/11"),
        ("bytes=6-", b"world", "bytes 6-10/11"),
        ("bytes=-5", b"world", "bytes 6-10/11"),
        ("bytes=6-99", b"world", "bytes 6-10/11"),
    ],
)
def test_part_of_the_data_can_be_had(
    cloud: InProcess, path: str, wanted: str, part: bytes, content_range: str
) -> None:
    upload(cloud, path)
    reply = cloud.call("GET", f"{path}/file", headers={"range": wanted})
    assert (reply.status, reply.body) == (206, part)
    assert reply.headers["content-range"] == content_range


def test_a_range_beyond_the_data_is_refused(cloud: InProcess, path: str) -> None:
    upload(cloud, path)
    reply = cloud.call("GET", f"{path}/file", headers={"range": "bytes=11-", **JSON})
    assert explained(reply) == (
        416,
        (
            "The Range requested is not available. Invalid start position in Range header. Start "
            "position MUST be in the inclusive range [0, 10]."
        ),
    )


def test_data_is_given_once(cloud: InProcess, path: str) -> None:
    upload(cloud, path)
    assert explained(upload(cloud, path)) == (
        409,
        "Image status transition from active to saving is not allowed",
    )


def test_data_needs_formats_first(cloud: InProcess) -> None:
    image = cloud.call("POST", IMAGES, {"name": "mine"}).json
    assert explained(upload(cloud, f"{IMAGES}/{image['id']}")) == (
        400,
        "Properties disk_format, container_format must be set prior to saving data.",
    )


def test_data_comes_as_octets(cloud: InProcess, path: str) -> None:
    headers = {"content-type": "application/json", **JSON}
    reply = cloud.call("PUT", f"{path}/file", body=b"x", headers=headers)
    assert explained(reply) == (
        415,
        (
            "The request media type application/json is not supported by this server. Invalid "
            "content type application/json"
        ),
    )


def test_staged_data_is_imported_after_a_while(cloud: InProcess, path: str) -> None:
    assert cloud.call("PUT", f"{path}/stage", body=b"staged", headers=OCTETS).status == 204
    assert seen(cloud, path)["status"] == "uploading"
    method = {"method": {"name": "glance-direct"}}
    assert cloud.call("POST", f"{path}/import", method).status == 202
    assert seen(cloud, path)["status"] == "importing"
    cloud.advance(DELAYS.image.high)
    assert (seen(cloud, path)["status"], seen(cloud, path)["size"]) == ("active", 6)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Import request requires a 'method' field."),
        ({"method": {"name": "magic"}}, 400, "Unknown import method name 'magic'."),
        (
            {"method": {"name": "glance-direct"}},
            409,
            "Image needs to be staged before 'glance-direct' method can be used",
        ),
    ],
)
def test_an_import_that_cannot_be_is_refused(
    cloud: InProcess, path: str, body: dict[str, Any], status: int, message: str
) -> None:
    reply = cloud.call("POST", f"{path}/import", body, headers=JSON)
    assert explained(reply) == (status, message)


def test_a_deactivated_image_gives_no_data(cloud: InProcess, path: str) -> None:
    upload(cloud, path)
    assert cloud.call("POST", f"{path}/actions/deactivate").status == 204
    assert explained(cloud.call("GET", f"{path}/file", headers=JSON)) == (
        403,
        "The requested image has been deactivated. Image data download is forbidden.",
    )
    assert cloud.call("POST", f"{path}/actions/reactivate").status == 204
    assert cloud.call("GET", f"{path}/file").status == 200


def test_a_servers_snapshot_is_saved_over_time(cloud: InProcess) -> None:
    server = cloud.a_server()
    reply = cloud.act(server["id"], "createImage", {"name": "snap"})
    assert reply.status == 202, reply.body
    (image,) = cloud.call("GET", f"{IMAGES}?name=snap").json["images"]
    assert (image["status"], image["visibility"]) == ("queued", "private")
    assert (image["image_type"], image["instance_uuid"]) == ("snapshot", server["id"])
    cloud.advance(0.5)
    assert seen(cloud, f"{IMAGES}/{image['id']}")["status"] == "saving"
    cloud.advance(DELAYS.image.high)
    assert seen(cloud, f"{IMAGES}/{image['id']}")["status"] == "active"
