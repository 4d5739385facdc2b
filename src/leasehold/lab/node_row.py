"""A node as kept, what may be asked of one, and what may be changed about one."""

import re
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from leasehold.lab.model import NodeName

Order = tuple[tuple[str | int, ...], str]


class NodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a node beside who holds it."""

    name: NodeName
    machine_type: str
    kind: Literal["fixed", "cloud"] = "fixed"
    """As its machine type said when it was registered: it outlives the configuration."""
    registered: bool = True
    """Whether it was registered at run time; otherwise the configuration makes it."""
    up: bool = True
    """Whether it may be given out. What holds a node that goes down keeps it."""
    down_by_check: bool = False
    """Whether a health check marked it down; then one may mark it up again."""
    note: str | None = None
    """Why it is down, or what else people should know about its condition."""
    description: str | None = None
    address: str | None = None
    """Where a fixed node answers; left out, under its name."""
    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None
    is_vm: bool = False
    vm_host: str | None = None
    mac_address: str | None = None
    ssh_pub_key: str | None = None
    """Its host key, as whoever registered it knows it."""

    @property
    def told(self) -> bool:
        """Whether more is known of it than the configuration says, so that it has to be kept."""
        known = (self.name, self.machine_type, self.kind)
        return self != configured_row(*known)


def configured_row(name: NodeName, machine_type: str, kind: Literal["fixed", "cloud"]) -> NodeRow:
    """A node of which no more is known than the configuration says."""
    return NodeRow(name=name, machine_type=machine_type, kind=kind, registered=False)


class NodeChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about a node. What is left out stays; null clears."""

    machine_type: str | UnsetType = UNSET
    up: bool | UnsetType = UNSET
    note: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET
    os_type: str | UnsetType | None = UNSET
    os_version: str | UnsetType | None = UNSET
    arch: str | UnsetType | None = UNSET
    is_vm: bool | UnsetType = UNSET
    vm_host: str | UnsetType | None = UNSET
    mac_address: str | UnsetType | None = UNSET
    ssh_pub_key: str | UnsetType | None = UNSET

    def applied_to(self, row: NodeRow) -> NodeRow:
        """The row as it is after the change. A node that a person marks is theirs to mark again."""
        found = {each: getattr(self, each) for each in NodeChange.__struct_fields__}
        given = {name: value for name, value in found.items() if value is not UNSET}
        if "up" in given:
            given["down_by_check"] = False
        return msgspec.structs.replace(row, **given)


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What a fixed node has to be like; None: anything will do."""

    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None

    def fits(self, like: "NodeRow | Shelf") -> bool:
        """Whether this is so."""
        return (
            self.os_type in (None, like.os_type)
            and self.os_version in (None, like.os_version)
            and self.arch in (None, like.arch)
        )


class Shelf(msgspec.Struct, frozen=True):
    """Where nodes are between which no wish can tell a difference."""

    machine_type: str
    os_type: str | None
    os_version: str | None
    arch: str | None


ANYTHING = Want()


def order(name: str) -> Order:
    """Sorts names as people count: ``node2`` before ``node10``."""
    parts = re.split(r"(\d+)", name)
    return tuple(int(each) if number % 2 else each for number, each in enumerate(parts)), name
