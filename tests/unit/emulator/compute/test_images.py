"""Glance's images in Nova's shape, for clients that know Nova only."""

from tests.unit.emulator.conftest import InProcess


def test_images_are_glances_in_novas_shape(cloud: InProcess) -> None:
    listed = cloud.call("GET", "/compute/v2.1/images").json["images"]
    assert {image["name"] for image in listed} == {"tiny", "debian-12", "ubuntu-22.04"}
    (tiny,) = cloud.call("GET", "/compute/v2.1/images/detail?name=tiny").json["images"]
    assert (tiny["status"], tiny["progress"], tiny["minDisk"]) == ("ACTIVE", 100, 0)
    one = cloud.call("GET", f"/compute/v2.1/images/{tiny['id']}").json["image"]
    assert one == tiny
    assert cloud.call("GET", "/compute/v2.1/images/none").message == "Image not found."


def test_images_have_pages(cloud: InProcess) -> None:
    body = cloud.call("GET", "/compute/v2.1/images?limit=2").json
    after = cloud.call("GET", body["images_links"][0]["href"]).json["images"]
    assert len(body["images"]) == 2
    assert len(after) == 1
    assert cloud.call("GET", "/compute/v2.1/images?marker=none").status == 400


def test_a_servers_image_leads_back_to_it(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "createImage", {"name": "snap"})
    (snap,) = cloud.call("GET", "/compute/v2.1/images/detail?name=snap").json["images"]
    assert (snap["status"], snap["server"]["id"]) == ("SAVING", server["id"])


def test_from_2_36_it_is_the_other_services_business(cloud: InProcess) -> None:
    path = "/compute/v2.1/images"
    assert cloud.call("GET", path, version="2.35").status == 200
    reply = cloud.call("GET", path, version="2.36")
    assert (reply.status, reply.message) == (404, "The resource could not be found.")
