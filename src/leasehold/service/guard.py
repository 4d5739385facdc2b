"""The one place where a route's declared right is demanded of its caller."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from leasehold.lab.rights import Right
from leasehold.service.caller import Caller

NEEDS = "needs"
"""The word by which a route says the right that it needs; None: it is for everybody."""


def guard(connection: ASGIConnection[Any, Caller, Any, Any], handler: BaseRouteHandler) -> None:
    """Raise `NotAllowed` for a caller without the right that the route needs."""
    right = needed(handler)
    if right is not None:
        connection.user.demand(right)


def needed(handler: BaseRouteHandler) -> Right | None:
    """The right that a route needs; one that forgot to say so is for administrators."""
    right: Right | None = handler.opt.get(NEEDS, Right.ADMINISTER)
    return right
