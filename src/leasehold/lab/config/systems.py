"""``[machine_types.NAME.systems."OS-VERSION"]``: what differs from one operating system to another."""

import re
from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import Meta

from leasehold.lab.config.rules import OS_TYPE, OS_VERSION, FlavorRule, ImageRule, every


class SystemConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A system that nodes of the machine type can have; what it leaves out is the machine type's."""

    image: str | ImageRule | None = None
    """Name, id or rule, as for the machine type."""
    flavor: str | FlavorRule | None = None
    """Name, id or rule, as for the machine type."""
    user_data: str | None = None
    """cloud-init user-data, merged with the machine type's."""
    user_data_file: str | None = None
    """The same from a file, relative to the configuration file."""
    min_ready: Annotated[int, Meta(ge=0)] = 0
    """Warm spares of this system; those of the machine type are of its default one."""
    ssh_user: str | None = None
    """The account to sign in to on this system."""


def split(system: str) -> tuple[str, str]:
    """``ubuntu-22.04`` as ("ubuntu", "22.04"); what has no hyphen is all type."""
    os_type, _, os_version = system.partition("-")
    return os_type, os_version


def find(os_type: str | None, os_version: str | None, systems: Collection[str]) -> str | None:
    """The system that a wish means, the newest if it names no version; None if there is none."""
    found = [
        each
        for each in systems
        if split(each)[0] == os_type and os_version in (None, "", split(each)[1])
    ]
    return max(found, key=_age, default=None)


def filled(rule: ImageRule, os_type: str, os_version: str) -> ImageRule:
    """The rule with the system's name written in, letter by letter; no version is any version."""
    names = {OS_TYPE: re.escape(os_type), OS_VERSION: re.escape(os_version) or ".*"}

    def fill(pattern: str) -> str:
        for word, name in names.items():
            pattern = pattern.replace(word, name)
        return pattern

    return msgspec.structs.replace(rule, match=tuple(map(fill, every(rule.match))))


def _age(system: str) -> list[tuple[int, str]]:
    """What versions are ordered by: 9 before 10."""
    parts = re.split(r"[.-]", split(system)[1])
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
