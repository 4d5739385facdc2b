"""Whether a wish can be a lease at all: everything that needs no waiting to be found out."""

from collections.abc import Collection, Mapping, Sequence

import asyncssh
import msgspec

from leasehold.engine.choice import near
from leasehold.lab.config.limits import LimitsConfig
from leasehold.lab.config.machine_types import MachineTypeConfig
from leasehold.lab.duration import format_duration, parse_duration
from leasehold.lab.errors import (
    BadWish,
    OverLimit,
    TooMany,
    UnknownMachineType,
    UnknownNode,
    UnknownSystem,
)
from leasehold.lab.inventory import Inventory
from leasehold.lab.model import NodeName, Wish
from leasehold.lab.node_row import Want
from leasehold.lab.system import for_system

PRIORITIES = range(-100, 101)
"""What a priority may be."""

_LONGEST_KEY = 255
"""Bytes: what an index of a database takes with ease."""

USUAL_SECONDS = 4 * 3600
"""How long a lease lasts whose machine type is no more, when it gets an end again."""

Recipes = dict[str, MachineTypeConfig]
"""Machine types by name, as they are for the system that a wish asks for."""


class Wishes:
    """The rules of one lab. Call it with the lab's lock in hand."""

    def __init__(
        self,
        machine_types: Mapping[str, MachineTypeConfig],
        inventory: Inventory,
        limits: LimitsConfig,
    ) -> None:
        self._types = machine_types
        self._inventory = inventory
        self._limits = limits

    def check(self, wish: Wish) -> tuple[Wish, Recipes]:
        """The wish with its machine types, count and seconds settled, and the recipes for it.

        Raises `BadWish`, `UnknownMachineType`, `UnknownNode`, `UnknownSystem`, `TooMany` or
        `OverLimit`.
        """
        if not wish.owner:
            raise BadWish("owner", wish.owner, "who locks, for example user@host")
        for field in ("owner", "purpose", "key", "os_type", "os_version", "arch"):
            check_text(field, getattr(wish, field))
        if wish.key is not None and len(wish.key.encode()) > _LONGEST_KEY:
            raise BadWish("key", f"{wish.key[:20]}...", f"at most {_LONGEST_KEY} bytes")
        check_priority(wish.priority)
        _check_keys(wish.public_keys)
        if wish.count < 1:
            raise BadWish("count", wish.count, "1 or more")
        names = self._of_nodes(wish) if wish.nodes else self._named(wish.machine_type)
        recipes = self._recipes(names, wish)
        wish = msgspec.structs.replace(
            wish, machine_type="|".join(recipes), count=len(wish.nodes) or wish.count
        )
        if not wish.nodes:
            self._check_number(wish, list(recipes))
        limit = self._limits.of(wish.owner).nodes
        if limit is not None and wish.count > limit:
            raise OverLimit(wish.owner, wish.count, limit)
        seconds = None if wish.hold else seconds_of(list(recipes.values()), wish.seconds)
        return msgspec.structs.replace(wish, seconds=seconds), recipes

    def _named(self, machine_type: str) -> list[str]:
        if not machine_type:
            known = ", ".join(self._types) or "a machine type"
            raise BadWish("machine_type", machine_type, f"{known}; or name `nodes`")
        names = list(dict.fromkeys(machine_type.split("|")))
        for name in names:
            if name not in self._types:
                raise UnknownMachineType(name, near(name, self._types), list(self._types))
        return names

    def _of_nodes(self, wish: Wish) -> list[str]:
        """The machine types of the nodes that are asked for by name."""
        if len(set(wish.nodes)) < len(wish.nodes):
            raise BadWish("nodes", " ".join(wish.nodes), "each node once")
        if wish.count not in (1, len(wish.nodes)):
            raise BadWish("count", wish.count, f"nothing, or {len(wish.nodes)}, with these nodes")
        types = [self._type_of(node, wish) for node in wish.nodes]
        asked = self._named(wish.machine_type) if wish.machine_type else types
        other = next((each for each in types if each not in asked), None)
        if other is not None:
            allowed = f"{other}, or nothing: the nodes say it"
            raise BadWish("machine_type", wish.machine_type, allowed)
        return list(dict.fromkeys(types))

    def _type_of(self, node: NodeName, wish: Wish) -> str:
        row = self._inventory.row(node)
        if row is None:
            known = [str(each.name) for each in self._inventory.rows()]
            raise UnknownNode(node, near(node, known), known)
        if not self._inventory.fits(node, _want(wish)):
            has = " ".join(filter(None, (row.os_type, row.os_version, row.arch))) or "nothing known"
            raise BadWish("nodes", node, f"nodes with what is asked for; it has {has}")
        return row.machine_type

    def _recipes(self, names: Sequence[str], wish: Wish) -> Recipes:
        """Each machine type that can have the system that is asked for; there has to be one."""
        found: Recipes = {}
        unknown: UnknownSystem | BadWish | None = None
        for name in names:
            try:
                _check_arch(name, self._types[name], wish.arch)
                found[name] = for_system(name, self._types[name], wish.os_type, wish.os_version)
            except (UnknownSystem, BadWish) as error:
                unknown = unknown or error
        if unknown is not None and (wish.nodes or not found):
            raise unknown
        return found

    def _check_number(self, wish: Wish, names: list[str]) -> None:
        exist = self._inventory.count(names, _want(wish)).all
        if wish.count > exist:
            raise TooMany(wish.machine_type, wish.count, exist)


def _check_arch(name: str, config: MachineTypeConfig, arch: str | None) -> None:
    if config.kind == "cloud" and arch not in (None, config.arch):
        is_it = config.arch or f"nothing, unless `arch` of machine type {name} says what it is"
        raise BadWish("arch", arch, is_it)


def seconds_of(recipes: Collection[MachineTypeConfig], seconds: int | None) -> int:
    """How long a lease lasts that asks for so many seconds, or says nothing.

    Of several machine types the shortest times hold. Raises `BadWish`.
    """
    if not recipes:
        return seconds or USUAL_SECONDS
    most = longest(recipes)
    if seconds is None:
        return min(parse_duration(each.duration) for each in recipes)
    if not 1 <= seconds <= most:
        raise BadWish("seconds", seconds, f"1 to {most} ({format_duration(most)})")
    return seconds


def longest(recipes: Collection[MachineTypeConfig]) -> int:
    """How long a lease of these machine types may last, in seconds."""
    return min(parse_duration(each.max_duration) for each in recipes)


def check_text(field: str, text: str | None) -> None:
    """Raise `BadWish` for what no ledger keeps."""
    if "\0" in (text or ""):
        raise BadWish(field, text, "text without NUL, which no ledger keeps")


def check_priority(priority: int | None) -> None:
    """Raise `BadWish` for a priority that is none."""
    if priority is not None and priority not in PRIORITIES:
        raise BadWish("priority", priority, f"{PRIORITIES[0]} to {PRIORITIES[-1]}")


def _check_keys(keys: Sequence[str]) -> None:
    for key in keys:
        try:
            asyncssh.import_public_key(key)
        except (asyncssh.KeyImportError, ValueError):
            raise BadWish("public_keys", key[:40], "OpenSSH public keys") from None


def _want(wish: Wish) -> Want:
    return Want(os_type=wish.os_type, os_version=wish.os_version, arch=wish.arch)
