import asyncio
import os

from leasehold.emulator.guests.streams import Drain, Feed

LARGE = bytes(range(256)) * 20_000


def test_a_feed_writes_all_as_fast_as_it_is_read_and_holds_up_who_is_faster() -> None:
    async def run() -> tuple[bytes, list[str]]:
        read, write = os.pipe()
        events: list[str] = []
        feed = Feed(write, lambda: events.append("full"), lambda: events.append("empty"))
        feed.write(LARGE)
        feed.write(b"end")
        feed.end()
        data = await asyncio.to_thread(_read_all, read)
        return data, events

    data, events = asyncio.run(run())
    assert data == LARGE + b"end"
    assert events == ["full", "empty"]


def test_a_feed_whose_reader_is_gone_lets_its_writer_go_on() -> None:
    async def run() -> list[str]:
        read, write = os.pipe()
        events: list[str] = []
        feed = Feed(write, lambda: events.append("full"), lambda: events.append("empty"))
        feed.write(LARGE)
        os.close(read)
        while not feed.closed:
            await asyncio.sleep(0)
        feed.write(b"more")
        feed.close()
        return events

    assert asyncio.run(run()) == ["full", "empty"]


def test_a_drain_reads_to_the_end_and_pauses_when_asked() -> None:
    async def run() -> tuple[bytes, int]:
        read, write = os.pipe()
        ended = asyncio.Event()
        data = bytearray()
        drain = Drain(read, data.extend, ended.set)
        os.write(write, b"one")
        drain.pause()
        await asyncio.sleep(0)
        paused_at = len(data)
        drain.resume()
        os.close(write)
        await ended.wait()
        return bytes(data), paused_at

    assert asyncio.run(run()) == (b"one", 0)


def test_a_drain_can_end_while_others_hold_the_pipe_open() -> None:
    async def run() -> bytes:
        read, write = os.pipe()
        ended = asyncio.Event()
        data = bytearray()
        drain = Drain(read, data.extend, ended.set)
        os.write(write, b"last words")
        drain.end_when_empty()
        await ended.wait()
        os.close(write)
        return bytes(data)

    assert asyncio.run(run()) == b"last words"


def _read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()
