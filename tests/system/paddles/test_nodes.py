"""Nodes over paddles' API: the routes, filters, answers and codes that its clients know."""

import pytest

from tests.system.paddles.serving import Client

KEYS = [
    "name",
    "description",
    "up",
    "machine_type",
    "is_vm",
    "vm_host",
    "os_type",
    "os_version",
    "arch",
    "locked",
    "locked_since",
    "locked_by",
    "mac_address",
    "ssh_pub_key",
]


def names(nodes: list[dict]) -> list[str]:
    return sorted(node["name"] for node in nodes)


def test_the_nodes_are_listed(paddles: Client):
    mine = paddles.add("a", "b")
    assert set(mine) <= set(names(paddles.get("/nodes/")))


def test_a_list_may_be_cut_to_a_count(paddles: Client):
    paddles.add("a", "b", "c", "d", "e")
    assert len(paddles.get("/nodes/", machine_type=paddles.kind, count=3)) == 3
    assert paddles.get("/nodes/", machine_type=paddles.kind, count=0) == []
    wrong = paddles.http.get("/nodes/", params={"count": "many"})
    assert paddles.refused(400, wrong) == "count must be an integer"


def test_a_list_may_be_of_several_machine_types(paddles: Client):
    kinds = [f"{paddles.kind}{letter}" for letter in "abc"]
    mine = [paddles.add(kind, machine_type=kind)[0] for kind in kinds]
    assert names(paddles.get("/nodes/", machine_type="|".join(kinds[:2]))) == mine[:2]
    assert paddles.get("/nodes/", machine_type=",".join(kinds[:2])) == []


def test_the_machine_types_are_listed_in_order(paddles: Client):
    paddles.add("z", machine_type=f"{paddles.kind}z")
    paddles.add("a", machine_type=f"{paddles.kind}a")
    paddles.add("none", machine_type=None)
    listed = paddles.get("/nodes/machine_types/")
    assert listed == sorted(listed)
    assert {f"{paddles.kind}a", f"{paddles.kind}z"} <= set(listed)
    assert "" not in listed


def test_a_list_may_be_of_one_holder_after_the_holder_changed(paddles: Client):
    one, two = paddles.add("a", "b", locked=True, locked_by="gal@lab")
    paddles.ok(paddles.put(one, locked=False, locked_by="gal@lab"))
    paddles.ok(paddles.put(one, locked=True, locked_by=f"guy@{paddles.kind}"))
    assert names(paddles.get("/nodes/", locked_by=f"guy@{paddles.kind}")) == [one]
    assert two in names(paddles.get("/nodes/", locked_by="gal@lab"))


def test_a_list_may_be_of_what_is_locked_or_up_or_has_a_system(paddles: Client):
    (free,) = paddles.add("free", os_type="ubuntu", os_version="22.04")
    (held,) = paddles.add("held", locked=True, locked_by="ann@lab", os_version=9)
    (down,) = paddles.add("down", up=False)

    def listed(**filters: object) -> list[str]:
        return names(paddles.get("/nodes/", machine_type=paddles.kind, **filters))

    assert listed(locked="1") == listed(locked="true") == [held]
    assert listed(locked="0", up="1") == [free]
    assert listed(up="False") == [down]
    assert listed(os_type="ubuntu", os_version="22.04") == [free]
    assert listed(os_version="9") == [held]
    assert listed(arch="x86_64", is_vm="1", description="x") == sorted([free, held, down])


def test_a_filter_that_means_nothing_is_refused_by_its_name(paddles: Client):
    wrong = paddles.http.get("/nodes/", params={"locked": "maybe"})
    assert paddles.refused(400, wrong) == "locked must be 1, 0, true or false; got: maybe"


def test_a_node_is_created_and_shown_as_paddles_shows_it(paddles: Client):
    (name,) = paddles.add("puppies", arch="x86_64", mac_address="00:11:22:33:44:55")
    node = paddles.node(name)
    assert list(node) == KEYS
    assert node == dict.fromkeys(KEYS) | {
        "name": name,
        "machine_type": paddles.kind,
        "up": True,
        "is_vm": False,
        "locked": False,
        "arch": "x86_64",
        "mac_address": "00:11:22:33:44:55",
    }


def test_a_node_without_a_name_is_refused(paddles: Client):
    for body in ({}, {"name": None}, {"name": ""}):
        message = paddles.refused(400, paddles.http.post("/nodes/", json=body))
        assert message == "could not find required key: 'name'"


def test_a_node_is_not_created_twice(paddles: Client):
    (name,) = paddles.add("a")
    again = paddles.http.post("/nodes/", json={"name": name})
    assert paddles.refused(400, again) == f"Node with name {name} already exists"


def test_a_node_that_is_not_there_is_said_to_be_not_found(paddles: Client):
    assert paddles.refused(404, paddles.http.get("/nodes/nobody/")) == "node not found"
    assert paddles.refused(404, paddles.http.delete("/nodes/nobody/")) == "node not found"
    message = "attempted to update a non-existent node"
    assert paddles.refused(404, paddles.put("nobody", locked=True)) == message
    assert paddles.refused(404, paddles.lock("nobody", locked=True)) == "node not found"
    assert paddles.refused(404, paddles.http.get("/nodes/nobody/jobs/")) == "node not found"
    assert paddles.refused(404, paddles.http.get("/nodes/nobody/job_stats/")) == "node not found"


