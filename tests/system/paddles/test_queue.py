"""Clients of paddles and everybody else are in one queue, under the same limits."""

from pathlib import Path

from leasehold.lab.config.limits import LimitsConfig
from leasehold.lab.model import LeaseState, Wish
from tests.system.paddles.serving import Client, a_lab, running, serving


def test_nobody_locks_more_than_an_owner_may_hold(tmp_path: Path):
    limits = LimitsConfig(nodes=2)
    with (
        running(a_lab(tmp_path, limits=limits)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        paddles.add(*"abcdef")
        paddles.ok(paddles.lock_many(2))
        assert "may hold 2" in paddles.refused(503, paddles.lock_many(1))
        assert "may hold 2" in paddles.refused(503, paddles.lock_many(3, locked_by="bob@lab"))
        assert len(paddles.ok(paddles.lock_many(1, locked_by="bob@lab"))) == 1


def test_who_locks_node_by_node_locks_no_more(tmp_path: Path):
    limits = LimitsConfig(nodes=1)
    with (
        running(a_lab(tmp_path, limits=limits)) as lab,
        serving(lab) as url,
        Client(url) as paddles,
    ):
        one, two = paddles.add("a", "b")
        (down,) = paddles.add("c", up=False)
        lock = {"locked": True, "locked_by": "ann@lab"}
        paddles.ok(paddles.lock(one, **lock))
        assert "may hold 1" in paddles.refused(503, paddles.lock(two, **lock))
        # Whoever looks after a machine that is down takes it from nobody.
        paddles.ok(paddles.lock(down, **lock))


def test_what_is_kept_for_who_waits_is_not_given_to_a_client_of_paddles(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        paddles.add("a", "b")
        held = lab.lock(Wish(machine_type=paddles.kind, owner="eve@lab", seconds=60))
        waits = lab.lock(Wish(machine_type=paddles.kind, owner="ann@lab", count=2))
        assert waits.state is LeaseState.WAITING
        assert "not enough now" in paddles.refused(503, paddles.lock_many(1))
        lab.release(held.id)
        assert lab.lease(waits.id).state is LeaseState.READY
        lab.release(waits.id)
        assert len(paddles.ok(paddles.lock_many(2))) == 2


def test_nor_is_it_given_by_its_name(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        _, two = paddles.add("a", "b")
        held = lab.lock(Wish(machine_type=paddles.kind, owner="eve@lab", seconds=60))
        waits = lab.lock(Wish(machine_type=paddles.kind, owner="ann@lab", count=2))
        wrong = paddles.lock(two, locked=True, locked_by="joe@lab")
        assert "kept for who waits longer" in paddles.refused(503, wrong)
        lab.release(held.id)
        assert lab.lease(waits.id).state is LeaseState.READY


def test_a_node_that_comes_locked_is_not_given_to_who_waits(tmp_path: Path):
    with running(a_lab(tmp_path)) as lab, serving(lab) as url, Client(url) as paddles:
        paddles.add("a", "b")
        (down,) = paddles.add("c", up=False)
        lab.lock(Wish(machine_type=paddles.kind, owner="eve@lab", seconds=60))
        waits = lab.lock(Wish(machine_type=paddles.kind, owner="ann@lab", count=2))
        paddles.ok(paddles.put(down, up=True, locked=True, locked_by="joe@lab"))
        (new,) = paddles.add("d", locked=True, locked_by="joe@lab")
        assert [paddles.node(name)["locked_by"] for name in (down, new)] == ["joe@lab"] * 2
        assert lab.lease(waits.id).state is LeaseState.WAITING
        paddles.ok(paddles.lock(new, locked=False, locked_by="joe@lab"))
        assert lab.lease(waits.id).state is LeaseState.READY


def test_a_node_is_locked_when_it_has_proved_that_it_is_ready(tmp_path: Path):
    fixed = {"kind": "fixed", "cloud": "", "nodes": 1}
    lab = a_lab(tmp_path, **fixed, ready="ssh", ready_patience="1s", attempts=1)
    with running(lab), serving(lab) as url, Client(url) as paddles:
        wrong = paddles.lock("vm001", locked=True, locked_by="ann@lab")
        assert "did not prove" in paddles.refused(503, wrong)
