"""Reading what a paddles answers: its nodes and locks, to be taken over."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from leasehold.errors import LeaseholdError
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.takeover import LockThere, NodeThere
from leasehold.paddles.bodies import UNTYPED, new_name, node_body
from leasehold.paddles.cards import NOBODY
from leasehold.paddles.web import Refused


class NoPaddles(LeaseholdError):
    """An answer that is not that of a paddles."""


def read_nodes(answer: bytes, now: float) -> list[NodeThere]:
    """The nodes in a paddles' answer to ``GET /nodes/``.

    A locked node without a time was locked `now` (Unix seconds). Raises `NoPaddles`, which names the
    node and the key.
    """
    try:
        nodes = msgspec.json.decode(answer)
    except msgspec.DecodeError as error:
        raise NoPaddles(f"found no JSON ({error}); allowed: a paddles' list of nodes") from None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise NoPaddles("found JSON of another kind; allowed: a paddles' list of nodes")
    return [_read(node, now) for node in nodes]


def _read(node: Mapping[str, Any], now: float) -> NodeThere:
    try:
        name, body = new_name(node), node_body(node)
        since = _time(node.get("locked_since"), now)
    except Refused as no:
        raise NoPaddles(f"node {node.get('name')!r}: {no.message}") from None
    said = body.lock.description
    said = None if said is msgspec.UNSET else said
    locked = bool(body.lock.locked)
    row = body.change.applied_to(
        NodeRow(
            name=NodeName(name),
            machine_type=UNTYPED,
            up=False,
            description=None if locked else said,
        )
    )
    owner = body.lock.locked_by or NOBODY
    lock = LockThere(owner=owner, purpose=said or "", since=since) if locked else None
    return NodeThere(node=row, lock=lock)


def _time(text: object, now: float) -> float:
    """Naive UTC, with or without fractions of a second."""
    if text is None:
        return now
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Refused(
            400, f"locked_since: found {text!r}; allowed: 2026-01-31 12:00:00.5"
        ) from None
