"""What a guest wrote to its console: a pipe's other end, the last part of it kept."""

import asyncio
import os

_KEPT = 256 * 1024
"""Bytes. Nova's own limit for a console log is 100 KiB of its tail."""


class Console:
    """Collects from one pipe after another: each boot of a guest brings its own."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._source: int | None = None

    def open(self) -> int:
        """Make a new pipe and collect from it; returns its writing end, for the guest."""
        self.close()
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)
        self._source = read
        asyncio.get_running_loop().add_reader(read, self._collect)
        return write

    def write(self, line: str) -> None:
        """Add a line from outside the guest."""
        self._keep(line.encode() + b"\n")

    def text(self) -> str:
        """All that is kept."""
        return self._text.decode(errors="replace")

    def close(self) -> None:
        """Take what is there and stop collecting; the text stays."""
        while self._source is not None and self._collect():
            pass
        self._release()

    def _collect(self) -> bool:
        if self._source is None:
            return False
        try:
            data = os.read(self._source, 1 << 16)
        except BlockingIOError:
            return False
        if not data:
            self._release()
            return False
        self._keep(data)
        return True

    def _keep(self, data: bytes) -> None:
        self._text += data
        if len(self._text) > _KEPT:
            del self._text[: len(self._text) - _KEPT]

    def _release(self) -> None:
        if self._source is not None:
            asyncio.get_running_loop().remove_reader(self._source)
            os.close(self._source)
            self._source = None
