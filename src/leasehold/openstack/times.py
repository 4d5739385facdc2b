"""Times as services tell them."""

from datetime import UTC, datetime

import msgspec


def in_utc(thing: msgspec.Struct, *fields: str) -> None:
    """Mark a new Struct's times as the UTC that they are, where a service leaves the zone out."""
    for field in fields:
        value = getattr(thing, field)
        if isinstance(value, datetime) and value.tzinfo is None:
            msgspec.structs.force_setattr(thing, field, value.replace(tzinfo=UTC))