def test_a_node_is_changed_and_what_is_not_said_stays(paddles: Client):
    (name,) = paddles.add("kittens", arch="x86_64")
    changes = {"up": False, "os_type": "ubuntu", "os_version": "22.04", "is_vm": True}
    changes |= {"ssh_pub_key": "ssh-rsa AAAA", "description": "rack 3"}
    assert paddles.ok(paddles.put(name, name="other", unknown=1, **changes)) == {}
    assert paddles.node(name) == paddles.node(name) | changes | {"name": name, "arch": "x86_64"}
    paddles.ok(paddles.put(name, os_type=None, description=""))
    assert (paddles.node(name)["os_type"], paddles.node(name)["description"]) == (None, "")


def test_a_node_moves_to_another_machine_type(paddles: Client):
    (name,) = paddles.add("a")
    paddles.ok(paddles.put(name, machine_type=f"{paddles.kind}new"))
    assert names(paddles.get("/nodes/", machine_type=f"{paddles.kind}new")) == [name]
    assert len(paddles.ok(paddles.lock_many(1, machine_type=f"{paddles.kind}new"))) == 1


def test_a_node_moves_to_another_machine_type_with_its_lock(paddles: Client):
    (name,) = paddles.add("a")
    kind = f"{paddles.kind}other"
    paddles.ok(paddles.put(name, machine_type=kind, locked=True, locked_by="ann@lab"))
    shown = paddles.node(name)
    assert (shown["machine_type"], shown["locked_by"]) == (kind, "ann@lab")


def test_a_guest_shows_its_whole_host(paddles: Client):
    (host,) = paddles.add("host", arch="aarch64")
    (guest,) = paddles.add("guest", is_vm=True, vm_host=host)
    assert paddles.node(guest)["vm_host"] == paddles.node(host)
    assert "no node" in paddles.refused(400, paddles.put(guest, vm_host="nobody"))
    assert "its own" in paddles.refused(400, paddles.put(host, vm_host=guest))
    paddles.ok(paddles.http.delete(f"/nodes/{host}/"))
    assert paddles.node(guest)["vm_host"] is None
    for locked in (True, False):
        paddles.ok(paddles.lock(guest, locked=locked, locked_by="ann@lab"))
    paddles.ok(paddles.put(guest, description="rack 3"))


@pytest.mark.parametrize("locked", [False, True])
def test_a_node_is_deleted_even_while_it_is_locked(paddles: Client, locked: bool):
    (name,) = paddles.add("a", locked=locked, locked_by="ann@lab" if locked else None)
    assert paddles.ok(paddles.http.delete(f"/nodes/{name}/")) == {}
    assert paddles.refused(404, paddles.http.get(f"/nodes/{name}/")) == "node not found"
    paddles.add("a")
    assert paddles.node(name)["locked"] is False


@pytest.mark.parametrize("name", ["..", "a b", "a?b", "lock_many", "machine_types", "x" * 256])
def test_what_no_path_can_address_is_no_name(paddles: Client, name: str):
    node = {"name": name, "machine_type": paddles.kind}
    assert "host names" in paddles.refused(400, paddles.http.post("/nodes/", json=node))
    assert paddles.get("/nodes/", machine_type=paddles.kind) == []


def test_a_path_without_its_last_slash_leads_to_the_one_with_it(paddles: Client):
    (name,) = paddles.add("a")
    for path in ("/nodes", f"/nodes/{name}"):
        response = paddles.http.get(path, params={"count": "1"})
        assert response.status_code == 302
        assert response.headers["location"] == f"{path}/?count=1"
    assert paddles.ok(paddles.http.get(f"/nodes/{name}", follow_redirects=True))["name"] == name
    assert paddles.ok(paddles.http.put(f"/nodes/{name}", json={"up": False})) == {}
    assert paddles.kind in paddles.get("/nodes/machine_types")


def test_a_browser_may_read_from_any_page_and_change_nothing(paddles: Client):
    (name,) = paddles.add("a")
    page = {"origin": "http://elsewhere.example"}
    read = paddles.http.get(f"/nodes/{name}/", headers=page)
    assert read.headers["access-control-allow-origin"] == "*"
    asked = paddles.http.options("/nodes/", headers=page)
    assert asked.headers["access-control-allow-methods"] == "GET, OPTIONS"
    wrong = paddles.http.delete(f"/nodes/{name}/", headers=page)
    assert "elsewhere.example" in paddles.refused(403, wrong)


def test_a_method_that_a_path_does_not_have_is_refused_in_json(paddles: Client):
    (name,) = paddles.add("a")
    paddles.refused(405, paddles.http.put("/nodes/"))
    paddles.refused(405, paddles.http.patch(f"/nodes/{name}/"))
    paddles.refused(404, paddles.http.get("/elsewhere/"))
    paddles.refused(404, paddles.http.get(f"/nodes/{name}/elsewhere/"))


def test_of_jobs_there_are_none_and_who_asks_for_one_is_told_where_they_are(paddles: Client):
    (name,) = paddles.add("a")
    assert paddles.get("/nodes/job_stats/", machine_type=paddles.kind, since_days=3) == {}
    wrong = paddles.http.get("/nodes/job_stats/", params={"since_days": 0})
    assert paddles.refused(400, wrong) == "since_days must be a positive integer"
    assert paddles.get(f"/nodes/{name}/jobs/", status="pass", count=3) == []
    states = ("pass", "fail", "queued", "running", "dead", "unknown", "waiting")
    assert paddles.get(f"/nodes/{name}/job_stats/") == dict.fromkeys(states, 0)
    # 404 would say that the job is over, and its nodes would be unlocked under it.
    assert "results_server" in paddles.refused(501, paddles.http.get("/runs/some-run/jobs/7/"))
