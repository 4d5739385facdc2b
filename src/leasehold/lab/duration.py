"""Durations as people write them: ``90s``, ``30m``, ``2h``, ``1d``, ``1h30m``."""

import functools
import re

from leasehold.errors import LeaseholdError

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d{1,9}[dhms])+", re.ASCII)
_PART = re.compile(r"(\d+)([dhms])", re.ASCII)


class BadDuration(LeaseholdError):
    """A text that is no duration."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"{found!r} is no duration; write a number with a unit (s, m, h, d), "
            "for example 90s, 30m, 2h or 1h30m"
        )


@functools.lru_cache(maxsize=256)
def parse_duration(text: str) -> int:
    """The duration in seconds. Raises `BadDuration`."""
    stripped = text.strip().lower()
    if not _WHOLE.fullmatch(stripped):
        raise BadDuration(text)
    return sum(int(number) * UNITS[unit] for number, unit in _PART.findall(stripped))


def format_duration(seconds: float) -> str:
    """The duration in its two largest units: ``1h30m``, ``2d``, ``45s``."""
    rest = max(0, round(seconds))
    parts = []
    for unit, size in UNITS.items():
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts[:2]) or "0s"
