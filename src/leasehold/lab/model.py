"""Nodes and leases as everybody sees them: in Python, over the API and on the command line."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

import msgspec

from leasehold.engine.reason import Reason

LeaseId = NewType("LeaseId", str)
NodeName = NewType("NodeName", str)


class NodeState(StrEnum):
    """A node's way. Between FREE and READY each step is one proof more that it can be used."""

    FREE = "free"
    INTENT = "intent"
    """Held; the wish for its server is in the ledger."""
    BUILDING = "building"
    """The cloud has taken the order."""
    ADDRESSED = "addressed"
    """It has its address."""
    REACHABLE = "reachable"
    """SSH answers there, and its host key is known."""
    READY = "ready"
    """It proved that it is prepared."""
    SPARE = "spare"
    """Nobody's, and ready: the next lock that it fits has it at once."""
    RELEASING = "releasing"
    """Given back; what it had in the cloud is being deleted."""
    BROKEN = "broken"
    """Its lease failed, or its server vanished; the reason says why."""
    DOWN = "down"
    """Held by nobody, and not given out: a person or a health check marked it so."""


class LeaseState(StrEnum):
    """A lease's life. RELEASED, EXPIRED and FAILED are final and hold no nodes."""

    WAITING = "waiting"
    PREPARING = "preparing"
    READY = "ready"
    RELEASED = "released"
    EXPIRED = "expired"
    FAILED = "failed"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A named place in the lab; its server exists while a lease holds it."""

    name: NodeName
    machine_type: str
    kind: Literal["cloud", "fixed"] = "cloud"
    cloud: str = ""
    """Where its server is made; empty for a fixed node."""
    state: NodeState = NodeState.FREE
    since: datetime | None = None
    """When it came into this state."""
    lease: LeaseId | None = None
    owner: str | None = None
    address: str | None = None
    ssh_port: int = 22
    ssh_user: str = "root"
    host_key: str | None = None
    """OpenSSH form, ``ssh-ed25519 AAAA...``; known from REACHABLE on."""
    server_id: str | None = None
    """The cloud's id of its server."""
    host_name: str | None = None
    """Its name in DNS, in full; None for a machine type without `dns`."""
    reason: Reason | None = None
    """Why it is not further on its way; on a READY node, what health checks run into."""
    registered: bool = False
    """Whether it was registered at run time; otherwise the configuration makes it."""
    up: bool = True
    """Whether it may be given out. What holds a node that goes down keeps it."""
    note: str | None = None
    """Why it is down, or what else people should know about its condition."""
    description: str | None = None
    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None
    is_vm: bool = False
    vm_host: str | None = None
    mac_address: str | None = None
    ssh_pub_key: str | None = None
    """Its host key, as whoever registered it knows it."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds which nodes, why, until when."""

    id: LeaseId
    machine_type: str
    """What was asked for: one name, or several joined by ``|``."""
    count: int
    owner: str
    purpose: str
    """What the holder wrote as the reason for the lock."""
    state: LeaseState
    epoch: int
    created_at: datetime
    seconds: int | None
    """How long it may last from the moment it is READY; None: it is held, without end."""
    wanted: tuple[NodeName, ...] = ()
    """The nodes that were asked for by name."""
    os_type: str | None = None
    os_version: str | None = None
    arch: str | None = None
    priority: int = 0
    """Who has a higher one is served earlier."""
    until: datetime | None = None
    ready_at: datetime | None = None
    ended_at: datetime | None = None
    nodes: tuple[Node, ...] = ()
    reason: Reason | None = None
    """What it waits for, or why it failed."""
    position: int | None = None
    """Place in the queue while WAITING, from 1."""
    blocks: tuple[Reason, ...] = ()
    """All that is in the way until it is READY, with figures; `reason` is the first of it."""
    expected_at: datetime | None = None
    """When it will be READY, from measured times and the known ends of leases; None: unknown."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A request to lock `count` nodes of a machine type, or these very nodes."""

    machine_type: str = ""
    """One name, or several joined by ``|``: nodes of any of them."""
    count: int = 1
    nodes: tuple[NodeName, ...] = ()
    """Lock exactly these, instead of `count` of a machine type."""
    os_type: str | None = None
    """The operating system, such as ``ubuntu``; None: any."""
    os_version: str | None = None
    """Its version, such as ``22.04``; None: any."""
    arch: str | None = None
    """The architecture, such as ``x86_64``; None: any."""
    owner: str = ""
    purpose: str = ""
    seconds: int | None = None
    """How long from when it is ready; None: the machine type's default."""
    hold: bool = False
    """Without end, until it is unheld or given back."""
    wait: bool = True
    """Queue when there is not enough; False: fail at once instead."""
    priority: int = 0
    """Who has a higher one is served earlier."""
    key: str | None = None
    """Makes a retried call safe: the same owner and key get the same lease again.

    Another wish with it is refused, unless it differs only in how long, or how urgent.
    """
    public_keys: tuple[str, ...] = ()
    """OpenSSH public keys to let in, besides those of the machine type."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of history."""

    id: int
    at: datetime
    node: NodeName | None
    lease: LeaseId | None
    object: str | None
    """Our id of the cloud object, where the event is about one."""
    state: str
    reason: Reason | None = None


class CloudObject(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger row as people see it."""

    id: str
    kind: str
    cloud: str
    state: str
    cloud_id: str | None
    node: NodeName | None
    reason: Reason | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A node with its objects and its history, newest last."""

    node: Node
    lease: Lease | None
    objects: tuple[CloudObject, ...]
    history: tuple[Event, ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine would do now, or waits to do, with one object."""

    cloud: str
    kind: str
    object: str
    node: NodeName | None
    action: str
    """make, delete, list, wait ..."""
    due: datetime | None
    reason: Reason


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What a full listing of a cloud shows right now."""

    cloud: str
    at: datetime
    in_use: tuple[CloudObject, ...]
    leaving: tuple[CloudObject, ...]
    """Ours, with their end asked for, and not gone yet."""
    stray: tuple[str, ...]
    """Objects with our tag that the ledger does not know: ``server NAME (ID)``."""
    foreign: int
    """Objects of others in the same project, counted and never touched."""


class MachineType(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type as people see it."""

    name: str
    kind: Literal["cloud", "fixed"] = "cloud"
    cloud: str = ""
    """Where its servers are made; empty for fixed nodes."""
    dns: str | None = None
    """Where its nodes' names are set, as audits call it: ``dns.NAME``."""
    nodes: int
    """How many nodes it has at most."""
    free: int
    down: int = 0
    """How many are not given out, because they are marked down."""
    image: str
    flavor: str
    seconds: int
    """How long a lock lasts unless it says otherwise."""
    max_seconds: int
