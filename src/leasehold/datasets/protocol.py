"""What an agent and the control side say to each other, as JSON over HTTP.

Both calls carry ``Authorization: Bearer TOKEN``, and the token is good for one node alone.

``POST /api/v1/agent/report`` with a `Report` is answered with `Orders`. The agent sends one when it
starts, at once when something about a dataset changed (above all: when it has unmounted one), and
otherwise every `Orders.report_every` seconds.

``GET /api/v1/agent/orders?after=N&wait=S`` is answered with `Orders` as soon as their `number` is not
N, after S seconds (60 at most) in any case; so nobody polls hard. An agent keeps one such call open.

What keeps data safe:

- An `Order` has the epoch of its dataset, which only grows. An agent keeps the highest one that it
  obeyed, on disk; it refuses an older one, and one of the same epoch that wants something else, and
  reports it (`DatasetReport.refused_epoch`). So an old answer, or a second control side with an old
  copy of the ledger, moves nothing.
- A report about a dataset with epoch N is a promise: whatever the agent still hears or does with an
  order below N, it will not mount. Only then does "not mounted" let the volume be taken away.
- `Order.format` permits to make a filesystem, never asks for it: the agent formats only what it has
  itself proved blank. A dataset of which a filesystem was ever reported gets no such permit again.

What containers ask their agent for, it asks for in the name of its node, with the same token. All that
is below ``/api/v1/agent/datasets``; what is answered is a `Dataset`:

- ``GET`` answers with a list of those in the node's cloud, without deleted ones.
- ``POST`` with a `DatasetWish` makes one; its `node` is None, and means the caller. If one
  of that name is there already, it is the answer, whatever it is like (Docker asks before each use).
- ``POST .../NAME/fetch`` moves it to the node of the caller, and is answered at once. 409 says why not:
  somebody holds it elsewhere, or containers use it there (`DatasetReport.users`).
- ``DELETE .../NAME`` deletes it with the usual grace; 409 while it is held or used, also by the caller.

An answer other than 2xx has the body of all errors of the API: ``{"error": {"code", "message"}}``.
"""

from enum import StrEnum

import msgspec

from leasehold.datasets.model import DatasetId

PATH_REPORT = "/api/v1/agent/report"
PATH_ORDERS = "/api/v1/agent/orders"
PATH_DATASETS = "/api/v1/agent/datasets"

LONGEST_WAIT = 60.0
"""Seconds that a call for orders may be kept open."""


class Want(StrEnum):
    """What a dataset shall be on the node that is told."""

    MOUNTED = "mounted"
    """Found, checked, given a filesystem if `Order.format` permits, grown to the device, mounted."""
    UNMOUNTED = "unmounted"
    """Not mounted and not opened; its volume is about to be taken away. Busy is no excuse to lie:
    report it as mounted and who keeps it busy, and go on trying."""


class FormatPermit(msgspec.Struct, frozen=True, kw_only=True):
    """This volume was made by us, blank, for this dataset; no filesystem was ever reported on it."""

    dataset: DatasetId
    volume: str
    """Both have to be those of the order."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What shall become of one dataset on this node."""

    dataset: DatasetId
    name: str
    """The dataset's name, for people and for Docker."""
    epoch: int
    want: Want
    volume: str
    """The cloud's id of the volume: the device is found by it, as its serial, and by no name."""
    size_bytes: int
    """The device must have at least this size; a larger one than the filesystem is grown into."""
    filesystem: str = "ext4"
    format: FormatPermit | None = None
    metadata: dict[str, str] = {}


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What this node is told. A dataset that is not in it is left as it is: only an order mounts, and
    only an order unmounts, so that a control side that lost its ledger disturbs nobody."""

    number: int
    """Changes whenever anything else in here does; for `after`."""
    node: str
    installation: str
    """Which Leasehold speaks. An agent that obeyed one obeys no other until a person says so."""
    datasets: tuple[Order, ...] = ()
    report_every: float = 30.0
    """Seconds until a report is due again when nothing happens."""


class Blank(StrEnum):
    """What the agent found when it looked whether a device holds data."""

    UNKNOWN = "unknown"
    """Not looked, or the look failed."""
    BLANK = "blank"
    """Proved: no signature, no partition table, and the blocks at both ends are zero."""
    DATA = "data"
    """Something is on it."""


class DatasetReport(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset as the agent finds it."""

    dataset: DatasetId
    epoch: int
    """The newest order that it obeys, or works on: none below it will be obeyed any more."""
    volume: str
    device: str | None = None
    """Where it is, e.g. ``/dev/vdb``; None: no device with this serial is here."""
    device_bytes: int | None = None
    blank: Blank = Blank.UNKNOWN
    filesystem: str | None = None
    """The type that is on it, once there is one."""
    filesystem_uuid: str | None = None
    filesystem_bytes: int | None = None
    mounted: str | None = None
    """The directory where it is mounted; None only if it is mounted nowhere on this machine."""
    busy: tuple[str, ...] = ()
    """Who keeps it from being unmounted: ``process 4711 (postgres)``, ``container web``."""
    users: tuple[str, ...] = ()
    """Containers that have it mounted through the Docker plugin."""
    error: str | None = None
    """What went wrong last with it, and what to do; None: nothing since it last went well."""
    next_step: str = ""
    retry_at: float | None = None
    """Unix seconds."""
    refused_epoch: int | None = None
    """An order older than the one obeyed, or of its epoch and another want: who sent it is stale."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A node as its agent finds it. All datasets that it ever obeyed an order for and not yet forgot
    are in it; an agent forgets one when it is unmounted here and in no orders any more."""

    server_id: str
    """The cloud's id of this server (config drive, metadata service, or configured)."""
    era: str
    """``/proc/sys/kernel/random/boot_id``: what was mounted in another era is not any more."""
    version: str
    sent_at: float
    """Unix seconds, by the agent's clock."""
    datasets: tuple[DatasetReport, ...] = ()
    obeys: str | None = None
    """The installation that it obeys; None: none yet."""
