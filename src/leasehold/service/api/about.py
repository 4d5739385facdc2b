"""About the service itself: whether it works, and what it is."""

from typing import Literal

import msgspec
from litestar import get

from leasehold import __version__


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The service answers; that is all that this proves."""

    status: Literal["ok"] = "ok"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    name: Literal["leasehold"] = "leasehold"
    version: str = __version__
    api: Literal["v1"] = "v1"


@get(
    "/health",
    tags=["Service"],
    operation_id="tellHealth",
    needs=None,
    summary="Tell whether the service works",
    sync_to_thread=False,
)
def health() -> Health:
    """For load balancers; needs no token."""
    return Health()


@get(
    "/version",
    tags=["Service"],
    operation_id="tellVersion",
    needs=None,
    summary="Tell the version",
    sync_to_thread=False,
)
def version() -> Version:
    """Needs no token."""
    return Version()
