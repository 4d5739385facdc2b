"""Libcloud's own driver and ours, side by side."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tests.looking import wait_for
from tests.system.libcloud.shown import alike, shown

PUBLIC_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f libcloud"
)


class Pair(msgspec.Struct, frozen=True):
    """The two drivers, signed in to one cloud."""

    theirs: Any
    ours: Any

    def __iter__(self) -> Iterator[Any]:
        return iter((self.theirs, self.ours))

    def read(self, question: Callable[[Any], Any]) -> Any:
        """Ask both the same of what is there; the answers must be equal, to the last field."""
        theirs, ours = (question(driver) for driver in self)
        compare(shown(theirs), shown(ours))
        return ours

    def do(self, deed: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Have each do the same to things of its own; the answers are equal but for ids and times."""
        theirs, ours = (deed(driver) for driver in self)
        compare(alike(theirs), alike(ours))
        return theirs, ours


def compare(theirs: Any, ours: Any) -> None:
    """Fail with each place where two plain results differ."""
    found = differences(theirs, ours)
    assert not found, "\n".join(found)


class _NotThere:
    """Stands for the value of a key that one of two dictionaries lacks: None is a value."""

    def __repr__(self) -> str:
        return "no such key"


_NOT_THERE = _NotThere()


def differences(theirs: Any, ours: Any, place: str = "") -> list[str]:
    """Name each place where two plain results differ, and how."""
    match theirs, ours:
        case dict(), dict():
            keys = sorted(theirs.keys() | ours.keys(), key=str)
            pairs = [
                (f"{place}.{key}", theirs.get(key, _NOT_THERE), ours.get(key, _NOT_THERE))
                for key in keys
            ]
        case (list(), list()) | (tuple(), tuple()) if len(theirs) == len(ours):
            pairs = [
                (f"{place}[{n}]", *both) for n, both in enumerate(zip(theirs, ours, strict=True))
            ]
        case _:
            same = theirs == ours and type(theirs) is type(ours)
            return [] if same else [f"{place}: Libcloud's {theirs!r}, ours {ours!r}"]
    return [found for where, a, b in pairs for found in differences(a, b, where)]


_COMING = (
    *("addresses", "hostId", "availability_zone", "task_state", "vm_state", "power_state"),
    *("progress", "volumes_attached", "password"),
)


def as_ordered(node: Any) -> Any:
    """A new node without what depends on how far Nova has come with it, and its password."""
    assert node.extra["password"]
    for name in _COMING:
        del node.extra[name]
    node.state, node.public_ips, node.private_ips = None, [], []
    return node


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    wait_for(condition, seconds)
