"""The hands of an agent: looks at one dataset's disk, and does one step with it."""

import contextlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from leasehold.datasets.agent import content as contents
from leasehold.datasets.agent import filesystem as filesystems
from leasehold.datasets.agent import mounts
from leasehold.datasets.agent.content import Content, Filesystem, Stamp
from leasehold.datasets.agent.device import Device, Places, find, is_free, is_still_here, pinned
from leasehold.datasets.agent.errors import Busy, DeviceMissing, NoPermit, ToolFailed
from leasehold.datasets.agent.memory import Remembered
from leasehold.datasets.agent.step import Seen, Step, may_format
from leasehold.datasets.protocol import Order, Want


class Note(Protocol):
    """Remembers facts about a dataset; they are on disk when it returns. Raises OSError."""

    def __call__(self, *, formatting: Stamp | None, fresh: bool) -> None: ...


class Hands:
    """Shared by all keepers; whatever belongs to one dataset is passed in. Raises what goes wrong."""

    def __init__(
        self,
        places: Places,
        directory: Path,
        mount_options: str,
        new_uuid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self._places = places
        self._directory = directory
        self._options = mount_options
        self._new_uuid = new_uuid

    def place_of(self, order: Order) -> Path:
        return self._directory / order.dataset

    def glance(self, order: Order) -> Seen:
        """What is in the dataset's place, by the kernel's table of mounts alone: it never waits."""
        place = self.place_of(order)
        there = mounts.what_is_at(place)
        return Seen(there=there, places=(place,) if there is not None else ())

    def look(self, remembered: Remembered, known: Device | None = None) -> Seen:
        """How the dataset is now; nothing is taken from an earlier look but which disk it was.

        `known` is that disk: while the kernel has it, it has to be let go, with its serial or without.
        Raises `DeviceMissing` while the device is wanted, `DeviceDoubtful`, `Busy`, `ToolFailed` and
        OSError: a device that cannot be read is never blank.
        """
        order = remembered.order
        place = self.place_of(order)
        try:
            device = find(order.volume, self._least_size(order), self._places)
        except DeviceMissing:
            there = mounts.what_is_at(place)
            ruin = there is not None and mounts.is_gone(there)
            if order.want is Want.MOUNTED and not ruin:
                raise
            if ruin or known is None or not is_still_here(known):
                return Seen(there=there, ruin=ruin)
            device = known
        with pinned(device) as descriptor:
            places, there = mounts.places_of(device), mounts.what_is_at(place)
            ruin = there not in (None, device.number) and mounts.is_gone(str(there))
            fresh = remembered.fresh or remembered.formatting is not None
            seen = Seen(device=device, places=places, there=there, ruin=ruin, fresh=fresh)
            if ruin:
                return seen
            if places or order.want is Want.UNMOUNTED:
                return self._mounted(seen, descriptor) if places else seen
            if not is_free(device):
                raise Busy(str(device.path), mounts.holders(device))
            return self._unmounted(seen, remembered, device, descriptor)

    def act(self, step: Step, remembered: Remembered, seen: Seen, note: Note) -> None:
        """Do one step. What must not be forgotten of it is noted before it has an effect."""
        order = remembered.order
        if step is Step.CLEAR:
            mounts.unmount_place(self.place_of(order))
            return
        if seen.device is None:
            return
        with pinned(seen.device):
            match step:
                case Step.FORMAT:
                    self._format(order, seen.device, note, over_remains=False)
                case Step.FORMAT_AGAIN:
                    self._format(order, seen.device, note, over_remains=True)
                case Step.FINISH:
                    _finish(seen.device, note)
                case Step.PREPARE:
                    self._prepare(order, seen, seen.device)
                    if seen.fresh:  # at once: whoever hears that it is mounted may use it
                        self._tidy(order, note)
                case Step.TIDY:
                    self._tidy(order, note)
                case Step.GROW:
                    self._grow(order, seen, seen.device)
                case Step.UNMOUNT:
                    mounts.unmount(seen.device)
                    # Whoever comes too late must not write to the disk below instead.
                    with contextlib.suppress(OSError):
                        self.place_of(order).rmdir()

    def _least_size(self, order: Order) -> int:
        """What has to go is let go whatever its size."""
        return order.size_bytes if order.want is Want.MOUNTED else 0

    def _mounted(self, seen: Seen, descriptor: int) -> Seen:
        assert seen.device is not None
        found = contents.filesystem_of(seen.device, descriptor, seen.places[0])
        can_grow = found is not None and filesystems.can_grow(seen.device, found)
        containers = mounts.containers_with(seen.device)
        return msgspec.structs.replace(
            seen, filesystem=found, can_grow=can_grow, containers=containers
        )

    def _unmounted(
        self, seen: Seen, remembered: Remembered, device: Device, descriptor: int
    ) -> Seen:
        content = contents.examine(device, descriptor)
        begun = _begun(remembered, content)
        found = content.filesystem
        whole = (
            found is not None
            and begun is not None
            and found.uuid == begun.uuid
            and filesystems.is_whole(device, found.type)
        )
        return msgspec.structs.replace(
            seen,
            content=content,
            filesystem=found,
            formatting=begun.uuid if begun is not None else None,
            whole=whole,
        )

    def _format(self, order: Order, device: Device, note: Note, *, over_remains: bool) -> None:
        """Note on disk and on the volume what begins here, so that a half-made filesystem is known.

        The note here is enough on this server. The stamp on the volume travels with it: should this
        server die now, the next one knows the remains for what they are. It stands in one block of
        a volume that was proved blank, and goes when the filesystem is whole, before any mount.
        """
        if not may_format(order):
            raise NoPermit(f"{device.path}: no order permits to format it")
        stamp = Stamp(
            dataset=order.dataset,
            volume=order.volume,
            filesystem=order.filesystem,
            uuid=str(self._new_uuid()),
        )
        note(formatting=stamp, fresh=True)
        _stamp(device, stamp)
        filesystems.make(device, order.filesystem, stamp.uuid, over_remains=over_remains)

    def _prepare(self, order: Order, seen: Seen, device: Device) -> None:
        found, place = _of(seen), self.place_of(order)
        filesystems.check(device, found)
        if filesystems.can_grow(device, found):
            filesystems.grow_unmounted(device, found)
        mounts.mount(device, found.type, place, self._options)

    def _tidy(self, order: Order, note: Note) -> None:
        mounts.tidy(self.place_of(order))
        note(formatting=None, fresh=False)

    def _grow(self, order: Order, seen: Seen, device: Device) -> None:
        """While it is mounted if that is allowed here, else while nobody uses it for a moment."""
        found, place = _of(seen), self.place_of(order)
        try:
            filesystems.grow_mounted(device, found, place)
        except ToolFailed as refusal:
            try:
                mounts.unmount(device)
            except Busy as error:
                raise _WaitsToGrow(place, refusal, error) from error
            filesystems.grow_unmounted(device, found)
            mounts.mount(device, found.type, place, self._options)


class _WaitsToGrow(Busy):
    """It cannot grow while it is mounted, and cannot be unmounted while it is used."""

    def __init__(self, place: Path, refusal: ToolFailed, busy: Busy) -> None:
        super().__init__(str(place), busy.holders)
        self.args = (f"it cannot grow while it is mounted ({refusal}), and {busy}",)

    next_step = "it grows as soon as nobody uses it, or when it is mounted the next time"


def _begun(remembered: Remembered, content: Content) -> Stamp | None:
    """A `mkfs` on this volume that is not known to have ended: by our notes, or by its stamp."""
    order = remembered.order
    for stamp in (remembered.formatting, content.stamp):
        if stamp is not None and (stamp.dataset, stamp.volume) == (order.dataset, order.volume):
            return stamp
    return None


def _finish(device: Device, note: Note) -> None:
    with pinned(device) as descriptor:
        if contents.read_stamp(descriptor, device.size) is not None:
            _stamp(device, None)
    note(formatting=None, fresh=True)


def _stamp(device: Device, stamp: Stamp | None) -> None:
    """Alone: whoever had it open in the way a mount has would be told so here."""
    descriptor = os.open(device.path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    try:
        if os.fstat(descriptor).st_rdev != os.makedev(device.major, device.minor):
            raise DeviceMissing(f"{device.path} is another device now")
        contents.write_stamp(descriptor, device.size, stamp)
    finally:
        os.close(descriptor)


def _of(seen: Seen) -> Filesystem:
    assert seen.filesystem is not None
    return seen.filesystem
