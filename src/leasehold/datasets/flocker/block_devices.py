"""The eight block-device calls of Flocker's backends, over Cinder, for programs that drove those.

Names, arguments, results and errors are those of Flocker's ``IBlockDeviceAPI``; volumes are found by
the metadata and named as its Cinder driver did it, so that those it made are listed here as well.
Unlike there, every call ends by its deadline, no volume in trouble hides the others, and a device is
found by the volume's serial.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import msgspec
import structlog

from leasehold.datasets.model import GIB
from leasehold.errors import LeaseholdError
from leasehold.openstack import BadRequest, Conflict, Connection, NotFound, OpenStackError
from leasehold.openstack.volume.volume import Volume

_log = structlog.get_logger()

CLUSTER_KEY, DATASET_KEY = "flocker-cluster-id", "flocker-dataset-id"
PATIENCE = 600.0
"""Seconds that Cinder and Nova may take for one step."""

_FIRST_LOOK, _LAST_LOOK = 0.5, 5.0
"""Seconds between two looks at a volume: each is half as long again as the one before."""


class VolumeException(LeaseholdError):
    """A volume is not as the call needs it."""

    def __init__(self, blockdevice_id: object) -> None:
        if not isinstance(blockdevice_id, str):
            kind = type(blockdevice_id).__name__
            raise TypeError(f"blockdevice_id is text, not a {kind}: {blockdevice_id!r}")
        super().__init__(f"{type(self).__name__}: {blockdevice_id}")
        self.blockdevice_id = blockdevice_id


class UnknownVolume(VolumeException):
    """There is no such volume in this cluster."""


class AlreadyAttachedVolume(VolumeException):
    """It is attached, or on its way to a server."""


class UnattachedVolume(VolumeException):
    """It is attached to no server, or its device is not here."""


class VolumeInTrouble(LeaseholdError):
    """The cloud says that a volume failed, or has not brought it where it should be in time."""


class BlockDeviceVolume(msgspec.Struct, frozen=True):
    """A volume of the cluster; `size` in bytes."""

    blockdevice_id: str
    size: int
    attached_to: str | None = None
    dataset_id: UUID | None = None


class BlockDevices:
    """Flocker's IBlockDeviceAPI for one cluster. Thread-safe; every call may be repeated.

    `server_id` tells which server this is, and `device_of` where a volume of a size in bytes is on
    it; both are the agent's own ways where they are left out.
    """

    def __init__(
        self,
        cloud: Connection,
        cluster_id: UUID,
        *,
        server_id: Callable[[], str] | None = None,
        device_of: Callable[[str, int], Path] | None = None,
        profiles: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cloud = cloud
        self._cluster = cluster_id
        self._server_id = server_id or _this_server
        self._device_of = device_of or _device_here
        self._profiles = dict(profiles or {})
        self._patience = patience
        self._clock = clock
        self._pause = pause

    def allocation_unit(self) -> int:
        """Bytes of which every volume's size is a multiple: 1 GiB."""
        return GIB

    def compute_instance_id(self) -> str:
        """The cloud's id of this server. Raises `InstanceUnknown`, with what was tried."""
        return self._server_id()

    def create_volume(self, dataset_id: UUID, size: int) -> BlockDeviceVolume:
        """Make a volume of `size` bytes, rounded up to whole GiB; it is available when this returns.

        Raises `OpenStackError`, and `VolumeInTrouble` for one that failed, which is deleted again.
        """
        return self._create(dataset_id, size, volume_type=None)

    def create_volume_with_profile(
        self, dataset_id: UUID, size: int, profile_name: str
    ) -> BlockDeviceVolume:
        """The same, of the volume type that `profiles` has for the name, else of that name itself."""
        volume_type = self._profiles.get(profile_name, profile_name)
        return self._create(dataset_id, size, volume_type=volume_type)

    def destroy_volume(self, blockdevice_id: str) -> None:
        """Delete a volume; it is gone when this returns. Raises `UnknownVolume`."""
        self._found(blockdevice_id)
        try:
            self._cloud.volume.delete_volume(blockdevice_id)
        except NotFound:
            raise UnknownVolume(blockdevice_id) from None
        try:
            self._until(blockdevice_id, "deleted", lambda _: False)
        except UnknownVolume:
            return

    def attach_volume(self, blockdevice_id: str, attach_to: str) -> BlockDeviceVolume:
        """Attach a volume to a server; it is there when this returns.

        Raises `UnknownVolume` or `AlreadyAttachedVolume`.
        """
        self._found(blockdevice_id)
        ready = self._until(
            blockdevice_id,
            "available",
            lambda each: each.status not in ("creating", "detaching") or bool(each.attachments),
        )
        if ready.status != "available" or ready.attachments:
            raise AlreadyAttachedVolume(blockdevice_id)
        try:
            self._cloud.compute.create_volume_attachment(attach_to, blockdevice_id)
        except (BadRequest, Conflict):
            if self._found(blockdevice_id).status in ("in-use", "attaching", "reserved"):
                raise AlreadyAttachedVolume(blockdevice_id) from None
            raise
        except OpenStackError as error:
            if not error.unsure:  # else the next look tells whether it came through
                raise
        attached = self._until(
            blockdevice_id, f"attached to {attach_to}", lambda each: each.status == "in-use"
        )
        if _server_of(attached) != attach_to:  # somebody else was faster
            raise AlreadyAttachedVolume(blockdevice_id)
        return _shown(attached)

    def detach_volume(self, blockdevice_id: str) -> None:
        """Take a volume off its server. Raises `UnknownVolume` or `UnattachedVolume`."""
        volume = self._found(blockdevice_id)
        server = _server_of(volume)
        if server is None:
            raise UnattachedVolume(blockdevice_id)
        if volume.status != "detaching":
            try:
                self._cloud.compute.delete_volume_attachment(server, blockdevice_id)
            except NotFound:
                if self._found(blockdevice_id).status == "available":
                    raise UnattachedVolume(blockdevice_id) from None
            except OpenStackError as error:
                if not error.unsure:
                    raise
        self._until(blockdevice_id, "detached", lambda each: each.status == "available")

    def list_volumes(self) -> list[BlockDeviceVolume]:
        """Every volume of the cluster, and none of anybody else's."""
        return [_shown(each) for each in self._cloud.volume.volumes() if self._is_ours(each)]

    def get_device_path(self, blockdevice_id: str) -> Path:
        """Where a volume is on this server.

        Raises `UnknownVolume`; `UnattachedVolume` if it is attached to none, to another one, or has
        no device here yet; and what the search says where two devices could be meant.
        """
        from leasehold.datasets.agent.errors import DeviceMissing

        volume = self._found(blockdevice_id)
        if _server_of(volume) != self._server_id():
            raise UnattachedVolume(blockdevice_id)
        try:
            return self._device_of(blockdevice_id, volume.size * GIB)
        except DeviceMissing:
            raise UnattachedVolume(blockdevice_id) from None

    def _create(self, dataset_id: UUID, size: int, *, volume_type: str | None) -> BlockDeviceVolume:
        metadata = {CLUSTER_KEY: str(self._cluster), DATASET_KEY: str(dataset_id)}
        name = f"flocker-{dataset_id}"
        before = {each.id for each in self._cloud.volume.volumes(name=name)}
        try:
            made = self._cloud.volume.create_volume(
                size=-(-size // GIB), name=name, metadata=metadata, volume_type=volume_type
            )
        except OpenStackError as error:
            if not error.unsure:
                raise
            made = self._made_after_all(name, before, error)
        try:
            ready = self._until(made.id, "available", lambda each: each.status == "available")
        except VolumeInTrouble:
            # One that is stuck in creating cannot be deleted yet: the error names it.
            with contextlib.suppress(BadRequest, UnknownVolume, VolumeInTrouble):
                self.destroy_volume(made.id)
            raise
        return _shown(ready)

    def _made_after_all(self, name: str, before: Collection[str], error: OpenStackError) -> Volume:
        """The volume of an order whose answer was lost."""
        for each in self._cloud.volume.volumes(name=name):
            if each.id not in before and self._is_ours(each):
                return each
        raise error

    def _found(self, blockdevice_id: str) -> Volume:
        try:
            volume = self._cloud.volume.volume(blockdevice_id)
        except NotFound:
            raise UnknownVolume(blockdevice_id) from None
        if not self._is_ours(volume):
            raise UnknownVolume(blockdevice_id)
        return volume

    def _is_ours(self, volume: Volume) -> bool:
        if _uuid(volume.metadata.get(CLUSTER_KEY)) != self._cluster:
            return False
        if _uuid(volume.metadata.get(DATASET_KEY)) is None:
            _log.warning("volume without a dataset left out", volume=volume.id, key=DATASET_KEY)
            return False
        return True

    def _until(self, volume_id: str, what: str, reached: Callable[[Volume], bool]) -> Volume:
        """Look at a volume until it is where it should be; a failure ends that at once."""
        deadline = self._clock() + self._patience
        look = _FIRST_LOOK
        while True:
            volume = self._found(volume_id)
            if volume.status.startswith("error"):
                _give_up(volume, f"not {what}: its status is {volume.status!r}")
            if reached(volume):
                return volume
            if self._clock() + look > deadline:
                _give_up(volume, f"not {what} within {self._patience:g} s, still {volume.status!r}")
            self._pause(look)
            look = min(look * 1.5, _LAST_LOOK)


def _give_up(volume: Volume, why: str) -> NoReturn:
    raise VolumeInTrouble(
        f"volume {volume.id} is {why}; look at it in the cloud (`openstack volume show {volume.id}`)"
    )


def _server_of(volume: Volume) -> str | None:
    """The first of its servers; a volume of several is shown as that one's, and hides no other."""
    return min((each.holder for each in volume.attachments), default=None)


def _shown(volume: Volume) -> BlockDeviceVolume:
    return BlockDeviceVolume(
        volume.id, volume.size * GIB, _server_of(volume), _uuid(volume.metadata.get(DATASET_KEY))
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _this_server() -> str:
    from leasehold.datasets.agent.server_id import server_id

    return server_id(None)


def _device_here(volume_id: str, size: int) -> Path:
    from leasehold.datasets.agent.device import Places, find

    return find(volume_id, size, Places()).path
