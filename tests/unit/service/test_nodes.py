import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.looking import wait_for

from .labs import a_service, lock, until

Client = TestClient[Litestar]


@pytest.fixture
def client(tmp_path):
    with a_service(tmp_path) as client:
        yield client


def test_nodes_are_listed_and_chosen_by_state_owner_and_type(client: Client) -> None:
    until(client, lock(client, owner="ann").json()["id"], "ready")

    def names(**asked: str) -> list[str]:
        return [node["name"] for node in client.get("/api/v1/nodes", params=asked).json()]

    assert names() == ["demo001", "demo002", "demo003", "demo004"]
    assert names(state="ready") == names(owner="ann") == ["demo001"]
    assert names(machine_type="other") == []


def test_a_nodes_story_has_its_lease_its_objects_and_its_history(client: Client) -> None:
    lease = until(client, lock(client).json()["id"], "ready")
    story = client.get("/api/v1/nodes/demo001").json()
    assert story["lease"]["id"] == lease["id"]
    assert {each["kind"] for each in story["objects"]} == {"server", "port"}
    assert {"intent", "building"} <= {each["state"] for each in story["history"]}


def test_an_unknown_node_lists_the_near_ones(client: Client) -> None:
    answer = client.get("/api/v1/nodes/demo01")
    assert answer.status_code == 404
    assert "demo001" in answer.json()["error"]["near"]


def test_unlocking_is_all_or_nothing(client: Client) -> None:
    lease = until(client, lock(client, count=2).json()["id"], "ready")
    answer = client.post("/api/v1/nodes/unlock", json={"names": ["demo001", "nope"]})
    assert answer.status_code == 404
    assert client.get(f"/api/v1/leases/{lease['id']}").json()["state"] == "ready"


def test_unlocking_the_last_node_ends_the_lease(client: Client) -> None:
    lease = until(client, lock(client, count=2).json()["id"], "ready")
    client.post("/api/v1/nodes/unlock", json={"names": ["demo001"]})
    assert client.get(f"/api/v1/leases/{lease['id']}").json()["count"] == 1
    client.post("/api/v1/nodes/unlock", json={"names": ["demo002"]})
    assert client.get(f"/api/v1/leases/{lease['id']}").json()["state"] == "released"


def test_somebody_elses_node_is_only_unlocked_by_force(client: Client) -> None:
    until(client, lock(client, owner="bob").json()["id"], "ready")
    refused = client.post("/api/v1/nodes/unlock", json={"names": ["demo001"]})
    assert (refused.status_code, refused.json()["error"]["owner"]) == (403, "bob")
    forced = client.post("/api/v1/nodes/unlock", json={"names": ["demo001"], "force": True})
    assert forced.status_code == 200


def test_the_plan_says_what_is_on_its_way(tmp_path) -> None:
    with a_service(tmp_path, boot=3600) as client:
        lock(client)
        steps = client.get("/api/v1/plan").json()
        assert {step["node"] for step in steps} == {"demo001"}
        assert all(step["reason"]["text"] for step in steps)


def test_machine_types_tell_how_many_are_free(client: Client) -> None:
    until(client, lock(client).json()["id"], "ready")
    (found,) = client.get("/api/v1/machine-types").json()
    assert (found["name"], found["free"], found["nodes"]) == ("demo", 3, 4)


def test_an_audit_counts_what_is_in_use(client: Client) -> None:
    until(client, lock(client).json()["id"], "ready")
    audit = client.post("/api/v1/clouds/memory/audit").json()
    assert sorted(each["kind"] for each in audit["in_use"]) == ["port", "server"]
    assert audit["stray"] == []


def test_clouds_are_listed_with_their_machine_types(client: Client) -> None:
    (cloud,) = client.get("/api/v1/clouds").json()
    assert (cloud["name"], cloud["machine_types"]) == ("memory", ["demo"])
    assert (cloud["burst"], cloud["faults"], cloud["trouble"]) == (20, [], None)


def test_an_audit_of_an_unknown_cloud_lists_the_near_ones(client: Client) -> None:
    answer = client.post("/api/v1/clouds/memmory/audit")
    assert (answer.status_code, answer.json()["error"]["near"]) == (404, ["memory"])


def test_boots_are_told_by_type_and_one_that_is_unknown_is_refused(client: Client) -> None:
    until(client, lock(client, count=2).json()["id"], "ready")

    def rates() -> list[dict]:
        return client.get("/api/v1/boots", params={"machine_type": "demo"}).json()["rates"]

    wait_for(lambda: bool(rates()))  # they are read from the ledger, a commit later
    (rate,) = rates()
    assert (rate["machine_type"], rate["boots"], rate["failed"]) == ("demo", 2, 0)
    assert client.get("/api/v1/boots/1").json()["ok"] is True
    refused = client.get("/api/v1/boots/99")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "unknown_boot")
    wrong = client.get("/api/v1/boots", params={"machine_type": "dmeo"})
    assert wrong.json()["error"]["near"] == ["demo"]


def test_a_machine_type_is_resumed_by_name(client: Client) -> None:
    assert client.post("/api/v1/machine-types/demo/resume").status_code == 200
    assert client.post("/api/v1/machine-types/dmeo/resume").status_code == 404
