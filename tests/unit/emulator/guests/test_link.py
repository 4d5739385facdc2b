import asyncio
import os
from pathlib import Path

from leasehold.emulator.guests.link import Link, pair


class End:
    """One side of a link, with what came to it."""

    def __init__(self, link: object) -> None:
        self.packets: list[bytes] = []
        self.descriptors: list[int] = []
        self.lost = asyncio.Event()
        self.link = Link(link, self._receive, self.lost.set)  # type: ignore[arg-type]  # a socket

    def _receive(self, packet: bytes, descriptors: list[int]) -> None:
        self.packets.append(packet)
        self.descriptors += descriptors


def test_packets_arrive_whole_and_in_order_however_slowly_they_are_read() -> None:
    sent = [bytes([number]) * 50_000 for number in range(200)]

    async def run() -> list[bytes]:
        one, other = map(End, pair())
        for packet in sent:
            one.link.send(packet)
        while len(other.packets) < len(sent):
            await asyncio.sleep(0)
        one.link.close()
        await other.lost.wait()
        return other.packets

    assert asyncio.run(run()) == sent


def test_descriptors_travel_and_are_closed_where_they_were() -> None:
    async def run() -> bytes:
        one, other = map(End, pair())
        read, write = os.pipe()
        one.link.send(b"take this", (write,))
        while not other.packets:
            await asyncio.sleep(0)
        os.write(other.descriptors[0], b"through")
        os.close(other.descriptors[0])
        with os.fdopen(read, "rb") as file:
            data = file.read()  # ends, so nobody else holds the other end
        one.link.close()
        other.link.close()
        return data

    assert asyncio.run(run()) == b"through"


def test_a_link_that_is_closed_or_lost_drops_what_is_sent_and_keeps_no_descriptor() -> None:
    async def run() -> None:
        one, other = map(End, pair())
        other.link.close()
        read, write = os.pipe()
        one.link.send(b"nobody reads", (write,))
        await one.lost.wait()
        one.link.send(b"nobody sends", (read,))
        one.link.close()

    before = len(list(Path("/proc/self/fd").iterdir()))
    asyncio.run(run())
    assert len(list(Path("/proc/self/fd").iterdir())) == before
