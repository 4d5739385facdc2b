"""What a request for a dataset may say. Pure."""

import re
import uuid

from leasehold.datasets.errors import BadDatasetWish
from leasehold.datasets.model import DatasetWish

FILESYSTEMS = ("ext4", "xfs")
LARGEST = 64 * 1024
"""GiB that may be asked for: 64 TiB, more than any Cinder backend makes."""

LONGEST_NAME = 100
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{LONGEST_NAME - 1}}}")
"""Of datasets and snapshots."""

ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""How ids are written. A name like that would be taken for one."""


def check(wish: DatasetWish) -> None:
    """Raise `BadDatasetWish` for a field that is not what it may be, whatever there is."""
    check_name("name", wish.name)
    sources = [name for name in ("snapshot", "dataset", "volume") if getattr(wish, name)]
    if len(sources) > 1:
        raise BadDatasetWish(sources[1], getattr(wish, sources[1]), f"nothing beside {sources[0]}")
    if wish.size_gib is not None and not 1 <= wish.size_gib <= LARGEST:
        raise BadDatasetWish("size_gib", wish.size_gib, f"1 to {LARGEST} GiB")
    if wish.filesystem is not None and wish.filesystem not in FILESYSTEMS:
        raise BadDatasetWish("filesystem", wish.filesystem, " or ".join(FILESYSTEMS))
    if wish.id is not None:
        try:
            canonical = str(uuid.UUID(wish.id))
        except ValueError:
            canonical = ""
        if canonical != wish.id:
            raise BadDatasetWish("id", wish.id, "a UUID in lower case")
    if ID.fullmatch(wish.name) and wish.name.lower() != wish.id:
        raise BadDatasetWish("name", wish.name, "no UUID, unless it is the id as well")
    check_metadata(wish.metadata)


def check_name(field: str, name: str) -> None:
    """Raise `BadDatasetWish` for what cannot be the name of a dataset or snapshot."""
    if not NAME.fullmatch(name):
        allowed = (
            f"up to {LONGEST_NAME} letters, digits, dots, hyphens, underscores, the first a letter or"
            " digit"
        )
        raise BadDatasetWish(field, name, allowed)


def check_metadata(metadata: dict[str, str]) -> None:
    """The limits are Flocker's."""
    if len(metadata) > 16:
        raise BadDatasetWish("metadata", f"{len(metadata)} keys", "at most 16")
    for key, value in metadata.items():
        if not 1 <= len(key) <= 256 or len(value) > 256:
            raise BadDatasetWish("metadata", key, "keys of 1 to 256 characters, values up to 256")
