"""The options of ``docker volume create``, read into a wish for a dataset."""

import re
from collections.abc import Mapping

from leasehold.datasets.agent.errors import AgentError
from leasehold.datasets.model import GIB, DatasetWish
from leasehold.datasets.wish import FILESYSTEMS, LARGEST

_SIZE = re.compile(r"(\d+)\s*(?:([kmgt])i?)?b?", re.IGNORECASE)
_UNITS = {None: 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST = 1 << 20

OPTIONS = ("size", "profile", "type", "filesystem")


class BadOption(AgentError):
    """An option that cannot be used: which, what was found, what is allowed."""


def wish_of(name: str, options: Mapping[str, str]) -> DatasetWish:
    """Raises `BadOption`."""
    for option in options:
        if option not in OPTIONS:
            raise BadOption(f"option {option!r} is unknown; allowed: {', '.join(OPTIONS)}")
    filesystem = options.get("filesystem")
    if filesystem is not None and filesystem not in FILESYSTEMS:
        raise BadOption(f"filesystem={filesystem}: allowed: {', '.join(FILESYSTEMS)}")
    return DatasetWish(
        name=name,
        size_gib=size_gib(options["size"]) if "size" in options else None,
        profile=options.get("profile"),
        volume_type=options.get("type"),
        filesystem=filesystem,
    )


def size_gib(text: str) -> int:
    """Whole GiB, rounded up: ``10G``, ``512M``, ``1T``, ``20GiB``, or bytes; all units are powers of
    1024, as Docker and Cinder count. Raises `BadOption`."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadOption(f"size={text}: allowed: a number with K, M, G or T, such as 10G")
    unit = found[2].lower() if found[2] else None
    size = int(found[1]) << (10 * _UNITS[unit])
    if size < _LEAST:
        raise BadOption(f"size={text} is {size} bytes; write {text.strip()}G if you mean GiB")
    whole = -(-size // GIB)
    if whole > LARGEST:
        raise BadOption(f"size={text} is more than {LARGEST}G, the most that is allowed")
    return whole
