"""What to do next with one dataset on this server: decided here, without looking or acting."""

from enum import StrEnum
from pathlib import Path

import msgspec

from leasehold.datasets.agent.content import Content, Filesystem
from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.errors import Misplaced, NoPermit, NotBlank
from leasehold.datasets.protocol import Order, Want


class Step(StrEnum):
    """One thing to do; then the dataset is looked at again."""

    NOTHING = "nothing"
    """It is as it shall be."""
    FORMAT = "format"
    """Make a filesystem on what has just been proved blank."""
    FORMAT_AGAIN = "format again"
    """The same over the remains of our own `mkfs` that was cut short."""
    FINISH = "finish"
    """A filesystem of ours is whole, only the notes about its making are left."""
    PREPARE = "prepare"
    """Check the filesystem, grow it if the device is larger, then mount it."""
    TIDY = "tidy"
    """Make the new filesystem look empty to whoever uses it first, as PREPARE could not any more."""
    GROW = "grow"
    """Let the mounted filesystem take the whole device."""
    UNMOUNT = "unmount"
    CLEAR = "clear"
    """Unmount what is left of a device that is gone from this server."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset on this server, as one look found it."""

    device: Device | None = None
    places: tuple[Path, ...] = ()
    """Where it is mounted."""
    there: str | None = None
    """The number of the device that is mounted where the dataset belongs."""
    containers: tuple[str, ...] = ()
    """Which have it mounted in a namespace of their own."""
    ruin: bool = False
    """That device is gone."""
    content: Content | None = None
    """Of a device that is not mounted; else None."""
    filesystem: Filesystem | None = None
    can_grow: bool = False
    formatting: str | None = None
    """UUID of the filesystem that a `mkfs` of ours was to make, by our notes or by the stamp on it."""
    fresh: bool = False
    """By our notes it was made here and is not known to be tidied."""
    whole: bool = False
    """That filesystem is there, and complete."""


def next_step(order: Order, seen: Seen, place: Path) -> Step:
    """What to do so that the dataset comes to be as ordered.

    Raises `Misplaced`, `NotBlank` and `NoPermit` where only somebody else can do something.
    """
    device = seen.device
    if seen.ruin:
        return Step.CLEAR
    if device is None:
        if seen.there is not None:  # only where it shall leave: its disk is missed otherwise
            raise Misplaced(
                f"device {seen.there} is mounted on {place}, and no disk here has the serial of volume"
                f" {order.volume}: it may be that one"
            )
        return Step.NOTHING
    if order.want is Want.UNMOUNTED:
        return Step.UNMOUNT
    if seen.there == device.number:
        if seen.fresh:
            return Step.TIDY
        return Step.GROW if seen.can_grow else Step.NOTHING
    if seen.there is not None:
        raise Misplaced(f"device {seen.there} is mounted on {place}, where this dataset belongs")
    if seen.places:
        places = ", ".join(map(str, seen.places))
        raise Misplaced(f"{device.path} is mounted on {places} instead of {place}")
    if seen.content is None:
        raise Misplaced(f"{device.path} is in use, and mounted nowhere")
    return _with_content(order, seen.content, seen, device)


def _with_content(order: Order, content: Content, seen: Seen, device: Device) -> Step:
    found = content.filesystem
    ours = found is not None and found.uuid == seen.formatting
    if found is not None and not (ours and seen.formatting):
        return Step.PREPARE
    if ours and seen.whole:
        return Step.FINISH
    if seen.formatting is not None and (not content.is_blank):
        if may_format(order):
            return Step.FORMAT_AGAIN
        raise NoPermit(f"{device.path} holds the remains of a mkfs that was cut short")
    if not content.is_blank:
        raise NotBlank(str(device.path), content.found or "a filesystem of unknown kind")
    if not may_format(order):
        raise NoPermit(f"{device.path} is blank, and no order permits to format it")
    return Step.FORMAT


def may_format(order: Order) -> bool:
    """Only with a permit for this dataset on this very volume."""
    permit = order.format
    return permit is not None and (permit.dataset, permit.volume) == (order.dataset, order.volume)
