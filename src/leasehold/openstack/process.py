"""A process of a service on a host, of compute or of storage: both say it in the same words."""

from datetime import datetime

import msgspec

from leasehold.openstack.times import in_utc


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process, and how it is."""

    binary: str
    host: str
    zone: str | None = None
    status: str = ""
    """Whether it may be used: enabled or disabled."""
    state: str = ""
    """Whether it lives: up or down."""
    updated_at: datetime | None = None
    disabled_reason: str | None = None

    def __post_init__(self) -> None:
        in_utc(self, "updated_at")
