"""Looking at a server, and changing its plain fields."""

import pytest

from tests.unit.emulator.conftest import InProcess

SERVERS = "/compute/v2.1/servers"


def test_a_short_listing_has_id_name_and_links(cloud: InProcess) -> None:
    server = cloud.a_server()
    (listed,) = cloud.call("GET", SERVERS).json["servers"]
    assert listed == {"id": server["id"], "name": "web", "links": server["links"]}


def test_nobody_sees_a_neighbours_server_but_an_administrator(cloud: InProcess) -> None:
    (theirs,) = cloud.cloud.seed_servers(1, project="admin")
    assert cloud.call("GET", f"{SERVERS}/{theirs.id}").status == 404
    ours = cloud.a_server()
    assert cloud.call("GET", f"{SERVERS}/{ours['id']}", user="admin").status == 200


def test_plain_fields_can_be_changed(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.advance(5)
    wish = {"name": "renamed", "description": "new", "accessIPv4": "192.0.2.1"}
    reply = cloud.call("PUT", f"{SERVERS}/{server['id']}", {"server": wish}, version="2.90")
    assert reply.status == 200
    changed = reply.json["server"]
    assert {name: changed[name] for name in wish} == wish
    assert changed["updated"] > server["updated"]
    assert "OS-EXT-STS:vm_state" in changed


def test_an_update_answers_short_until_2_75(cloud: InProcess) -> None:
    path = f"{SERVERS}/{cloud.a_server()['id']}"
    changed = cloud.call("PUT", path, {"server": {"name": "x"}}, version="2.19").json["server"]
    assert "OS-EXT-STS:vm_state" not in changed
    assert changed["addresses"]["lab"] == [{"version": 4, "addr": "10.20.0.2"}]


@pytest.mark.parametrize("wish", [{"name": ""}, {"accessIPv4": "x"}, {"OS-DCF:diskConfig": "x"}])
def test_a_field_that_cannot_be_is_refused(cloud: InProcess, wish: dict[str, str]) -> None:
    server = cloud.a_server()
    reply = cloud.call("PUT", f"{SERVERS}/{server['id']}", {"server": wish})
    assert reply.status == 400


def test_addresses_can_be_asked_for_by_themselves(cloud: InProcess) -> None:
    path = f"{SERVERS}/{cloud.a_server()['id']}/ips"
    assert cloud.call("GET", path).json == {
        "addresses": {"lab": [{"version": 4, "addr": "10.20.0.2"}]}
    }
    assert list(cloud.call("GET", f"{path}/lab").json) == ["lab"]
    assert cloud.call("GET", f"{path}/other").status == 404
