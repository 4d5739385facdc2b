"""An entry of the audit log, as people see it."""

from datetime import datetime

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call: who did what, on what, and what came of it."""

    id: int
    at: datetime
    owner: str
    """Who."""
    role: str
    """The caller's; ``paddles`` for a client of paddles, whose owner is who it says it is."""
    token: str | None
    """The name of the token that proved it; None on a service without tokens."""
    address: str
    """From where: the address of the other end of the connection."""
    action: str
    """What: the operation's name in the API, such as ``lockNodes``, or one of paddles',
    ``paddles.lock_many``."""
    target: str
    """On what: a lease, nodes, a token, a cloud."""
    status: int
    """The HTTP status; below 400 it was done."""
    code: str | None
    """The code of the error that was answered; of paddles', which have none, ``refused`` or
    ``failed``."""
