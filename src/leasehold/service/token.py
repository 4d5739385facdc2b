"""A token as people see it: everything but itself."""

from datetime import datetime
from typing import Literal

import msgspec

from leasehold.lab.rights import Role


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as people see it: everything but itself."""

    name: str
    owner: str
    """Whom nodes locked with it belong to."""
    role: Role
    kept: Literal["configuration", "ledger"]
    """Where it stands; one of the configuration is taken back there."""
    created_at: datetime | None = None
    created_by: str | None = None


class NewToken(Token, frozen=True, kw_only=True):
    """A token just made."""

    token: str
    """The token itself, which is not shown again."""
