"""How far a worker's machine has come: one answer, wherever it comes from. Pure."""

from collections.abc import Collection
from enum import StrEnum

import msgspec

from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State


class Stage(StrEnum):
    """The way of a machine."""

    WAITING = "waiting"
    """Asked for; the reason says what it waits for."""
    BUILDING = "building"
    """The cloud is at work on it."""
    UP = "up"
    """It runs; whether the worker on it does is for the worker to show."""
    FAILED = "failed"
    """It did not become, or is no more; the reason says why."""


LASTING = frozenset({Cause.QUOTA, Cause.NOT_FOUND, Cause.CREDENTIALS, Cause.REFUSED})
"""Failures that the next try would meet again."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a machine."""

    stage: Stage
    reason: Reason | None = None
    server_id: str | None = None
    addresses: tuple[str, ...] = ()

    @property
    def is_lasting(self) -> bool:
        """Whether it failed in a way that trying again cannot change."""
        return self.reason is not None and self.reason.cause in LASTING

    @property
    def is_held_back(self) -> bool:
        """Whether it waits for nothing but a limit of our own, which others of ours fill."""
        return self.reason is not None and self.reason.cause is Cause.LIMIT


def standing_of(rows: Collection[Row]) -> Standing:
    """The standing of a server with what belongs to it."""
    server = next(row for row in rows if row.kind is Kind.SERVER)
    failure = next((row.failure for row in rows if row.failure is not None), None)
    if server.state is State.AILING:  # another one serves as well
        failure = failure or server.reason
    reason = failure or _first_reason(rows)
    if failure is not None or any(row.state is State.GONE for row in rows):
        stage = Stage.FAILED
    elif all(row.state is State.UP for row in rows):
        stage, reason = Stage.UP, None
    elif server.state in (State.BUILDING, State.UP):
        stage = Stage.BUILDING
    else:
        stage = Stage.WAITING
    addresses = tuple(dict.fromkeys(each for row in rows for each in row.addresses))
    return Standing(stage=stage, reason=reason, server_id=server.cloud_id, addresses=addresses)


def _first_reason(rows: Collection[Row]) -> Reason | None:
    """The first that is not about another row of the same machine."""
    told = [row.reason for row in rows if row.reason is not None]
    own = [reason for reason in told if reason.cause is not Cause.NEEDS]
    return next(iter(own or told), None)
