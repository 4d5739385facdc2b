"""Datasets and agents over HTTP: the real application over a cloud in memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from leasehold.lab.config import load
from leasehold.lab.table import ConfigError
from leasehold.service.fingerprints import fingerprint, new_token

from .labs import a_service
from .sites import API, Site, a_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from a_site(tmp_path, {})


def test_a_dataset_is_made_mounted_moved_and_deleted_over_http(site: Site) -> None:
    one, two = site.an_agent("n1"), site.an_agent("n2")
    one.report()
    two.report()
    made = site.create(node="n1")
    assert made["owner"] == "ann@lab"
    order = one.next_order()
    assert (order["want"], order["name"], order["size_bytes"]) == ("mounted", "pg", 2**30)
    assert order["format"] == {"dataset": made["id"], "volume": order["volume"]}
    one.obey(order)
    shown = site.until("mounted")
    assert (shown["path"], shown["attached_node"]) == ("/leasehold/pg", "n1")

    moved = site.client.post(f"{API}/datasets/pg/move", json={"node": "n2"})
    assert (moved.status_code, moved.json()["state"]) == (202, "unmounting")
    order = one.next_order()
    assert order["want"] == "unmounted"
    one.obey(order)
    two.obey(two.next_order())
    assert site.until("mounted")["attached_node"] == "n2"

    snapshot = site.client.post(f"{API}/datasets/pg/snapshots", json={"name": "s1"})
    assert snapshot.status_code == 202
    assert [each["name"] for each in site.client.get(f"{API}/datasets/pg/snapshots").json()] == [
        "s1"
    ]
    refused = site.client.delete(f"{API}/datasets/pg")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused")
    gone = site.client.delete(f"{API}/datasets/pg", params={"with_snapshots": True})
    assert gone.json()["destroy_at"] is not None
    assert site.client.get(f"{API}/datasets").json() == []
    assert len(site.client.get(f"{API}/datasets", params={"deleted": True}).json()) == 1
    back = site.client.post(f"{API}/datasets/pg/undelete")
    assert back.json()["deleted_at"] is None


def test_an_agent_that_waits_for_orders_hears_them_when_they_come(site: Site) -> None:
    agent = site.an_agent("n1")
    first = agent.report()
    site.create(node="n1")
    found = agent.orders(after=first["number"], wait=60)
    assert [each["name"] for each in found["datasets"]] == ["pg"]
    assert agent.orders(after=found["number"], wait=0.05) == found


def test_while_a_commit_takes_long_what_does_not_ask_of_datasets_is_answered(site: Site) -> None:
    agent = site.an_agent("n1")
    with ThreadPoolExecutor(2) as beside, site.datasets.control.lock:  # as during a commit
        orders = beside.submit(agent.orders)
        assert not wait([orders], timeout=0.2).done
        clouds = beside.submit(site.client.get, f"{API}/clouds")
        assert clouds.result(timeout=5).status_code == 200


def test_a_token_of_an_agent_is_good_for_its_own_calls_alone(tmp_path: Path) -> None:
    admin = new_token()
    for site in a_site(tmp_path, {"ann": fingerprint(admin)}):
        site.client.headers["authorization"] = f"Bearer {admin}"
        # the token of the configuration is a user's, who may not register nodes
        assert site.client.post(f"{API}/agents", json={"name": "n1"}).status_code == 403


def test_agents_calls_demand_an_agents_token_even_on_loopback(site: Site) -> None:
    agent = site.an_agent("n1")
    for headers in ({}, {"authorization": "Bearer lh_wrong"}):
        answer = site.client.get(f"{API}/agent/orders", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_token")
    old = dict(agent.headers)
    site.client.post(f"{API}/agents", json={"name": "n1"})
    assert site.client.get(f"{API}/agent/orders", headers=old).status_code == 401


def test_an_agent_that_speaks_for_the_server_of_another_is_refused(site: Site) -> None:
    one, two = site.an_agent("n1"), site.an_agent("n2")
    one.report()
    two.server = one.server
    body = {"server_id": one.server, "era": "e", "version": "1", "sent_at": 0.0}
    answer = site.client.post(f"{API}/agent/report", json=body, headers=two.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_agent")


def test_agents_are_listed_and_removed(site: Site) -> None:
    site.an_agent("n1").report()
    site.an_agent("n2")
    listed = site.client.get(f"{API}/agents").json()
    assert [(each["name"], each["online"]) for each in listed] == [("n1", True), ("n2", False)]
    site.create(node="n1")
    assert site.client.delete(f"{API}/agents/n1").status_code == 409
    assert site.client.delete(f"{API}/agents/n2").status_code == 200
    assert len(site.client.get(f"{API}/agents").json()) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/datasets", {"name": "a/b"}, 400, "bad_request"),
        ("POST", "/datasets", {"name": "x", "colour": "red"}, 400, "bad_request"),
        ("POST", "/datasets", {"name": "x", "node": "nope"}, 404, "unknown_dataset_node"),
        ("POST", "/datasets", {"name": "x", "profile": "golf"}, 404, "unknown_profile"),
        ("POST", "/datasets", {"name": "pg"}, 409, "exists"),
        ("GET", "/datasets/nope", None, 404, "unknown_dataset"),
        ("POST", "/datasets/pg/grow", {"size_gib": 0}, 400, "bad_request"),
        ("POST", "/datasets/pg/restore", {"snapshot": "x"}, 404, "unknown_snapshot"),
        ("POST", "/datasets/pg/restore", {"volume": "x"}, 409, "refused"),
        ("POST", "/datasets/pg/restore", {}, 400, "bad_request"),
        ("POST", "/datasets/pg/hold", {}, 409, "refused"),
        ("POST", "/datasets/pg/move", {"node": "nope"}, 404, "unknown_dataset_node"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(
    site: Site, method: str, path: str, body: dict | None, status: int, code: str
) -> None:
    site.create()
    answer = site.client.request(method, f"{API}{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def test_a_hold_of_somebody_else_is_told_with_its_owner(site: Site) -> None:
    site.an_agent("n1").report()
    site.create(node="n1")
    held = site.client.post(f"{API}/datasets/pg/hold", json={"purpose": "dump", "seconds": 60})
    assert held.json()["hold"]["owner"] == "ann@lab"
    answer = site.client.delete(f"{API}/datasets/pg")
    assert (answer.status_code, answer.json()["error"]["owner"]) == (409, "ann@lab")
    bob = {"leasehold-owner": "bob"}
    assert site.client.post(f"{API}/datasets/pg/release", headers=bob).status_code == 409
    assert site.client.post(f"{API}/datasets/pg/release").json()["hold"] is None


def test_a_hold_of_what_is_on_no_node_tells_what_to_do(site: Site) -> None:
    site.create()
    answer = site.client.post(f"{API}/datasets/pg/hold", json={"purpose": "dump"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "refused")
    assert "move it there first" in answer.json()["error"]["message"]


def test_profiles_are_shown_and_used(site: Site) -> None:
    (gold,) = site.client.get(f"{API}/dataset-profiles").json()
    assert (gold["name"], gold["volume_type"], gold["size_gib"]) == ("gold", "ssd", 3)
    made = site.create(profile="gold", size_gib=None)
    assert (made["size_gib"], made["volume_type"]) == (3, "ssd")


def test_a_service_without_datasets_says_how_to_have_them(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        answer = client.get(f"{API}/datasets")
    assert answer.status_code == 409
    assert "[datasets]" in answer.json()["error"]["message"]


def test_the_audit_log_tells_of_people_and_not_of_agents_reports(site: Site) -> None:
    site.an_agent("n1").report()
    site.create(node="n1")
    lines = site.client.get(f"{API}/audit-log").json()
    assert {each["action"] for each in lines} >= {"makeAgentToken", "createDataset"}
    assert all("AsAgent" not in each["action"] for each in lines)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ('[datasets]\ngrace = "soon"', "datasets.grace"),
        ('[datasets]\ngrade = "1d"', "datasets.grade"),
        ('[dataset_profiles.x]\nfilesystem = "ntfs"', "dataset_profiles.x.filesystem"),
        ('[dataset_profiles.x]\ncloud = "nope"', "dataset_profiles.x.cloud"),
        ("[dataset_profiles.x]\nsize_gib = 0", "dataset_profiles.x.size_gib"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, table: str, place: str) -> None:
    path = tmp_path / "leasehold.toml"
    path.write_text(f"[clouds.memory]\n{table}\n")
    with pytest.raises(ConfigError, match=place):
        load(path)
