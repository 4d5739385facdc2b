"""Bodies too large for memory: sent and read piece by piece."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import requests
import urllib3

from leasehold.openstack.call import Call
from leasehold.openstack.edge import failure

PIECE = 1024 * 1024
"""Bytes that are held at a time."""

Source = BinaryIO | Iterable[bytes]
"""What can be sent: a file that is open for reading, or bytes piece by piece."""


class Sending:
    """A body on its way; what goes wrong with its source is kept apart from what the cloud does."""

    def __init__(self, source: Source, *, size: int | None = None) -> None:
        self._source = source
        self.size = size
        self.sent = 0
        self.failed: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._pieces():
                self.sent += len(piece)
                if self.size is not None and self.sent > self.size:
                    raise ValueError(f"the source holds more than the {self.size} bytes announced")
                yield piece
            if self.size is not None and self.sent < self.size:
                raise ValueError(f"the source ended after {self.sent} of {self.size} bytes")
        except Exception as error:
            self.failed = error
            raise

    def _pieces(self) -> Iterator[bytes]:
        if isinstance(self._source, Iterable) and not hasattr(self._source, "read"):
            yield from self._source
            return
        while piece := self._source.read(PIECE):
            yield piece


class MeasuredSending(Sending):
    """The same with a size, which is told to the cloud as Content-Length."""

    def __init__(self, source: Source, *, size: int) -> None:
        super().__init__(source, size=size)
        self._length = size

    def __len__(self) -> int:
        return self._length


def sending(source: Source, *, size: int | None = None) -> Sending:
    """Make a body of a source: with its size, if that is given or it is a file that tells it."""
    found = _left_in(source) if size is None else size
    return Sending(source) if found is None else MeasuredSending(source, size=found)


def _left_in(source: Source) -> int | None:
    """Count what a file still holds, from where it stands; None for what cannot be wound back."""
    try:
        start = source.tell()  # type: ignore[union-attr]  # an iterable has none, and says so
        end = source.seek(0, 2)  # type: ignore[union-attr]  # as above
        source.seek(start)  # type: ignore[union-attr]  # as above
    except (AttributeError, OSError):
        return None
    return end - start


class Stream:
    """An answer whose body is still on its way. Read it to its end, or close it."""

    def __init__(self, response: requests.Response, call: Call, url: str) -> None:
        self._response = response
        self._call = call
        self._url = url
        self.status = response.status_code
        self.headers = response.headers

    def __iter__(self) -> Iterator[bytes]:
        """Give the body as it was sent. Raises what a lost connection raises."""
        try:
            yield from self._response.raw.stream(PIECE, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise failure(
                error,
                outside=None,
                service=self._call.service,
                method=self._call.method,
                url=self._url,
            ) from error
        finally:
            self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._response.close()
