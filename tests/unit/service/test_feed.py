import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from leasehold.lab.lab import Lab
from leasehold.lab.model import Event, LeaseId, NodeName, Wish
from leasehold.service import feed as feeds
from leasehold.service.feed import Feed, opened
from leasehold.store import StoreFailed

from .labs import memory_lab


def running_lab(directory: Path) -> Lab:
    lab = memory_lab(directory, boot=3600)
    lab.start()
    return lab


async def taken(feed: Feed, count: int, **wanted: object) -> list[Event]:
    """The next `count` events that a follower gets."""
    found: list[Event] = []
    async for events in feed.follow(**wanted):  # type: ignore[arg-type]  # passed on as they are
        found += events
        if len(found) >= count:
            return found
    return found


async def until_one_of(feed: Feed, lease: LeaseId, after: int) -> list[Event]:
    """All events after `after`, up to and with the first one of a lease."""
    found: list[Event] = []
    async for events in feed.follow(after=after):
        for event in events:
            found.append(event)
            if event.lease == lease:
                return found
    return found


def test_a_follower_gets_what_happens_from_now_on(tmp_path: Path) -> None:
    lab = running_lab(tmp_path)
    before = lab.lock(Wish(machine_type="demo", owner="before"))

    async def main() -> None:
        async with opened(Feed(lab)) as feed:
            begin = feed.last
            lease = await asyncio.to_thread(lab.lock, Wish(machine_type="demo", owner="ann"))
            heard = await until_one_of(feed, lease.id, begin)
            assert min(each.id for each in heard) == begin + 1
            assert "waiting" not in [each.state for each in heard if each.lease == before.id]

    asyncio.run(main())
    lab.stop()


def test_what_was_missed_is_made_up_for_in_order_and_none_twice(tmp_path: Path) -> None:
    lab = running_lab(tmp_path)
    lab.lock(Wish(machine_type="demo", owner="ann", count=2))
    first = lab.events()[0].id

    async def main() -> None:
        async with opened(Feed(lab)) as feed:
            lease = await asyncio.to_thread(lab.lock, Wish(machine_type="demo", owner="bob"))
            ids = [each.id for each in await until_one_of(feed, lease.id, first)]
            assert ids == list(range(first + 1, ids[-1] + 1))

    asyncio.run(main())
    lab.stop()


def test_a_follower_of_one_lease_hears_nothing_of_others(tmp_path: Path) -> None:
    lab = running_lab(tmp_path)

    async def main() -> None:
        async with opened(Feed(lab)) as feed:
            other = await asyncio.to_thread(lab.lock, Wish(machine_type="demo", owner="bob"))
            mine = await asyncio.to_thread(lab.lock, Wish(machine_type="demo", owner="ann"))
            heard = await taken(feed, 2, after=0, lease=mine.id)
            assert {each.lease for each in heard} == {mine.id}
            node = lab.lease(other.id).nodes[0].name
            heard = await taken(feed, 1, after=0, node=node)
            assert {each.node for each in heard} == {node}

    asyncio.run(main())
    lab.stop()


def test_silence_is_told_by_heartbeats(tmp_path: Path) -> None:
    lab = running_lab(tmp_path)

    async def main() -> None:
        async with opened(Feed(lab)) as feed:
            async for events in feed.follow(after=feed.last, heartbeat=0.01):
                assert events == []
                return

    asyncio.run(main())
    lab.stop()


def test_closing_the_feed_ends_its_followers(tmp_path: Path) -> None:
    lab = running_lab(tmp_path)

    async def main() -> None:
        feed = Feed(lab)
        await feed.open()
        follower = asyncio.create_task(taken(feed, 1, after=feed.last))
        await asyncio.sleep(0)
        await feed.close()
        assert await follower == []

    asyncio.run(main())
    lab.stop()


class _History:
    """As much of a lab as a feed needs: a list of events that grows."""

    def __init__(self) -> None:
        self.lines: list[Event] = []
        self.wake = lambda: None
        self.reads = 0

    def add(self, count: int) -> None:
        for _ in range(count):
            self.lines.append(an_event(len(self.lines) + 1))
        self.wake()

    def subscribe(self, wake):
        self.wake = wake
        return lambda: None

    def events(self, *, after=0, lease=None, node=None, limit=500, newest=False):
        self.reads += 1
        found = [e for e in self.lines if e.id > after and lease in (None, e.lease)]
        return found[-limit:] if newest else found[:limit]


def an_event(number: int) -> Event:
    return Event(
        id=number,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        node=NodeName(f"demo{number % 7}"),
        lease=LeaseId(f"lease-{number % 3}"),
        object=None,
        state="ready",
    )


def test_a_follower_far_behind_gets_every_event_though_few_are_kept(monkeypatch) -> None:
    monkeypatch.setattr(feeds, "_RECENT", 10)
    monkeypatch.setattr(feeds, "_PAGE", 7)
    history = _History()
    history.add(50)

    async def main() -> None:
        async with opened(Feed(history)) as feed:  # type: ignore[arg-type]  # a twin
            follower = asyncio.create_task(taken(feed, 300, after=0))
            for _ in range(25):
                history.add(10)
                await asyncio.sleep(0)
            found = [each.id for each in await follower]
            assert found == list(range(1, 301))

    asyncio.run(main())


def test_followers_that_keep_up_cost_no_reads_of_their_own() -> None:
    history = _History()

    async def main() -> None:
        async with opened(Feed(history)) as feed:  # type: ignore[arg-type]  # a twin
            followers = [asyncio.create_task(taken(feed, 20, after=0)) for _ in range(50)]
            history.add(20)
            await asyncio.gather(*followers)

    asyncio.run(main())
    assert history.reads < 5


@pytest.mark.parametrize("error", [OSError("disk is on fire"), StoreFailed("the ledger is gone")])
def test_a_read_that_fails_does_not_end_the_feed(error: Exception) -> None:
    history = _History()
    whole = history.events

    async def main() -> None:
        async with opened(Feed(history)) as feed:  # type: ignore[arg-type]  # a twin
            follower = asyncio.create_task(taken(feed, 2, after=0))

            def fails(**_: object) -> list[Event]:
                history.events = whole
                raise error

            history.events = fails
            history.add(1)
            while history.events is not whole:
                await asyncio.sleep(0)
            history.add(1)
            assert [each.id for each in await follower] == [1, 2]

    with structlog.testing.capture_logs() as lines:
        asyncio.run(main())
    (line,) = lines
    # A database that answers no more needs no trace: the code is not at fault.
    assert ("exc_info" in line) is isinstance(error, OSError)
