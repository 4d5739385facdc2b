"""Actions that change what a server is."""

from typing import Any

import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess


def state(cloud: InProcess, server: Any) -> tuple[str, str | None]:
    shown = cloud.server(server["id"])
    return shown["status"], shown["OS-EXT-STS:task_state"]


def flavor(cloud: InProcess, server: Any) -> str:
    return str(cloud.server(server["id"])["flavor"]["original_name"])


def test_a_resize_waits_to_be_confirmed(cloud: InProcess) -> None:
    server = cloud.a_server()
    assert cloud.act(server["id"], "resize", {"flavorRef": "2"}).status == 202
    assert state(cloud, server) == ("RESIZE", "resize_prep")
    cloud.advance(2)
    assert state(cloud, server) == ("VERIFY_RESIZE", None)
    assert cloud.act(server["id"], "confirmResize").status == 204
    assert state(cloud, server) == ("ACTIVE", None)
    assert flavor(cloud, server) == "small"


def test_a_resize_can_be_reverted(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "os-stop")
    cloud.advance(2)
    cloud.act(server["id"], "resize", {"flavorRef": "2"})
    cloud.advance(2)
    assert cloud.act(server["id"], "revertResize").status == 202
    assert state(cloud, server)[0] == "REVERT_RESIZE"
    cloud.advance(2)
    assert state(cloud, server) == ("SHUTOFF", None)
    assert flavor(cloud, server) == "tiny"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"flavorRef": "1"}, "When resizing, instances must change flavor!"),
        ({"flavorRef": "9"}, "Flavor 9 could not be found."),
        ({}, "'flavorRef' is a required property"),
    ],
)
def test_a_resize_to_nothing_new_is_refused(
    cloud: InProcess, given: dict[str, str], message: str
) -> None:
    reply = cloud.act(cloud.a_server()["id"], "resize", given)
    assert reply.status == 400
    assert message in reply.message


def test_a_resize_needs_quota_for_what_it_adds(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(ram=500))
    reply = cloud.act(cloud.a_server()["id"], "resize", {"flavorRef": "2"})
    assert reply.status == 403
    assert reply.message == (
        "Quota exceeded for ram: Requested 448, but already used 64 of 500 ram"
    )


def test_usage_follows_a_resize(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "resize", {"flavorRef": "3"})
    cloud.advance(2)
    limits = cloud.call("GET", "/compute/v2.1/limits").json["limits"]["absolute"]
    assert (limits["totalCoresUsed"], limits["totalRAMUsed"]) == (2, 2048)


def test_a_rebuild_keeps_the_address_and_changes_the_image(cloud: InProcess) -> None:
    server = cloud.a_server()
    image = cloud.image_id("debian-12")
    wish = {"imageRef": image, "name": "again", "metadata": {"a": "b"}}
    reply = cloud.act(server["id"], "rebuild", wish)
    assert reply.status == 202
    assert reply.json["server"]["status"] == "REBUILD"
    assert reply.json["server"]["adminPass"]
    cloud.advance(2)
    assert state(cloud, server) == ("REBUILD", "rebuild_spawning")
    cloud.advance(2)
    shown = cloud.server(server["id"])
    assert shown["status"] == "ACTIVE"
    assert (shown["name"], shown["metadata"]) == ("again", {"a": "b"})
    assert shown["image"]["id"] == image
    assert shown["addresses"] == server["addresses"]


def test_a_rebuild_answers_short_until_2_75(cloud: InProcess) -> None:
    server = cloud.a_server()
    wish = {"imageRef": cloud.image_id()}
    old = cloud.act(server["id"], "rebuild", wish, version="2.53").json["server"]
    assert not {"OS-EXT-STS:task_state", "config_drive", "key_name", "user_data"} & old.keys()
    cloud.advance(10)
    new = cloud.act(server["id"], "rebuild", wish, version="2.75").json["server"]
    assert new.keys() >= {"OS-EXT-STS:task_state", "config_drive", "key_name", "user_data"}


def test_a_rebuild_of_an_unknown_image_is_refused(cloud: InProcess) -> None:
    server = cloud.a_server()
    wish = {"imageRef": "11111111-2222-3333-4444-555555555555"}
    assert cloud.act(server["id"], "rebuild", wish).message == "Cannot find image for rebuild"
    assert state(cloud, server) == ("ACTIVE", None)


def test_a_shelved_server_leaves_its_host_and_comes_back(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "shelve")
    assert state(cloud, server) == ("ACTIVE", "shelving")
    cloud.advance(2)
    assert state(cloud, server) == ("SHELVED", "shelving_offloading")
    cloud.advance(2)
    assert state(cloud, server) == ("SHELVED_OFFLOADED", None)
    assert cloud.server(server["id"])["hostId"] == ""
    assert cloud.act(server["id"], "unshelve").status == 202
    cloud.advance(2)
    assert state(cloud, server) == ("ACTIVE", None)
    assert cloud.server(server["id"])["hostId"] == server["hostId"]


def test_a_servers_image_becomes_active_and_can_be_booted(cloud: InProcess) -> None:
    server = cloud.a_server()
    reply = cloud.act(server["id"], "createImage", {"name": "snap", "metadata": {"a": "b"}})
    image_id = reply.json["image_id"]
    assert reply.status == 202
    assert state(cloud, server) == ("ACTIVE", "image_snapshot")
    cloud.advance(5)
    assert state(cloud, server) == ("ACTIVE", None)
    image = cloud.call("GET", f"/image/v2/images/{image_id}").json
    assert (image["name"], image["status"], image["a"]) == ("snap", "active", "b")
    assert cloud.a_server(imageRef=image_id)["status"] == "ACTIVE"


def test_an_image_is_told_by_its_address_until_2_45(cloud: InProcess) -> None:
    server = cloud.a_server()
    reply = cloud.act(server["id"], "createImage", {"name": "snap"}, version="2.44")
    assert (reply.status, reply.body) == (202, b"")
    assert "/images/" in reply.headers["location"]


def test_a_rescue_gives_a_password(cloud: InProcess) -> None:
    reply = cloud.act(cloud.a_server()["id"], "rescue", {"adminPass": "s3cret"})
    assert (reply.status, reply.json) == (200, {"adminPass": "s3cret"})
