"""The admin routes: what tests in other processes can do."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

SERVERS = "/compute/v2.1/servers"


def admin(cloud: InProcess, method: str, path: str, json: Any = None) -> Reply:
    return cloud.call(method, f"/_emulator{path}", json, user=None)


def test_it_is_ready_without_a_token(cloud: InProcess) -> None:
    assert admin(cloud, "GET", "/ready").json == {"ready": True}


def test_a_fault_is_put_in_force_listed_and_removed(cloud: InProcess) -> None:
    cloud.token()
    rule = {"effect": "error_before", "kind": "server", "status": 502, "count": 5}
    made = admin(cloud, "POST", "/faults", rule)
    assert made.status == 201
    assert cloud.call("GET", SERVERS).status == 502
    (listed,) = admin(cloud, "GET", "/faults").json["faults"]
    assert (listed["id"], listed["struck"], listed["rule"]["status"]) == (
        made.json["id"],
        1,
        502,
    )
    assert admin(cloud, "DELETE", f"/faults/{made.json['id']}").status == 204
    assert admin(cloud, "DELETE", f"/faults/{made.json['id']}").status == 404
    assert cloud.call("GET", SERVERS).status == 200


def test_all_faults_are_cleared_at_once(cloud: InProcess) -> None:
    for _ in range(2):
        admin(cloud, "POST", "/faults", {"effect": "error_before"})
    assert admin(cloud, "DELETE", "/faults").status == 204
    assert admin(cloud, "GET", "/faults").json == {"faults": []}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"effect": "magic"},
        {"effect": "latency", "colour": "red"},
        {"effect": "latency", "kind": "unicorn"},
        {"effect": "latency", "probability": 2},
        {"effect": "latency", "path": "("},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_reason(
    cloud: InProcess, rule: dict[str, Any]
) -> None:
    reply = admin(cloud, "POST", "/faults", rule)
    assert reply.status == 400
    assert reply.json["error"].startswith("The body does not fit")


def test_an_outage_begins_and_is_lifted(cloud: InProcess) -> None:
    cloud.token()
    assert admin(cloud, "POST", "/outages", {"service": "compute"}).status == 204
    assert cloud.call("GET", SERVERS).status == 503
    (outage,) = admin(cloud, "GET", "/outages").json["outages"]
    assert outage["service"] == "compute"
    assert admin(cloud, "DELETE", "/outages").status == 204
    assert cloud.call("GET", SERVERS).status == 200


def test_refusing_connections_needs_an_end(cloud: InProcess) -> None:
    seconds: list[float] = []
    cloud.cloud.refuse = seconds.append
    assert admin(cloud, "POST", "/outages", {"refuse": True}).status == 400
    assert admin(cloud, "POST", "/outages", {"refuse": True, "seconds": 3}).status == 204
    assert seconds == [3]


def test_calls_are_counted_until_they_are_reset(cloud: InProcess) -> None:
    cloud.call("GET", SERVERS)
    counts = admin(cloud, "GET", "/requests").json
    assert counts["total"] == 2
    assert {
        "service": "compute",
        "method": "GET",
        "template": "/v2.1/servers",
        "count": 1,
    } in counts["calls"]
    assert admin(cloud, "DELETE", "/requests").status == 204
    assert admin(cloud, "GET", "/requests").json == {"total": 0, "calls": []}


def test_servers_are_put_there_by_the_thousand(cloud: InProcess) -> None:
    reply = admin(cloud, "POST", "/servers", {"count": 1000, "prefix": "lot"})
    assert reply.status == 201
    assert len(reply.json["servers"]) == 1000
    (first, *_) = cloud.call("GET", f"{SERVERS}/detail").json["servers"]
    assert (first["name"], first["status"]) == ("lot-01000", "ACTIVE")
    assert admin(cloud, "POST", "/servers", {"count": 1, "project": "none"}).status == 400


def test_leftovers_tell_what_is_alive(cloud: InProcess) -> None:
    server = cloud.a_server()
    wish = {"floatingip": {"floating_network_id": cloud.network_id("public")}}
    cloud.call("POST", "/network/v2.0/floatingips", wish)
    cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1, "name": "data"}})
    cloud.advance(2)
    left = admin(cloud, "GET", "/leftovers").json
    assert left["servers"] == [{"id": server["id"], "name": "web"}]
    assert {kind: len(things) for kind, things in left.items()} == {
        "servers": 1,
        "ports": 1,
        "floating_ips": 1,
        "volumes": 1,
        "snapshots": 0,
    }
    assert left["volumes"][0]["name"] == "data"


def test_settings_change_by_the_part_that_is_given(cloud: InProcess) -> None:
    wish = {"delays": {"boot": [60, 60, 60]}, "quota": {"instances": 1}}
    changed = admin(cloud, "PUT", "/settings", wish).json
    assert changed["delays"]["boot"] == [60, 60, 60]
    assert changed["delays"]["delete"] == [4, 4, 4]
    assert changed["quota"]["instances"] == 1
    assert changed["quota"]["cores"] == 10_000
    server = cloud.a_server()
    assert server["status"] == "BUILD"
    cloud.advance(50)
    assert cloud.server(server["id"])["status"] == "ACTIVE"
    assert admin(cloud, "GET", "/settings").json == changed


@pytest.mark.parametrize(
    "wish", [{"delays": {"boot": [3, 2, 1]}}, {"quota": {"beauty": 1}}, {"delays": 1}]
)
def test_settings_that_make_no_sense_are_refused(cloud: InProcess, wish: dict[str, Any]) -> None:
    assert admin(cloud, "PUT", "/settings", wish).status == 400


def test_tokens_expire_on_demand(cloud: InProcess) -> None:
    cloud.token()
    assert admin(cloud, "POST", "/tokens/expire").json == {"expired": 1}
    assert cloud.call("GET", SERVERS).status == 401


def test_a_reset_cloud_is_a_new_one(cloud: InProcess) -> None:
    network = cloud.network_id()
    cloud.a_server()
    admin(cloud, "POST", "/faults", {"effect": "latency"})
    assert admin(cloud, "POST", "/reset").status == 204
    fresh = InProcess()
    assert fresh.call("GET", SERVERS).json == {"servers": []}
    assert fresh.network_id() == network, "the same seed gives the same ids"
    assert cloud.cloud.leftovers().nothing
    assert cloud.cloud.requests.total == 0
    assert admin(cloud, "GET", "/faults").json == {"faults": []}
    assert cloud.call("GET", SERVERS).status == 401
    cloud.advance(100)
    assert cloud.cloud.leftovers().nothing, "nothing of the old world comes back"


def test_an_unknown_path_is_a_404(cloud: InProcess) -> None:
    assert admin(cloud, "GET", "/nothing").status == 404
