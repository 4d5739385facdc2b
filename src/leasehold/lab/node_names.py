"""Names of nodes to register: single ones, and patterns such as ``ovh001..ovh100``. Pure."""

import re
from collections import Counter
from collections.abc import Iterable

from leasehold.lab.errors import BadWish
from leasehold.lab.model import NodeName

MOST = 10_000
"""Nodes that one pattern may name."""

LONGEST = 253
"""Characters of a name: as DNS has it."""

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_ALLOWED = "a host name, or a pattern of them such as ovh001..ovh100"

_OF_PADDLES = {"lock_many", "unlock_many", "machine_types", "job_stats"}
RESERVED = frozenset({"change", "remove", "unlock"} | _OF_PADDLES)
"""What may follow ``/nodes/`` in a path and is no node: one that is called so would not be found."""


def check_name(name: str) -> None:
    """Raise `BadWish` for what no new node can be called."""
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise BadWish("names", name, f"host names, of {LONGEST} characters at most")
    if name in RESERVED:
        raise BadWish("names", name, f"all host names but {', '.join(sorted(RESERVED))}")


def expand(patterns: Iterable[str]) -> tuple[NodeName, ...]:
    """All names that are meant, in order. Raises `BadWish` for what is no name, or there twice."""
    names = [name for pattern in patterns for name in _expand(pattern)]
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise BadWish("names", twice[0], "each name once")
    return tuple(names)


def _expand(pattern: str) -> list[NodeName]:
    first, dots, last = pattern.partition("..")
    for name in (first, last) if dots else (first,):
        if len(name) > LONGEST or not _NAME.fullmatch(name):
            raise BadWish("names", pattern, _NAME_ALLOWED)
    return _between(pattern, first, last) if dots else [NodeName(first)]


def _between(pattern: str, first: str, last: str) -> list[NodeName]:
    """The names from `first` to `last`, which may differ in one number only."""
    ones, others = re.split(r"(\d+)", first), re.split(r"(\d+)", last)
    differing = [n for n, pair in enumerate(zip(ones, others, strict=False)) if len(set(pair)) > 1]
    if len(ones) != len(others) or len(differing) > 1 or any(n % 2 == 0 for n in differing):
        raise BadWish("names", pattern, "two names that differ in one number, as ovh001..ovh100")
    if not differing:
        return [NodeName(first)]
    at = differing[0]
    low, high, width = int(ones[at]), int(others[at]), len(ones[at])
    if f"{high:0{width}}" != others[at]:
        allowed = f"as many digits on both sides: {high:0{width}} instead of {others[at]}"
        raise BadWish("names", pattern, allowed)
    if not 0 < high - low < MOST:
        raise BadWish("names", pattern, f"the lower number first, and {MOST} names at most")
    before, after = "".join(ones[:at]), "".join(ones[at + 1 :])
    return [NodeName(f"{before}{number:0{width}}{after}") for number in range(low, high + 1)]
