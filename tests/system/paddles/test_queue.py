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
