"""The seam: all that the engine knows of a cloud, or of a name server.

An implementation talks to one cloud in one region. It is called from several threads at once, it
never sleeps to wait for a state, and every call ends within its own time-out. What is *not* here:
retries, budgets and waiting; the engine does those for every implementation alike.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NewType, Protocol

import msgspec

from leasehold.errors import LeaseholdError

ObjectId = NewType("ObjectId", str)
"""Our id of a ledger row, e.g. ``server-4f1k9c2m7q``. Known before the first call."""

CloudId = NewType("CloudId", str)
"""The cloud's id of the object. Attachments, which have none, use ``SERVER_ID/VOLUME_ID``."""

Installation = NewType("Installation", str)
"""Which Leasehold made an object: a random id, kept in the ledger, the same for its whole life."""


class Kind(StrEnum):
    """What a ledger row can stand for."""

    SERVER = "server"
    PORT = "port"
    FLOATING_IP = "floating_ip"
    VOLUME = "volume"
    ATTACHMENT = "attachment"
    RECORD = "record"
    SNAPSHOT = "snapshot"


LISTED_KINDS = (Kind.SERVER, Kind.PORT, Kind.FLOATING_IP, Kind.VOLUME)
"""The kinds with a listing of their own in a cloud; attachments are read off the volumes."""

KEPT_KINDS = (*LISTED_KINDS, Kind.SNAPSHOT)
"""The same for a cloud that keeps datasets."""

RECORD_KINDS = (Kind.RECORD,)
"""What a name server has of ours."""


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """The mark that proves an object ours: written at birth, read back from listings.

    Servers and volumes carry it as metadata ``leasehold`` = ``INSTALLATION/OBJECT``; ports and
    floating IPs, which have no metadata, as description ``leasehold:INSTALLATION/OBJECT``. What
    holds data that outlive any ledger carries it as metadata ``leasehold-keep``, which no sweep for
    strays looks for, whatever release it is from.
    """

    installation: Installation
    object: ObjectId
    keep: bool = False
    """Only an order to delete this very object ends it."""

    def __str__(self) -> str:
        return f"{self.installation}/{self.object}"

    @classmethod
    def parse(cls, text: str | None, *, keep: bool = False) -> "Tag | None":
        """Read ``INSTALLATION/OBJECT``; anything else is nobody's tag: None."""
        installation, slash, object_id = (text or "").removeprefix("leasehold:").partition("/")
        if not (installation and slash and object_id) or "/" in object_id:
            return None
        return cls(installation=Installation(installation), object=ObjectId(object_id), keep=keep)


# What to make. Fields that name other objects of ours hold ObjectIds in the ledger; the engine
# replaces them by CloudIds before it calls `Cloud.make`.


class BlockDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A disk that the cloud makes with a server, in the words of Nova's block_device_mapping_v2."""

    uuid: str
    source_type: str = "image"
    """``image``, ``snapshot`` or ``volume``: what `uuid` names."""
    destination_type: str = "volume"
    """``volume`` or ``local``."""
    volume_size: int | None = None
    """GiB."""
    volume_type: str | None = None
    device_name: str | None = None
    boot_index: int | None = None
    delete_on_termination: bool = True


class ServerSpec(msgspec.Struct, frozen=True, kw_only=True, tag="server"):
    """A Nova server. Sizes come from the flavor; addresses from the ports."""

    name: str
    flavor_id: str
    image_id: str | None = None
    boot_volume: str | None = None
    ports: tuple[str, ...] = ()
    key_name: str | None = None
    user_data: str | None = None
    """Plain text; the implementation encodes it. Nova takes at most 65,535 bytes of base64."""
    metadata: dict[str, str] = {}
    availability_zone: str | None = None
    config_drive: bool = False
    network_by_cloud: bool = False
    """Nova chooses the network, makes the port and deletes it with the server; then `ports` is ()."""
    security_groups: tuple[str, ...] = ()
    """Names, for the port that Nova makes; ports of ours have their own."""
    foreign_ports: tuple[str, ...] = ()
    """Ports that somebody else made and keeps, by the cloud's id."""
    block_devices: tuple[BlockDevice, ...] = ()
    scheduler_hints: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    """More fields of Nova's create, under its own names."""
    cores: int = 0
    ram_mib: int = 0
    """Cores and RAM of the flavor, kept here so that quota can be counted without a look-up."""


