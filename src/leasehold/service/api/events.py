"""Events: the lab's history, as a page of JSON or as a stream that goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from leasehold.lab.model import Event, LeaseId, NodeName
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.feed import Feed
from leasehold.service.given import Asked, GivenFeed, GivenLab
from leasehold.service.streams import HEARTBEAT, sse, stream
from leasehold.store import LARGEST_ID


@get(
    "/events",
    tags=["Events"],
    operation_id="readEvents",
    needs=Right.LOOK,
    summary="Read or follow events",
    responses=errors(),
)
async def events(
    request: Asked,
    lab: GivenLab,
    feed: GivenFeed,
    after: Annotated[
        int | None,
        QueryParameter(ge=0, le=LARGEST_ID, description="Only those with a higher id than this."),
    ] = None,
    lease: Annotated[str | None, QueryParameter(description="Only of this lease.")] = None,
    node: Annotated[str | None, QueryParameter(description="Only of this node.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=5000, description="So many at most.")] = 500,
    last_event_id: Annotated[
        int | None,
        HeaderParameter(
            name="Last-Event-ID", ge=0, le=LARGEST_ID, description="Go on after this event."
        ),
    ] = None,
) -> list[Event] | Stream:
    """List events, oldest first. With `Accept: text/event-stream` they come as a stream instead,
    from now on unless `after` or `Last-Event-ID` says from where, and a comment every 15 seconds
    shows that the stream lives."""
    of_lease = LeaseId(lease) if lease else None
    of_node = NodeName(node) if node else None
    if "text/event-stream" not in request.headers.get("accept", ""):
        return await asyncio.to_thread(
            lab.events, after=after or 0, lease=of_lease, node=of_node, limit=limit
        )
    begin = next((number for number in (last_event_id, after) if number is not None), feed.last)
    return stream(_lines(feed, begin, of_lease, of_node))


async def _lines(
    feed: Feed, after: int, lease: LeaseId | None, node: NodeName | None
) -> AsyncIterator[bytes]:
    yield HEARTBEAT
    async for events in feed.follow(after=after, lease=lease, node=node):
        if not events:
            yield HEARTBEAT
        for event in events:
            yield sse(msgspec.json.encode(event), number=event.id)
