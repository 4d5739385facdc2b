"""Rules of a machine type: what is chosen from a cloud, and not by its name."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from leasehold.lab.config.values import Positive

Patterns = str | tuple[str, ...]
"""One regex, or a list of which any may match."""

OS_TYPE, OS_VERSION = "{os_type}", "{os_version}"
"""What stands in an image rule for the system that a wish names."""


class ImageRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image chosen by rule: the newest active one whose whole name matches."""

    match: Patterns
    """Regex that the whole name must match, or a list of them: any of these. ``{os_type}`` and
    ``{os_version}`` in it stand for the system that a lock asks for, or else for
    `default_system`."""
    exclude: Patterns = ()
    """Regex that the whole name must not match, or a list: none of these."""

    @property
    def needs_system(self) -> bool:
        """Whether the rule says nothing before a system is named."""
        return any(word in each for each in every(self.match) for word in (OS_TYPE, OS_VERSION))


class FlavorRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flavor chosen by size: the smallest (RAM, disk, cores) that fits."""

    cores: Annotated[int, Meta(ge=0)] = 1
    ram_mib: Annotated[int, Meta(ge=0)] = 0
    disk_gib: Annotated[int, Meta(ge=0)] = 0
    allow: Patterns = ".*"
    """Regex that the whole name must match, or a list: any of these."""
    exclude: Patterns = ()
    """Regex that the whole name must not match, or a list: none of these."""


class NetworkRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Networks chosen by rule: all whose whole name matches, in the order of their names."""

    match: Patterns
    """Regex that the whole name must match, or a list: any of these."""
    exclude: Patterns = ()
    """Regex that the whole name must not match, or a list: none of these."""
    external: bool = False
    """Whether external networks are taken too; few clouds let a server be attached to one."""


class VolumeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Extra volumes for each node, made and deleted with its server."""

    size_gib: Positive
    type: str | None = None
    count: Positive = 1
    """How many of this kind."""


def every(patterns: Patterns) -> tuple[str, ...]:
    """The regexes, be it one or a list."""
    return (patterns,) if isinstance(patterns, str) else patterns


def chosen(name: str, allow: Patterns, exclude: Patterns) -> bool:
    """Whether a whole name matches one of `allow` and none of `exclude`; "" excludes nothing."""
    return any(re.fullmatch(each, name) for each in every(allow)) and not any(
        each and re.fullmatch(each, name) for each in every(exclude)
    )
