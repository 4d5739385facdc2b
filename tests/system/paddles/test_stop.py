"""The service stops while clients of paddles wait: nobody is left with a lock unknowingly."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leasehold.lab.config import PaddlesConfig
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseState, Wish
from leasehold.paddles.bodies import LockMany
from leasehold.paddles.desk import Desk
from leasehold.paddles.pending import ANSWERED_WITHIN, Pending
from leasehold.paddles.web import Refused
from tests.system.cli.commands import Command
from tests.system.paddles.serving import PATIENCE, Client, a_lab, a_service, running

ASKED = LockMany(
    count=2,
    locked_by="ann@lab",
    machine_types=("vm",),
    description="/run/7",
    os_type=None,
    os_version=None,
    arch=None,
)

CONFIG = """
[service]
listen = "127.0.0.1:0"

[machine_types.metal]
kind = "fixed"
ready = "ssh"
nodes = 2

[paddles]
listen = "127.0.0.1:0"
"""
"""Nodes whose proof does not come: they answer nowhere."""


async def never() -> None:
    """The caller does not hang up."""
    await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def asking(desk: Desk) -> AsyncIterator["asyncio.Task[bytes]"]:
    """Somebody who waits for two servers."""
    begun = asyncio.Event()

    async def stays() -> None:
        begun.set()
        await never()

    asked = asyncio.create_task(desk.lock_many(ASKED, stays))
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
    yield asked


def test_who_waits_when_the_service_stops_is_told_and_holds_nothing(tmp_path: Path):
    async def stop(lab: Lab) -> None:
        desk = Desk(lab, PaddlesConfig())
        async with asking(desk) as asked:
            desk.close()
            with pytest.raises(Refused, match="the service stops; nothing was locked") as no:
                await asked
            assert no.value.status == 503

    with running(a_lab(tmp_path, boot=3600.0)) as lab:
        asyncio.run(stop(lab))
        assert lab.leases() == []


def test_a_wait_that_is_cut_off_leaves_nothing_locked(tmp_path: Path):
    async def cut_off(lab: Lab) -> None:
        async with asking(Desk(lab, PaddlesConfig())) as asked:
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

    with running(a_lab(tmp_path, boot=3600.0)) as lab:
        asyncio.run(cut_off(lab))
        assert lab.leases() == []


def test_a_lock_has_an_end_until_its_answer_is_due_so_that_none_outlives_a_crash(tmp_path: Path):
    async def lock(lab: Lab) -> None:
        async with asking(Desk(lab, PaddlesConfig())) as asked:
            (lease,) = lab.leases()
            assert (lease.state, lease.seconds) == (LeaseState.PREPARING, ANSWERED_WITHIN)
            await asked
        (lease,) = lab.leases()
        assert (lease.state, lease.seconds, lease.until) == (LeaseState.READY, None, None)

    with running(a_lab(tmp_path, boot=1.0)) as lab:
        asyncio.run(lock(lab))


def test_where_leases_are_short_locks_are_given_all_the_same(tmp_path: Path):
    async def lock(lab: Lab) -> None:
        wish = Wish(machine_type="vm", owner="ann@lab", wait=False)
        await Pending(lab, PATIENCE).lock(wish, never)

    with running(a_lab(tmp_path, duration="20s", max_duration="30s")) as lab:
        asyncio.run(lock(lab))
        assert [lease.seconds for lease in lab.leases()] == [None]


def test_a_service_that_is_told_to_stop_answers_who_waits(tmp_path: Path):
    with (
        a_service(Command(tmp_path, ""), CONFIG) as served,
        Client(served.url) as paddles,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = pool.submit(paddles.lock_many, 1, machine_type="metal")
        while not paddles.get("/nodes/", locked="1"):
            pass
        served.process.send_signal(signal.SIGTERM)
        assert "the service stops" in paddles.refused(503, asked.result(PATIENCE))
