"""Locks over paddles' API: its rules and words, all or nothing, and repeats that do no harm."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.system.paddles.serving import Client, a_lab, running, serving

FULL = "%Y-%m-%d %H:%M:%S.%f"


def test_some_of_a_machine_type_are_locked_and_shown_whole(paddles: Client):
    paddles.add("cat", "dog", "dragon", ssh_pub_key="ssh-rsa AAAA")
    got = paddles.ok(paddles.lock_many(2, description="/run/7"))
    assert len(got) == 2
    for node in got:
        assert node == paddles.node(node["name"])
        assert (node["locked"], node["locked_by"]) == (True, "ann@lab")
        assert (node["description"], node["ssh_pub_key"]) == ("/run/7", "ssh-rsa AAAA")


def test_a_count_with_a_point_is_a_count(paddles: Client):
    paddles.add("cat", "dog")
    assert len(paddles.ok(paddles.lock_many(2.0))) == 2


def test_nodes_of_several_machine_types_are_locked_together(paddles: Client):
    kinds = [f"{paddles.kind}{each}" for each in ("cat", "dog")]
    for kind in kinds:
        paddles.add(*(f"{kind}{number}" for number in range(3)), machine_type=kind)
    got = paddles.ok(paddles.lock_many(5, machine_type="|".join(kinds)))
    assert {node["machine_type"] for node in got} == set(kinds)
    assert len({node["name"] for node in got}) == 5


@pytest.mark.parametrize("key", ["os_type", "os_version", "arch"])
def test_only_nodes_with_an_attribute_are_locked_when_it_is_asked_for(paddles: Client, key: str):
    paddles.add("a", "b", "c")
    (right,) = paddles.add("right", **{key: "wanted"})
    got = paddles.ok(paddles.lock_many(1, **{key: "wanted"}))
    assert [node["name"] for node in got] == [right]
    message = paddles.refused(503, paddles.lock_many(1, **{key: "wanted"}))
    assert message.startswith("only 0 nodes available")


def test_more_than_there_are_is_refused_and_nothing_is_locked(paddles: Client):
    paddles.add("cat", "dog", "dragon")
    message = paddles.refused(503, paddles.lock_many(4))
    assert message.startswith("only 3 nodes available")
    assert paddles.get("/nodes/", machine_type=paddles.kind, locked="1") == []
    assert len(paddles.ok(paddles.lock_many(3))) == 3


def test_what_is_taken_cannot_be_had(paddles: Client):
    paddles.add("cat", "dog", locked=True, locked_by="you@lab")
    assert paddles.refused(503, paddles.lock_many(1)).startswith("only 0 nodes available")


def test_a_machine_type_that_nobody_knows_has_no_nodes(paddles: Client):
    message = paddles.refused(503, paddles.lock_many(1, machine_type="unheard-of"))
    assert message.startswith("only 0 nodes available")


def test_a_node_that_is_down_is_not_given_out_but_can_be_locked_by_name(paddles: Client):
    (name,) = paddles.add("a", up=False)
    assert paddles.refused(503, paddles.lock_many(1)).startswith("only 0 nodes available")
    assert paddles.ok(paddles.lock(name, locked=True, locked_by="ann@lab"))["locked"] is True


def test_what_one_holds_already_is_not_given_again(paddles: Client):
    paddles.add("cat", "dog", locked=True, locked_by="ann@lab", description="/run/7")
    message = paddles.refused(503, paddles.lock_many(2, description="/run/7"))
    assert message.startswith("only 0 nodes available")


def test_who_may_lock_is_only_who_asks_by_post(paddles: Client):
    message = "this URI only supports POST requests"
    for path in ("/nodes/lock_many/", "/nodes/unlock_many/"):
        assert paddles.refused(400, paddles.http.get(path)) == message


def test_many_are_unlocked_at_once(paddles: Client):
    mine = paddles.add(*"abcdefg", locked=True, locked_by="ann@lab", description="/run/7")
    got = paddles.ok(paddles.unlock_many(mine))
    assert sorted(node["name"] for node in got) == mine
    for node in got:
        assert node == {
            "name": node["name"],
            "locked": False,
            "locked_by": None,
            "machine_type": paddles.kind,
            "is_vm": False,
        }
    assert paddles.ok(paddles.unlock_many([])) == []


def test_many_are_unlocked_all_or_none(paddles: Client):
    mine = paddles.add("a", "b", locked=True, locked_by="ann@lab")
    theirs = paddles.add("c", locked=True, locked_by="bob@lab")
    message = paddles.refused(400, paddles.unlock_many([*mine, "nobody"]))
    assert message == "Could not find all nodes!"
    message = paddles.refused(403, paddles.unlock_many(mine + theirs))
    assert message == "Cannot unlock - locked_by values must match"
    assert all(paddles.node(name)["locked"] for name in mine)


def test_a_node_is_locked_with_or_without_the_last_slash(paddles: Client):
    one, two = paddles.add("a", "b")
    for path in (f"/nodes/{one}/lock", f"/nodes/{two}/lock/"):
        got = paddles.ok(paddles.http.put(path, json={"locked": True, "locked_by": "me"}))
        assert (got["locked"], got["locked_by"]) == (True, "me")


def test_a_lock_needs_an_owner(paddles: Client):
    (name,) = paddles.add("a")
    message = "Cannot lock without specifying locked_by"
    assert paddles.refused(400, paddles.lock(name, locked=True)) == message
    assert paddles.refused(400, paddles.lock(name, locked=True, locked_by="")) == message


def test_a_node_is_not_locked_twice(paddles: Client):
    (name,) = paddles.add("a", locked=True)
    again = paddles.lock(name, locked=True, locked_by="me")
    assert paddles.refused(403, again) == "Cannot lock an already-locked node"


def test_a_lock_without_an_owner_is_shown_as_nobodys(paddles: Client):
    (name,) = paddles.add("a", locked=True)
    assert (paddles.node(name)["locked"], paddles.node(name)["locked_by"]) == (True, None)
    wrong = paddles.lock(name, locked=False, locked_by="me")
    assert paddles.refused(403, wrong) == "Cannot unlock - locked_by values must match"


def test_a_free_node_is_not_unlocked(paddles: Client):
    (name,) = paddles.add("a")
    again = paddles.lock(name, locked=False, locked_by="me")
    assert paddles.refused(403, again) == "Cannot unlock an already-unlocked node"


def test_a_node_is_unlocked_by_its_owner_alone(paddles: Client):
    (name,) = paddles.add("a", locked=True, locked_by="me")
    wrong = paddles.lock(name, locked=False, locked_by="you")
    assert paddles.refused(403, wrong) == "Cannot unlock - locked_by values must match"
    got = paddles.ok(paddles.lock(name, locked=False, locked_by="me"))
    assert (got["locked"], got["locked_by"]) == (False, None)


def test_a_node_is_not_unlocked_under_another_description(paddles: Client):
    (name,) = paddles.add("a", locked=True, locked_by="me", description="/run/7")
    wrong = paddles.lock(name, locked=False, locked_by="me", description="/run/8")
    assert paddles.refused(403, wrong) == "Cannot unlock - description values must match"
    paddles.ok(paddles.lock(name, locked=False, locked_by="me", description="/run/7"))


def test_a_look_at_the_lock_changes_nothing(paddles: Client):
    (name,) = paddles.add("a")
    wrong = paddles.http.get(f"/nodes/{name}/lock", params={"locked": "true", "locked_by": "me"})
    text = "this URI only supports PUT and POST requests but GET was attempted"
    assert paddles.refused(400, wrong) == text
    assert paddles.ok(paddles.lock(name))["locked"] is False
    assert paddles.node(name)["locked"] is False


def test_the_time_of_a_lock_is_written_as_paddles_writes_it(paddles: Client):
    (name,) = paddles.add("a")
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(milliseconds=1)
    paddles.ok(paddles.lock(name, locked=True, locked_by="me"))
    since = paddles.node(name)["locked_since"]
    assert before <= datetime.strptime(since, FULL) <= datetime.now(UTC).replace(tzinfo=None)  # noqa: DTZ007 - paddles' times are naive
    assert len(since) == len("2026-01-01 00:00:00.000000")
    paddles.ok(paddles.lock(name, locked=False, locked_by="me"))
    assert paddles.node(name)["locked_since"] is None


def test_a_change_of_a_node_follows_the_rules_of_its_lock(paddles: Client):
    (name,) = paddles.add("a")
    paddles.ok(paddles.put(name, locked=True, locked_by="me", description="/run/7", up=False))
    assert paddles.node(name) == paddles.node(name) | {
        "locked": True,
        "locked_by": "me",
        "description": "/run/7",
        "up": False,
    }
    wrong = paddles.put(name, locked=True, locked_by="you", up=True)
    assert paddles.refused(403, wrong) == "Cannot lock an already-locked node"
    assert paddles.node(name)["up"] is False


def test_a_lock_is_not_stolen_by_a_name_alone(paddles: Client):
    (name,) = paddles.add("a", locked=True, locked_by="me")
    paddles.refused(403, paddles.put(name, locked_by="you"))
    assert paddles.node(name)["locked_by"] == "me"
    paddles.ok(paddles.put(name, locked_by="me", os_type="ubuntu"))


def test_what_is_said_of_one_held_node_is_not_said_of_its_neighbours(paddles: Client):
    paddles.add("a", "b")
    one, two = [node["name"] for node in paddles.ok(paddles.lock_many(2, description="/run/7"))]
    paddles.ok(paddles.put(one, description="broken fan"))
    assert paddles.node(one)["description"] == "broken fan"
    assert paddles.node(two)["description"] == "/run/7"
    paddles.ok(paddles.lock(one, locked=False, locked_by="ann@lab", description="broken fan"))


def test_a_lock_that_is_repeated_is_done_already(paddles: Client):
    (name,) = paddles.add("a")
    ask = {"locked": True, "locked_by": "me", "description": "/run/7"}
    first = paddles.ok(paddles.lock(name, **ask))
    since = paddles.node(name)["locked_since"]
    assert paddles.ok(paddles.lock(name, **ask)) == first
    assert paddles.node(name)["locked_since"] == since


def test_an_unlock_that_is_repeated_is_done_already(paddles: Client):
    (name,) = paddles.add("a")
    paddles.ok(paddles.lock(name, locked=True, locked_by="me", description="/run/7"))
    give = {"locked": False, "locked_by": "me", "description": "/run/7"}
    first = paddles.ok(paddles.lock(name, **give))
    assert paddles.ok(paddles.lock(name, **give)) == first
    assert paddles.ok(paddles.unlock_many([name], "me")) == [first]
    paddles.refused(403, paddles.lock(name, **give | {"locked_by": "you"}))
    paddles.refused(403, paddles.unlock_many([name], "you"))


def test_an_unlock_is_repeated_under_what_was_said_of_the_node_last(paddles: Client):
    (name,) = paddles.add("a", locked=True, locked_by="me", description="/run/7")
    paddles.ok(paddles.put(name, description="broken fan"))
    give = {"locked": False, "locked_by": "me", "description": "broken fan"}
    first = paddles.ok(paddles.lock(name, **give))
    assert paddles.ok(paddles.lock(name, **give)) == first


def test_an_unlock_is_repeated_after_a_restart_and_the_ledger_is_not_read_in_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    give = {"locked": False, "locked_by": "me"}
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        one, two = paddles.add("a", "b", locked=True, locked_by="me")
        paddles.ok(paddles.lock(one, **give))
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        read = lab.database.read

        def elsewhere():
            with pytest.raises(RuntimeError, match="no running event loop"):
                asyncio.get_running_loop()
            return read()

        monkeypatch.setattr(lab.database, "read", elsewhere)
        paddles.ok(paddles.lock(two, **give))
        for name in (one, two):
            assert paddles.ok(paddles.lock(name, **give))["locked"] is False
        assert paddles.ok(paddles.unlock_many([one, two], "me"))
        paddles.refused(403, paddles.lock(one, **give | {"locked_by": "you"}))
