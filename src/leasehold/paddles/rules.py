"""paddles' rules for locking one node: what may be done to it as it stands. Pure."""

from enum import Enum

import msgspec
from msgspec import UNSET

from leasehold.paddles.bodies import LockChange
from leasehold.paddles.web import Refused


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A node's lock as it is now."""

    locked: bool
    locked_by: str | None = None
    description: str | None = None
    last_by: str | None = None
    """Of a free node: who gave it back last."""
    last_description: str | None = None


class Deed(Enum):
    NOTHING = "nothing"
    """It is already as wanted, or only a look was asked for."""
    LOCK = "lock"
    UNLOCK = "unlock"


def judge(lock: LockChange, now: Standing) -> Deed:
    """What has to be done for a request. Raises `Refused`, in paddles' words.

    A request that is repeated because its answer was lost is done already: for a lock paddles
    itself says so, if owner and description are given and the same; for an unlock we do, if who asks
    is who gave the node back last. (paddles answers 403, and its clients report a failure.)
    """
    owner = lock.locked_by or None
    description = None if lock.description is UNSET else lock.description
    if lock.locked is None:
        return _look(lock, now)
    if lock.locked is now.locked:
        return _again(lock.locked, owner, description, now)
    verb = "lock" if lock.locked else "unlock"
    if owner is None:
        raise Refused(400, f"Cannot {verb} without specifying locked_by")
    if lock.locked:
        return Deed.LOCK
    if owner != now.locked_by:
        raise Refused(403, "Cannot unlock - locked_by values must match")
    if description and description != now.description:
        raise Refused(403, "Cannot unlock - description values must match")
    return Deed.UNLOCK


def _look(lock: LockChange, now: Standing) -> Deed:
    """Nobody's lock becomes somebody else's by a name alone."""
    if lock.locked_by is UNSET or (lock.locked_by or None) == now.locked_by:
        return Deed.NOTHING
    if now.locked:
        raise Refused(403, "Cannot change locked_by of a locked node: unlock it first")
    raise Refused(400, "locked_by is only set together with locked: true")


def _again(locked: bool, owner: str | None, description: str | None, now: Standing) -> Deed:
    if owner == now.locked_by and description is not None and description == now.description:
        return Deed.NOTHING
    mine = owner is not None and owner == now.last_by
    if not locked and mine and (not description or description == now.last_description):
        return Deed.NOTHING
    verb = "lock" if locked else "unlock"
    raise Refused(403, f"Cannot {verb} an already-{verb}ed node")
