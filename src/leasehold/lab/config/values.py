"""Values that several tables share: what is allowed in them."""

import re
from typing import Annotated

from msgspec import Meta

from leasehold.lab.duration import BadDuration, parse_duration

Positive = Annotated[int, Meta(ge=1)]
Duration = Annotated[str, Meta(description="a duration such as 90s, 30m, 2h or 1h30m")]

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?")
"""A label of a host name: what clouds, machine types and nodes are called."""


def is_duration(text: str) -> bool:
    """Whether it is a duration of a second or more."""
    try:
        return parse_duration(text) > 0
    except BadDuration:
        return False
