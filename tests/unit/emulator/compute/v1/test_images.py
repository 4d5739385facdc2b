"""Flavors and images of Nova 1.0."""

from tests.unit.emulator.compute.v1.test_servers import a_server, call
from tests.unit.emulator.conftest import InProcess


def test_flavors_have_numbers_memory_and_disk(cloud: InProcess) -> None:
    assert call(cloud, "GET", "/flavors").json["flavors"][0] == {"id": 1, "name": "tiny"}
    shown = call(cloud, "GET", "/flavors/detail").json["flavors"][1]
    assert shown == {"id": 2, "name": "small", "ram": 512, "disk": 5}
    assert call(cloud, "GET", "/flavors/2").json == {"flavor": shown}
    assert call(cloud, "GET", "/flavors/99").status == 404


def test_a_flavor_whose_id_is_a_word_gets_a_number(cloud: InProcess) -> None:
    flavor = {"id": "m1.x", "name": "x", "ram": 64, "vcpus": 1, "disk": 1}
    cloud.call("POST", "/compute/v2.1/flavors", {"flavor": flavor}, user="admin")
    (found,) = (f for f in call(cloud, "GET", "/flavors").json["flavors"] if f["name"] == "x")
    assert isinstance(found["id"], int)
    assert call(cloud, "GET", f"/flavors/{found['id']}").json["flavor"]["name"] == "x"


def test_a_servers_image_is_made_shown_and_deleted(cloud: InProcess) -> None:
    number = a_server(cloud)["id"]
    reply = call(cloud, "POST", "/images", {"image": {"name": "copy", "serverId": number}})
    made = reply.json["image"]
    assert (reply.status, made["name"], made["serverId"]) == (202, "copy", number)
    assert made["status"] == "SAVING"
    cloud.advance(2)
    shown = call(cloud, "GET", f"/images/{made['id']}").json["image"]
    assert (shown["status"], shown["progress"]) == ("ACTIVE", 100)
    assert shown in call(cloud, "GET", "/images/detail").json["images"]
    assert call(cloud, "DELETE", f"/images/{made['id']}").status == 204
    assert call(cloud, "GET", f"/images/{made['id']}").status == 404


def test_an_image_of_everybodys_is_not_deleted_and_one_of_nothing_not_made(
    cloud: InProcess,
) -> None:
    public = call(cloud, "GET", "/images").json["images"][0]["id"]
    assert call(cloud, "DELETE", f"/images/{public}").status == 403
    assert call(cloud, "POST", "/images", {"image": {"name": "copy"}}).status == 400
    reply = call(cloud, "POST", "/images", {"image": {"name": "copy", "serverId": 77}})
    assert reply.status == 404
