"""Reads the history: what happened to nodes, leases and objects."""

import msgspec
from sqlalchemy import Connection, select

from leasehold.engine.decide import moment
from leasehold.engine.reason import Reason
from leasehold.lab.model import Event, LeaseId, NodeName
from leasehold.store.tables import events

_reasons = msgspec.json.Decoder(Reason)


def read(
    connection: Connection,
    *,
    after: int = 0,
    lease: LeaseId | None = None,
    node: NodeName | None = None,
    limit: int = 500,
    newest: bool = False,
) -> list[Event]:
    """Lines in order: those that follow event `after`, or the `newest` ones."""
    query = select(events).where(events.c.id > after)
    if lease is not None:
        query = query.where(events.c.lease == lease)
    if node is not None:
        query = query.where(events.c.subject == node)
    query = query.order_by(events.c.id.desc() if newest else events.c.id).limit(limit)
    found = [
        Event(
            id=row.id,
            at=moment(row.at),
            node=row.subject,
            lease=row.lease,
            object=row.object,
            state=row.state,
            reason=_reasons.decode(row.reason) if row.reason else None,
        )
        for row in connection.execute(query)
    ]
    return found[::-1] if newest else found
