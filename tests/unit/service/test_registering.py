"""Nodes are registered, changed and removed over HTTP."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .labs import a_service, lock, until

Client = TestClient[Litestar]
METAL = {"machine_type": "metal", "new_type": True}


@pytest.fixture
def client(tmp_path):
    with a_service(tmp_path) as client:
        yield client


def register(client: Client, *names: str, **about: object):
    return client.post("/api/v1/nodes", json={"names": names, **METAL, **about})


def listed(client: Client, **asked: object) -> list[str]:
    found = client.get("/api/v1/nodes", params={"machine_type": "metal", **asked}).json()
    return [node["name"] for node in found]


def test_nodes_are_registered_by_pattern_and_found_by_what_they_are(client: Client) -> None:
    answer = register(client, "m008..m010", "x.lab", description="rack 3", os_type="ubuntu")
    assert answer.status_code == 201
    assert [node["name"] for node in answer.json()] == ["m008", "m009", "m010", "x.lab"]
    register(client, "m1", os_type="centos", os_version="9", arch="x86_64")
    assert listed(client) == ["m1", "m008", "m009", "m010", "x.lab"]
    assert listed(client, os_type="centos", os_version="9", arch="x86_64") == ["m1"]
    assert listed(client, description="rack") == ["m008", "m009", "m010", "x.lab"]
    assert listed(client, machine_type="demo|metal", up="false") == []


def test_a_registered_node_is_locked_and_ready_at_once(client: Client) -> None:
    register(client, "m1")
    lease = lock(client, machine_type="metal").json()
    assert (lease["state"], lease["nodes"][0]["kind"]) == ("ready", "fixed")


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ({"names": ["m1", "demo001"]}, 409, "node_exists", "demo001 exists already"),
        ({"names": ["m1"], "new_type": False}, 404, "unknown_machine_type", "no machine type"),
        ({"names": ["m9..m1"]}, 400, "bad_request", "the lower number first"),
        ({"names": []}, 400, "bad_request", "names"),
        ({"names": ["m1"], "colour": "red"}, 400, "bad_request", "colour"),
        ({"names": ["m1..m2"], "address": "10.0.0.1"}, 400, "bad_request", "several nodes"),
    ],
)
def test_what_cannot_be_registered_is_refused_and_nothing_is(
    client: Client, body, status, code, said
) -> None:
    answer = client.post("/api/v1/nodes", json={**METAL, **body})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert said in error["message"]
    assert listed(client) == []


def test_a_node_is_changed_and_marked_down_and_up(client: Client) -> None:
    register(client, "m1", description="old")
    down = client.patch("/api/v1/nodes/m1", json={"up": False, "note": "fan broken"}).json()
    assert (down["state"], down["description"]) == ("down", "old")
    assert down["reason"] == {**down["reason"], "cause": "down", "text": "fan broken"}
    up = client.patch("/api/v1/nodes/m1", json={"up": True, "description": None}).json()
    assert (up["state"], up["description"], up["note"]) == ("free", None, "fan broken")
    wrong = client.patch("/api/v1/nodes/m1", json={"up": "no"})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "up")
    assert client.patch("/api/v1/nodes/m2", json={"up": True}).status_code == 404


def test_many_are_changed_or_none(client: Client) -> None:
    register(client, "m1..m3")
    change = {"names": ["m1..m4"], "note": "audit"}
    assert client.post("/api/v1/nodes/change", json=change).status_code == 404
    assert client.get("/api/v1/nodes/m1").json()["node"]["note"] is None
    found = client.post("/api/v1/nodes/change", json=change | {"names": ["m1..m3"]}).json()
    assert [node["note"] for node in found] == ["audit"] * 3


def test_what_is_held_or_configured_is_not_removed(client: Client) -> None:
    register(client, "m1..m3")
    until(client, lock(client, machine_type="metal", owner="bob").json()["id"], "ready")
    held = client.post("/api/v1/nodes/remove", json={"names": ["m1..m3"]})
    assert (held.status_code, held.json()["error"]["code"]) == (409, "node_held")
    assert held.json()["error"]["owner"] == "bob"
    configured = client.delete("/api/v1/nodes/demo001")
    assert (configured.status_code, configured.json()["error"]["code"]) == (409, "node_configured")
    assert listed(client) == ["m1", "m2", "m3"]


def test_what_is_free_is_removed(client: Client) -> None:
    register(client, "m1..m3")
    assert client.delete("/api/v1/nodes/m2").status_code == 204
    assert client.post("/api/v1/nodes/remove", json={"names": ["m1"]}).status_code == 204
    assert listed(client) == ["m3"]
    assert client.delete("/api/v1/nodes/m2").status_code == 404


def test_no_node_is_called_like_a_word_of_the_routes(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    words = {path.rpartition("/")[2] for path in paths if path.startswith("/api/v1/nodes/")}
    words -= {"{name}"}
    assert "unlock" in words
    for word in words:
        assert register(client, word).status_code == 400