class PortSpec(msgspec.Struct, frozen=True, kw_only=True, tag="port"):
    """A Neutron port. Made by us, so that it is provably ours and its address is known early."""

    name: str
    network_id: str
    security_group_ids: tuple[str, ...] | None = None
    """None leaves the choice to the cloud (its default group); () means no group at all."""
    fixed_ip: str | None = None


class FloatingIpSpec(msgspec.Struct, frozen=True, kw_only=True, tag="floating_ip"):
    """A floating IP, bound to its port at birth."""

    network_id: str
    port: str


class VolumeSpec(msgspec.Struct, frozen=True, kw_only=True, tag="volume"):
    """A Cinder volume of `size_gib` GiB."""

    name: str
    size_gib: int
    volume_type: str | None = None
    availability_zone: str | None = None
    image_id: str | None = None
    metadata: dict[str, str] = {}
    keep: bool = False
    """It holds data: see `Tag.keep`."""
    snapshot_id: str | None = None
    """Made from this snapshot, by the cloud's id."""
    source_id: str | None = None
    """A copy of this volume, by the cloud's id."""
    adopt_id: str | None = None
    """Not made but taken over: this volume, by the cloud's id, which somebody else made."""


class SnapshotSpec(msgspec.Struct, frozen=True, kw_only=True, tag="snapshot"):
    """What a volume holds at one moment. Always kept: see `Tag.keep`."""

    name: str
    volume: str
    metadata: dict[str, str] = {}


class AttachmentSpec(msgspec.Struct, frozen=True, kw_only=True, tag="attachment"):
    """A volume attached to a server. Idempotent by nature: the pair is its identity."""

    server: str
    volume: str
    foreign: bool = False
    """`server` is the cloud's id of a server that is no row of ours. Then somebody may be writing
    to the volume, so only an order to detach ends it."""


class RecordSpec(msgspec.Struct, frozen=True, kw_only=True, tag="record"):
    """A name in DNS: all values of one type under it, which are set and removed together."""

    name: str
    """In full, lower case, without the last dot."""
    record_type: Literal["A", "AAAA", "PTR", "SSHFP"]
    values: tuple[str, ...] = ()
    """As in a zone file."""
    ttl: int = 60
    """Seconds that others may remember it."""


Spec = (
    ServerSpec | PortSpec | FloatingIpSpec | VolumeSpec | SnapshotSpec | AttachmentSpec | RecordSpec
)


CHANGED = "CHANGED"
"""The status of a record that is not as we wrote it."""


def record_id(spec: RecordSpec, object_id: ObjectId) -> CloudId:
    """What a record is called: known before it is set, and not shared with a later one's."""
    return CloudId(f"{spec.name} {spec.record_type} {object_id}")


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer of the cloud showed of an object. A fact about a moment, not a promise."""

    kind: Kind
    cloud_id: CloudId
    tag: Tag | None = None
    name: str = ""
    status: str = ""
    """The cloud's own word in upper case: ACTIVE, BUILD, ERROR, DELETED, AVAILABLE, IN-USE ...
    Of a record: SET, or CHANGED when it is not as we wrote it."""
    addresses: tuple[str, ...] = ()
    """Fixed addresses first; a floating IP's own sighting holds just its public address."""
    fault: str | None = None
    """The cloud's message for a status ERROR, with its code where it gave one."""
    attached_to: tuple[CloudId, ...] = ()
    """Volume: ids of the servers that hold it, names of hosts that are none. Port: its device.
    Floating IP: its port."""
    size_gib: int | None = None
    """Of a volume or snapshot."""
    created_at: datetime | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """All sightings of one kind, from one listing through all its pages."""

    kind: Kind
    sightings: tuple[Sighting, ...]
    complete: bool
    """True only for an unfiltered listing whose every page arrived. Then absence means something."""
    since: datetime | None = None
    """For a delta: only what changed since then is in it, objects with status DELETED included."""
    as_of: datetime | None = None
    """The cloud's own clock when the listing began; the next delta starts a little before it."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One quota: `total` is None when unlimited. `used` counts everybody's use in the project."""

    total: int | None = None
    used: int = 0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The project's quotas. A cloud without that service leaves the default, unlimited."""

    servers: Limit = Limit()
    cores: Limit = Limit()
    ram_mib: Limit = Limit()
    ports: Limit = Limit()
    floating_ips: Limit = Limit()
    volumes: Limit = Limit()
    volume_gib: Limit = Limit()


