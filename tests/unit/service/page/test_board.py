"""Snapshots are shared, and a page is told only of what it can then see."""

import asyncio
from pathlib import Path

from leasehold.lab.model import Wish
from leasehold.service.feed import Feed, opened
from leasehold.service.page.board import Board
from leasehold.service.streams import HEARTBEAT
from tests.unit.service.labs import memory_lab


def test_who_looks_at_the_same_moment_shares_one_reading(tmp_path: Path) -> None:
    async def look() -> None:
        async with opened(Feed(lab)) as feed:
            board = Board(lab, feed)
            first, second = await asyncio.gather(board.snapshot(), board.snapshot())
            assert first is second
            board.forget()
            assert await board.snapshot() is not first

    lab = memory_lab(tmp_path)
    lab.start()
    try:
        asyncio.run(look())
    finally:
        lab.stop()


def test_a_page_hears_of_a_change_once_it_can_see_it(tmp_path: Path) -> None:
    async def look() -> None:
        async with opened(Feed(lab)) as feed:
            board = Board(lab, feed)
            shown = (await board.snapshot()).at
            news = board.watch(shown)
            assert await anext(news) == HEARTBEAT
            lease = await asyncio.to_thread(lab.lock, Wish(machine_type="demo", owner="ann"))
            heard = await asyncio.wait_for(anext(news), 60)
            assert b"event: moved\n" in heard
            assert lease.id in (await board.snapshot()).leases
            late = board.watch(shown)
            assert await anext(late) == HEARTBEAT
            assert b"event: moved\n" in await asyncio.wait_for(anext(late), 60)

    lab = memory_lab(tmp_path)
    lab.start()
    try:
        asyncio.run(look())
    finally:
        lab.stop()
