"""The one shape of every error that the API answers."""

import msgspec

from leasehold.engine.reason import Reason


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, for programs (`code`, fields) and for people (`message`)."""

    code: str
    """A word that stays the same: ``unknown_node``, ``too_many``, ``bad_request`` ..."""
    message: str
    field: str | None = None
    """Where in the request."""
    found: str | None = None
    allowed: str | None = None
    name: str | None = None
    """The name that nobody knows."""
    near: tuple[str, ...] = ()
    """Known names that look like it."""
    owner: str | None = None
    """Who holds what was asked for."""
    wanted: int | None = None
    exist: int | None = None
    """How many nodes were asked for, and how many there are at most."""
    reason: Reason | None = None
    blocks: tuple[Reason, ...] = ()
    """What is in the way of a lock that shall not wait."""
    id: str | None = None
    """Of an unexpected error: the same id stands in the service's log."""


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer with a status from 400 up."""

    error: Problem
