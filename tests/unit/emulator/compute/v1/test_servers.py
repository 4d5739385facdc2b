"""Servers of Nova 1.0, in JSON."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess

ROOT = "/compute/v1.0"


def call(cloud: InProcess, method: str, path: str, json: Any = None) -> Any:
    return cloud.call(method, ROOT + path, json)


def image_number(cloud: InProcess) -> int:
    images = call(cloud, "GET", "/images").json["images"]
    return int(next(image["id"] for image in images if image["name"] == "tiny"))


def a_server(cloud: InProcess, **fields: Any) -> Any:
    wish = {"name": "web", "imageId": image_number(cloud), "flavorId": 1, **fields}
    reply = call(cloud, "POST", "/servers", {"server": wish})
    assert reply.status == 202, reply.body
    cloud.advance(10)
    return reply.json["server"]


def test_a_new_server_has_a_number_and_a_password(cloud: InProcess) -> None:
    made = a_server(cloud, metadata={"role": "web"})
    assert isinstance(made["id"], int)
    assert (made["status"], made["progress"], len(made["adminPass"])) == ("BUILD", 0, 12)
    shown = call(cloud, "GET", f"/servers/{made['id']}").json["server"]
    assert shown == {
        "id": made["id"],
        "name": "web",
        "imageId": image_number(cloud),
        "flavorId": 1,
        "hostId": shown["hostId"],
        "status": "ACTIVE",
        "progress": 100,
        "metadata": {"role": "web"},
        "addresses": {"public": [], "private": ["10.20.0.2"]},
    }


def test_it_is_the_very_server_that_newer_versions_show(cloud: InProcess) -> None:
    number = a_server(cloud)["id"]
    (server,) = cloud.call("GET", "/compute/v2.1/servers").json["servers"]
    assert server["name"] == "web"
    cloud.act(server["id"], "os-stop")
    cloud.advance(2)
    shown = call(cloud, "GET", f"/servers/{number}").json["server"]
    assert shown["status"] == "UNKNOWN"  # 1.0 has no word for it
    assert call(cloud, "DELETE", f"/servers/{number}").status == 202
    cloud.advance(4)
    assert call(cloud, "GET", f"/servers/{number}").status == 404
    assert cloud.cloud.leftovers().nothing


def test_a_listing_is_short_or_detailed_and_cut_by_offset(cloud: InProcess) -> None:
    numbers = [a_server(cloud, name=f"web-{index}")["id"] for index in range(3)]
    short = call(cloud, "GET", "/servers").json["servers"]
    assert short == [{"id": n, "name": f"web-{i}"} for i, n in reversed(list(enumerate(numbers)))]
    part = call(cloud, "GET", "/servers/detail?offset=1&limit=1").json["servers"]
    assert [server["name"] for server in part] == ["web-1"]
    assert call(cloud, "GET", "/servers?limit=x").status == 400


def test_a_name_and_a_password_are_changed(cloud: InProcess) -> None:
    path = f"/servers/{a_server(cloud)['id']}"
    reply = call(cloud, "PUT", path, {"server": {"name": "db", "adminPass": "secret"}})
    assert reply.status == 204
    shown = call(cloud, "GET", path).json["server"]
    assert (shown["name"], shown["status"]) == ("db", "PASSWORD")


def test_a_server_is_rebooted_rebuilt_and_resized(cloud: InProcess) -> None:
    path = f"/servers/{a_server(cloud)['id']}"

    def act(action: str, given: Any = None) -> tuple[int, str]:
        reply = call(cloud, "POST", f"{path}/action", {action: given})
        during = call(cloud, "GET", path).json["server"]["status"]
        cloud.advance(4)
        return reply.status, during

    assert act("reboot", {"type": "SOFT"}) == (202, "REBOOT")
    assert act("reboot", {"type": "HARD"}) == (202, "HARD_REBOOT")
    assert act("rebuild", {"imageId": image_number(cloud)}) == (202, "REBUILD")
    assert act("resize", {"flavorId": 2}) == (202, "RESIZE")
    assert call(cloud, "GET", path).json["server"]["status"] == "VERIFY_RESIZE"
    assert act("revertResize") == (202, "UNKNOWN")
    assert act("resize", {"flavorId": 2}) == (202, "RESIZE")
    assert act("confirmResize") == (204, "ACTIVE")
    assert call(cloud, "GET", path).json["server"]["flavorId"] == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "key"),
    [
        ("/servers", {"server": {"name": "web"}}, 400, "badRequest"),
        ("/servers", {"server": {"name": "w", "imageId": 9, "flavorId": 1}}, 400, "badRequest"),
        ("/servers", {"node": {}}, 400, "badRequest"),
        ("/servers", [], 400, "badRequest"),
        ("/servers/1/action", {"reboot": {"type": "SOFT"}}, 404, "itemNotFound"),
        ("/servers/x/action", {"reboot": {"type": "SOFT"}}, 404, "itemNotFound"),
        ("/servers/1/action", {"dance": {}}, 501, "notImplemented"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_the_words_of_1_0(
    cloud: InProcess, path: str, body: Any, status: int, key: str
) -> None:
    reply = call(cloud, "POST", path, body)
    assert (reply.status, list(reply.json)) == (status, [key])
    assert reply.json[key]["code"] == status


def test_a_server_that_is_not_ready_is_in_progress(cloud: InProcess) -> None:
    number = a_server(cloud)["id"]
    reply = call(cloud, "POST", f"/servers/{number}/action", {"confirmResize": None})
    assert (reply.status, list(reply.json)) == (409, ["inProgress"])
