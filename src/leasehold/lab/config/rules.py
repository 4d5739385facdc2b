"""Rules of a machine type: what is chosen from a cloud, and not by its name."""

from typing import Annotated

import msgspec
from msgspec import Meta

from leasehold.lab.config.values import Positive


class ImageRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image chosen by rule: the newest active one whose whole name matches a regex."""

    match: str


class FlavorRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flavor chosen by size: the smallest (RAM, disk, cores) that fits."""

    cores: Annotated[int, Meta(ge=0)] = 1
    ram_mib: Annotated[int, Meta(ge=0)] = 0
    disk_gib: Annotated[int, Meta(ge=0)] = 0
    allow: str = ".*"
    """Regex that the whole name must match."""
    exclude: str = ""
    """Regex that the whole name must not match."""


class VolumeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An extra volume for each node, made and deleted with its server."""

    size_gib: Positive
    type: str | None = None
