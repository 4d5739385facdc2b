"""Pumps between a program's descriptors and an SSH channel, with pressure passed on both ways."""

import asyncio
import os
from collections.abc import Callable

_CHUNK = 1 << 16
_HIGH_WATER = 1 << 20


class Drain:
    """Reads a descriptor as fast as the channel takes it; owns and closes it."""

    def __init__(
        self, descriptor: int, take: Callable[[bytes], None], ended: Callable[[], None]
    ) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._take = take
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._read)
        self._last = False
        self.closed = False

    def pause(self) -> None:
        """Let the program wait, by not reading."""
        if not self.closed:
            self._loop.remove_reader(self._descriptor)

    def resume(self) -> None:
        """Go on after `pause`."""
        if not self.closed:
            self._loop.add_reader(self._descriptor, self._read)

    def end_when_empty(self) -> None:
        """Take what is there as the last: others may hold a terminal open for ever."""
        self._last = True
        self.resume()
        self._loop.call_soon(self._read)

    def close(self) -> None:
        """Stop; what has not been read is lost."""
        if not self.closed:
            self.closed = True
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)

    def _read(self) -> None:
        if self.closed:
            return
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            if not self._last:
                return
            data = b""
        except OSError:  # EIO: the last program left the terminal
            data = b""
        if data:
            self._take(data)
            if self._last:
                self._loop.call_soon(self._read)
        else:
            self.close()
            self._ended()


class Feed:
    """Writes to a descriptor what it takes, and keeps the rest; owns and closes it."""

    def __init__(
        self, descriptor: int, full: Callable[[], None], empty: Callable[[], None]
    ) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._full, self._empty = full, empty
        self._loop = asyncio.get_running_loop()
        self._kept = bytearray()
        self._held_up = False
        self._ending = False
        self.closed = False

    def write(self, data: bytes) -> None:
        """Write now or later; ``full`` is called when too much waits."""
        if self.closed or self._ending:
            return
        idle = not self._kept
        self._kept += data
        if idle:
            self._write()
            if self._kept and not self.closed:
                self._loop.add_writer(self._descriptor, self._write)
        if len(self._kept) > _HIGH_WATER and not self._held_up:
            self._held_up = True
            self._full()

    def end(self) -> None:
        """Close after what waits is written."""
        self._ending = True
        if not self._kept:
            self.close()

    def close(self) -> None:
        """Close now."""
        if not self.closed:
            self.closed = True
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._kept.clear()

    def _write(self) -> None:
        try:
            del self._kept[: os.write(self._descriptor, self._kept)]
        except BlockingIOError:
            return
        except OSError:  # the program no longer reads; the channel must go on
            self.close()
        if self._held_up and len(self._kept) <= _HIGH_WATER // 2:
            self._held_up = False
            self._empty()
        if not self._kept and not self.closed:
            self._loop.remove_writer(self._descriptor)
            if self._ending:
                self.close()
