"""Nova 1.0: what is sent, and what is made of the documents in Rackspace's guide."""

from typing import Any

from leasehold.openstack import ServiceType
from tests.unit.openstack.wire import Reply, Wire, connection

URL = "http://old.example/v1.0/1234"
SERVER = {
    "id": 1235,
    "name": "new-server-test",
    "imageId": 2,
    "flavorId": 1,
    "hostId": "e4d909c290d0fb1ca068ffaddf22cbd0",
    "progress": 0,
    "status": "BUILD",
    "adminPass": "GFf1j9aP",
    "metadata": {"My Server Name": "Apache1"},
    "addresses": {"public": ["67.23.10.138"], "private": ["10.176.42.19"]},
}


def speaking(wire: Wire) -> Any:
    return connection(wire, endpoints={ServiceType.COMPUTE_V1: URL}).compute_v1


def test_a_server_is_asked_for_in_the_words_of_1_0() -> None:
    wire = Wire().on("POST", f"{URL}/servers", Reply({"server": SERVER}, 202))
    made = speaking(wire).create_server(
        name="new-server-test", image_id=2, flavor_id=1, files={"/etc/banner.txt": "hi"}
    )
    assert wire.calls("POST")[0].json == {
        "server": {
            "name": "new-server-test",
            "imageId": 2,
            "flavorId": 1,
            "personality": [{"path": "/etc/banner.txt", "contents": "aGk="}],
        }
    }
    assert (made.id, made.image_id, made.addresses.public) == (1235, 2, ("67.23.10.138",))
    assert made.admin_password.reveal() == "GFf1j9aP"


def test_only_what_changes_is_sent() -> None:
    wire = Wire().on("PUT", f"{URL}/servers/1", Reply(status=204))
    speaking(wire).update_server(1, admin_password="secret")
    assert wire.calls("PUT")[0].json == {"server": {"adminPass": "secret"}}


def test_limits_are_read_as_the_guide_shows_them() -> None:
    rate = {
        "verb": "POST",
        "URI": "/servers*",
        "regex": "^/servers",
        "value": 25,
        "remaining": 25,
        "unit": "DAY",
        "resetTime": 1244425439,
    }
    body = {"limits": {"rate": [rate], "absolute": {"maxTotalRAMSize": 51_200}}}
    limits = speaking(Wire().on("GET", f"{URL}/limits", Reply(body))).limits()
    assert (limits.rate[0].uri, limits.rate[0].reset_time) == ("/servers*", 1244425439)
    assert limits.absolute == {"maxTotalRAMSize": 51_200}


def test_the_last_novas_with_1_0_had_uuids() -> None:
    page = Reply({"servers": [SERVER | {"id": "a-b"}]})
    wire = Wire().on("GET", f"{URL}/servers/detail", page, Reply({"servers": []}))
    (server,) = speaking(wire).servers()
    assert server.id == "a-b"