class Image(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    status: str = "ACTIVE"
    min_disk_gib: int = 0
    min_ram_mib: int = 0
    created_at: datetime | None = None
    os_distro: str | None = None
    os_version: str | None = None


class Flavor(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    cores: int
    ram_mib: int
    disk_gib: int


class Network(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    external: bool = False
    subnets: tuple[str, ...] = ()


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something chosen by name: a security group, key pair, volume type or availability zone."""

    id: str
    name: str


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud has to choose from."""

    images: tuple[Image, ...] = ()
    flavors: tuple[Flavor, ...] = ()
    networks: tuple[Network, ...] = ()
    security_groups: tuple[Named, ...] = ()
    key_pairs: tuple[Named, ...] = ()
    volume_types: tuple[Named, ...] = ()
    availability_zones: tuple[Named, ...] = ()


class CloudError(LeaseholdError):
    """The cloud did not do as asked; says what it answered."""

    def __init__(
        self, message: str, *, status: int | None = None, request_id: str | None = None
    ) -> None:
        self.message = message
        self.status = status
        self.request_id = request_id
        super().__init__(f"{message} (request {request_id})" if request_id else message)


class Refusal(StrEnum):
    """Why a cloud refused: decides whether waiting can help."""

    QUOTA = "quota"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    CREDENTIALS = "credentials"


class CloudRefused(CloudError):
    """A clear no: the call had no effect, and the same call now would get the same answer."""

    def __init__(
        self,
        message: str,
        *,
        why: Refusal,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.why = why


class CloudBusy(CloudError):
    """Not now: the call had no effect and may be sent again after `retry_after` seconds."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after


class CloudUnsure(CloudError):
    """No telling: the reply was lost, late or a 5xx, so the call may or may not have had effect."""


class Authority(Protocol):
    """Who has objects: a cloud or a name server. Thread-safe; raises `CloudError` and its leaves."""

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        """List every object of one of its kinds, through all pages.

        `since` asks for a delta where the cloud has one (servers); elsewhere it is ignored and the
        listing is a full one. A listing that broke half-way raises; it is never returned short.
        """

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        """Start to make one object that carries `tag`, and return without waiting for it."""

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        """Ask for its end. True: the request was taken. False: the cloud does not know it."""

    def limits(self) -> Limits:
        """Quotas and use, as of now; the default where there are none."""


class Cloud(Authority, Protocol):
    """One project in one region. Its kinds are `LISTED_KINDS`, or `KEPT_KINDS`."""

    def grow(self, volume: CloudId, size_gib: int) -> None:
        """Start to make a volume larger. Refused as a conflict in a state that does not allow it."""

    def find(self, kind: Kind, cloud_id: CloudId) -> Sighting | None:
        """Look at one server or volume, whosever it is. None: the cloud says that there is none."""

    def console(self, server: CloudId, lines: int) -> str:
        """The last `lines` lines that a server printed on its console; "" if it printed nothing.

        Raises `CloudRefused` for a server that never had one, as one without a host.
        """

    def offers(self) -> Offers:
        """Images, flavors, networks and names to choose from, as of now."""
