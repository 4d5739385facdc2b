import pytest
from litestar import Litestar
from litestar.testing import TestClient

from .labs import a_service, lock, until

Client = TestClient[Litestar]


@pytest.fixture
def client(tmp_path):
    with a_service(tmp_path) as client:
        yield client


def test_a_lock_is_answered_at_once_and_says_where_its_lease_is(client: Client) -> None:
    answer = lock(client, count=2, purpose="try it")
    lease = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/leases/{lease['id']}"
    assert lease["state"] in ("waiting", "preparing", "ready")
    assert client.get(answer.headers["location"]).json()["purpose"] == "try it"


def test_a_long_poll_answers_when_the_lease_is_ready(client: Client) -> None:
    lease = until(client, lock(client, count=2).json()["id"], "ready")
    assert [node["state"] for node in lease["nodes"]] == ["ready", "ready"]


def test_a_long_poll_without_news_answers_with_what_is(client: Client) -> None:
    lease = until(client, lock(client).json()["id"], "ready")
    asked = {"wait": 0.05, "state": "ready"}
    assert client.get(f"/api/v1/leases/{lease['id']}", params=asked).json() == lease


def test_a_long_poll_for_an_ended_lease_answers_at_once(client: Client) -> None:
    lease = lock(client).json()["id"]
    client.delete(f"/api/v1/leases/{lease}")
    asked = {"wait": 60, "state": "released"}
    assert client.get(f"/api/v1/leases/{lease}", params=asked).json()["state"] == "released"


def test_a_retried_lock_does_not_lock_twice(client: Client) -> None:
    headers = {"idempotency-key": "k1"}
    wish = {"machine_type": "demo"}
    first = client.post("/api/v1/leases", json=wish, headers=headers).json()
    again = client.post("/api/v1/leases", json=wish, headers=headers).json()
    assert first["id"] == again["id"]
    assert len(client.get("/api/v1/leases").json()) == 1


def test_two_different_keys_in_one_request_are_refused(client: Client) -> None:
    wish = {"machine_type": "demo", "key": "k1"}
    answer = client.post("/api/v1/leases", json=wish, headers={"idempotency-key": "k2"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "Idempotency-Key"


def test_leases_are_listed_by_owner_and_ended_ones_apart(client: Client) -> None:
    mine = lock(client, owner="ann").json()["id"]
    lock(client, owner="bob")
    client.delete(f"/api/v1/leases/{mine}", headers={"leasehold-owner": "ann"})
    assert [each["owner"] for each in client.get("/api/v1/leases").json()] == ["bob"]
    ended = client.get("/api/v1/leases", params={"ended": "true", "owner": "ann"}).json()
    assert [each["id"] for each in ended] == [mine]


def test_an_extension_is_added_to_the_end(client: Client) -> None:
    lease = until(client, lock(client, seconds=60).json()["id"], "ready")
    longer = client.post(f"/api/v1/leases/{lease['id']}/extend", json={"seconds": 30}).json()
    assert (longer["seconds"], longer["until"] > lease["until"]) == (90, True)


def test_a_lease_is_held_and_unheld(client: Client) -> None:
    lease = until(client, lock(client, seconds=60).json()["id"], "ready")
    held = client.post(f"/api/v1/leases/{lease['id']}/hold", json={}).json()
    assert (held["seconds"], held["until"]) == (None, None)
    ends = client.post(f"/api/v1/leases/{lease['id']}/unhold", json={"seconds": 30}).json()
    assert (ends["seconds"], ends["until"] is None) == (30, False)


def test_purpose_and_priority_of_a_lease_can_be_changed(client: Client) -> None:
    lock(client, count=4)
    lease = lock(client).json()["id"]
    amended = client.patch(f"/api/v1/leases/{lease}", json={"purpose": "other", "priority": 3})
    assert (amended.json()["purpose"], amended.json()["priority"]) == ("other", 3)
    wrong = client.patch(f"/api/v1/leases/{lease}", json={"priority": 3000})
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "priority")


def test_an_extension_beyond_the_limit_says_what_is_allowed(client: Client) -> None:
    lease = lock(client).json()["id"]
    answer = client.post(f"/api/v1/leases/{lease}/extend", json={"seconds": 10**7})
    assert answer.status_code == 400
    assert "6d" in answer.json()["error"]["allowed"]


def test_a_release_can_be_repeated(client: Client) -> None:
    lease = lock(client).json()["id"]
    answers = [client.delete(f"/api/v1/leases/{lease}") for _ in range(2)]
    assert [each.json()["state"] for each in answers] == ["released", "released"]


def test_somebody_elses_lease_is_only_taken_by_force(client: Client) -> None:
    lease = lock(client, owner="bob").json()["id"]
    refused = client.delete(f"/api/v1/leases/{lease}")
    assert refused.status_code == 403
    assert refused.json()["error"]["owner"] == "bob"
    forced = client.delete(f"/api/v1/leases/{lease}", params={"force": "true"})
    assert forced.json()["state"] == "released"


def test_an_unknown_machine_type_lists_the_near_ones(client: Client) -> None:
    error = client.post("/api/v1/leases", json={"machine_type": "dmeo"}).json()["error"]
    assert (error["code"], error["near"]) == ("unknown_machine_type", ["demo"])


def test_more_than_there_are_is_refused_with_both_numbers(client: Client) -> None:
    answer = lock(client, count=5)
    assert answer.status_code == 409
    assert (answer.json()["error"]["wanted"], answer.json()["error"]["exist"]) == (5, 4)


def test_who_shall_not_wait_is_told_all_that_is_in_the_way_with_figures(client: Client) -> None:
    lock(client, count=3)
    answer = lock(client, count=2, wait=False)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "not_enough")
    (block,) = error["blocks"]
    assert (block["cause"], block["have"], block["want"]) == ("nodes_busy", 1, 2)
    assert "1 of 4 nodes of demo are free, 2 wanted" in block["text"]
    assert len(client.get("/api/v1/leases").json()) == 1


def test_more_than_an_owner_may_hold_is_refused_with_both_numbers(tmp_path) -> None:
    limits = "[limits]\nnodes = 2\n[limits.owners]\nbob = { nodes = 3 }\n"
    with a_service(tmp_path, more=limits) as client:
        answer = lock(client, count=3)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (409, "over_limit")
        assert (error["owner"], error["wanted"], error["exist"]) == ("ann@lab", 3, 2)
        assert lock(client, count=3, owner="bob").status_code == 202
