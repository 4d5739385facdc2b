"""A ledger row: what is wanted of one cloud object, and what is known of it."""

from enum import StrEnum
from typing import Any

import msgspec

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    FloatingIpSpec,
    Kind,
    ObjectId,
    PortSpec,
    RecordSpec,
    ServerSpec,
    SnapshotSpec,
    Spec,
    VolumeSpec,
)
from leasehold.engine.reason import Cause, Reason


class State(StrEnum):
    """Where a row stands. `leasehold.engine.table` says how one state leads to another."""

    PLANNED = "planned"
    """Intended; nothing has been sent."""
    MAKING = "making"
    """The call that makes it is about to leave, under way, or was under way when we died."""
    UNSURE = "unsure"
    """The call ended without an answer: listings must tell whether it had effect."""
    BUILDING = "building"
    """The cloud has it and works on it."""
    UP = "up"
    """It can be used."""
    GROWING = "growing"
    """The call that makes a volume larger has left, or was under way when we died."""
    AILING = "ailing"
    """It holds data or is in use, and something is wrong with it; it recovers, or somebody decides."""
    LEAVING = "leaving"
    """It has to go; the call that deletes it is due, or waits for what stands on it."""
    DELETING = "deleting"
    """Its deletion was called for at least once; a listing must confirm it."""
    GONE = "gone"
    """It is not there. The row stays a while, to recognise a late arrival."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud object. Times are Unix seconds."""

    id: ObjectId
    cloud: str
    spec: Spec
    subject: str = ""
    """Whom it serves, e.g. a node's name. Opaque to the engine."""
    lease: str | None = None
    state: State = State.PLANNED
    wanted: bool = True
    """Only ever changes to False: its end is asked for. Written by who planned it, not by us."""
    cloud_id: CloudId | None = None
    created_at: float
    since: float
    """When it came into its state."""
    patience: float = 600.0
    """Seconds that it may take to build."""
    wake_at: float | None = None
    """Do nothing with it before then."""
    called_at: float | None = None
    """When its last make or delete call ended: only a listing begun after that is evidence."""
    calls: int = 0
    """How many times the present step was tried; reset by every change of state but retries."""
    absent: int = 0
    """How many complete listings in a row did not show it."""
    status: str = ""
    """The cloud's own word for its state, as last seen."""
    addresses: tuple[str, ...] = ()
    size_gib: int | None = None
    """A volume's, as last seen."""
    attached_to: tuple[CloudId, ...] = ()
    """The servers that hold a volume, as last seen."""
    reason: Reason | None = None
    """Why it is not further on."""
    failure: Reason | None = None
    """Set once and for all when it could not become, or did not stay, what was wanted."""

    @property
    def kind(self) -> Kind:
        return KIND_OF[type(self.spec)]

    @property
    def needs(self) -> tuple[ObjectId, ...]:
        """The objects of ours that it stands on: made before it, deleted after it."""
        return needs_of(self.spec)

    @property
    def doomed(self) -> bool:
        """It has to go, or is not worth making any more. What holds data goes by order alone."""
        return not self.wanted or (self.failure is not None and not self.kept)

    @property
    def kept(self) -> bool:
        """It holds data, or somebody's hold on them: nothing but an order to delete it ends it."""
        match self.spec:
            case VolumeSpec(keep=keep):
                return keep
            case AttachmentSpec(foreign=foreign):
                return foreign
            case _:
                return isinstance(self.spec, SnapshotSpec)

    @property
    def missed(self) -> bool:
        """It is gone without our doing, and wanted: should it show again, it was never gone."""
        lost = self.failure is not None and self.failure.cause is Cause.LOST
        return self.state is State.GONE and self.wanted and (self.kept or lost)

    @property
    def too_small(self) -> bool:
        """It is a volume that has to grow."""
        spec = self.spec
        if not isinstance(spec, VolumeSpec) or not spec.keep or self.size_gib is None:
            return False
        return self.size_gib < spec.size_gib


KIND_OF: dict[type[Any], Kind] = {
    ServerSpec: Kind.SERVER,
    PortSpec: Kind.PORT,
    FloatingIpSpec: Kind.FLOATING_IP,
    VolumeSpec: Kind.VOLUME,
    AttachmentSpec: Kind.ATTACHMENT,
    RecordSpec: Kind.RECORD,
    SnapshotSpec: Kind.SNAPSHOT,
}


def needs_of(spec: Spec) -> tuple[ObjectId, ...]:
    """The ids that a spec refers to."""
    match spec:
        case ServerSpec(ports=ports, boot_volume=volume):
            found = (*ports, volume) if volume else ports
        case FloatingIpSpec(port=port):
            found = (port,)
        case AttachmentSpec(server=server, volume=volume, foreign=foreign):
            found = (volume,) if foreign else (server, volume)
        case SnapshotSpec(volume=volume):
            found = (volume,)
        case _:
            found = ()
    return tuple(ObjectId(each) for each in found if each)


def resolve(spec: Spec, ids: dict[ObjectId, CloudId]) -> Spec:
    """The same spec with our ids replaced by the cloud's, ready for `Cloud.make`."""

    def of(object_id: str) -> str:
        return ids[ObjectId(object_id)]

    replace = msgspec.structs.replace
    match spec:
        case ServerSpec(ports=ports, boot_volume=volume):
            boot = of(volume) if volume else None
            return replace(spec, ports=tuple(map(of, ports)), boot_volume=boot)
        case FloatingIpSpec(port=port):
            return replace(spec, port=of(port))
        case AttachmentSpec(server=server, volume=volume, foreign=foreign):
            return replace(spec, server=server if foreign else of(server), volume=of(volume))
        case SnapshotSpec(volume=volume):
            return replace(spec, volume=of(volume))
        case _:
            return spec
