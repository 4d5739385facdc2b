"""Server-sent events: how one is written, and how a stream of them is answered."""

from collections.abc import AsyncIterator

from litestar.response import Stream

HEARTBEAT = b":\n\n"
"""A comment: keeps proxies and readers sure that the stream lives."""


def sse(data: bytes, *, number: int | None = None, event: str | None = None) -> bytes:
    """Write one event; `data` is JSON, which never holds a bare line end.

    `number` is what the client sends back as Last-Event-ID when it connects again; `event` is the
    name by which a page listens for it.
    """
    head = b"" if number is None else b"id: %d\n" % number
    if event is not None:
        head += b"event: %s\n" % event.encode()
    return head + b"data: " + data + b"\n\n"


def stream(events: AsyncIterator[bytes]) -> Stream:
    """Answer with a stream that no proxy holds back."""
    return Stream(
        events,
        # As a header, for a route's own media type goes before the one of the response.
        headers={
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        },
    )
