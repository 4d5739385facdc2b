"""How far a node has come: derived from its hold and its ledger rows. Pure."""

import ipaddress
from collections.abc import Iterable, Mapping

import msgspec

from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab.book import Hold
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.model import NodeState
from leasehold.lab.node_row import NodeRow

ORDERED = frozenset({State.MAKING, State.UNSURE})
TAKEN = frozenset({State.BUILDING, State.UP})


ORDERING = Reason(cause=Cause.NEEDS, text="is about to be ordered")
PROVING = Reason(cause=Cause.NO_SENTINEL, text="SSH answers; its proof is being looked for")
SILENT = Reason(cause=Cause.NO_ANSWER, text="waits for SSH to answer")
LETTING_IN = Reason(cause=Cause.NEEDS, text="it was a spare; its holder's keys are being let in")
LEAVING = Reason(cause=Cause.DELETING, text="is about to be deleted")
"""What is told before anybody has had time to say more."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A node's state with what is known of its server."""

    state: NodeState
    address: str | None = None
    server_id: str | None = None
    reason: Reason | None = None
    failure: Reason | None = None
    """Why this attempt cannot succeed."""


def held(hold: Hold, rows: Mapping[ObjectId, Row], config: MachineTypeConfig) -> Progress:
    """The progress of a node that is held."""
    if config.kind == "fixed":
        return _fixed(hold)
    mine = [rows[each] for each in hold.objects if each in rows]
    server = rows.get(hold.server)
    address = address_of(mine, config)
    failure = next((row.failure for row in mine if row.failure is not None), None)
    ails = ailment(server)
    if hold.ready_at is None:
        failure = failure or ails  # nobody is on it yet, so another one may as well be tried
    # A server that has proved itself is up, whatever the last listing said.
    unfinished = [row for row in mine if row.state is not State.UP and row.id != hold.server]
    reason = hold.broken
    if hold.broken is not None:
        state = NodeState.BROKEN
    elif hold.ready_at is not None and not unfinished and not hold.owed:
        state, reason = NodeState.READY, hold.health or ails
    elif hold.ready_at is not None and unfinished:
        state, reason = NodeState.REACHABLE, _unfinished(unfinished)
    elif hold.ready_at is not None:
        state, reason = NodeState.REACHABLE, hold.reason or LETTING_IN
    elif hold.reached_at is not None:
        state, reason = NodeState.REACHABLE, hold.reason or PROVING
    elif server is not None and server.state in TAKEN and address is not None:
        state, reason = NodeState.ADDRESSED, _answering(server, hold)
    elif server is not None and server.state in ORDERED | TAKEN:
        state, reason = NodeState.BUILDING, server.reason or _answering(server, hold)
    else:
        state, reason = NodeState.INTENT, _first_reason(mine) or ORDERING
    return Progress(
        state=state,
        address=address,
        server_id=server.cloud_id if server else None,
        reason=reason,
        failure=failure,
    )


def ailment(server: Row | None) -> Reason | None:
    """What is wrong with a server that could be used, and may be in use."""
    return server.reason if server is not None and server.state is State.AILING else None


def is_whole(hold: Hold, rows: Mapping[ObjectId, Row]) -> bool:
    """Whether everything that a node was given is there."""
    mine = [rows[each] for each in hold.objects if each in rows]
    lost = any(row.doomed or row.state is State.GONE for row in mine)
    return len(mine) == len(hold.objects) and not lost


def _fixed(hold: Hold) -> Progress:
    """The progress of a node that is always there: it has only to answer."""
    reason = hold.broken
    if hold.broken is not None:
        state = NodeState.BROKEN
    elif hold.ready_at is not None:
        state, reason = NodeState.READY, hold.health
    else:
        state, reason = NodeState.ADDRESSED, hold.reason or SILENT
    return Progress(state=state, address=hold.address, reason=reason)


def unheld(rows: Iterable[Row], node: NodeRow | None = None) -> Progress:
    """The progress of a node that nobody holds: FREE once nothing of it is left in the cloud.

    If it is not marked down, that is.
    """
    left = [row for row in rows if row.state is not State.GONE]
    if not left and node is not None and not node.up:
        cause = Cause.UNHEALTHY if node.down_by_check else Cause.DOWN
        reason = Reason(cause=cause, text=node.note or "was marked down")
        return Progress(state=NodeState.DOWN, address=node.address, reason=reason)
    if not left:
        return Progress(state=NodeState.FREE, address=node.address if node else None)
    server = next((row for row in left if row.kind is Kind.SERVER), None)
    return Progress(
        state=NodeState.RELEASING,
        server_id=server.cloud_id if server else None,
        reason=_first_reason(left) or LEAVING,
    )


def troubled(how: Progress, trouble: Reason | None, place: str = "cloud") -> Progress:
    """The same, told why there is no news of it while its cloud, or zone, cannot be listed."""
    at_the_cloud = (NodeState.INTENT, NodeState.BUILDING, NodeState.ADDRESSED, NodeState.RELEASING)
    if trouble is None or how.state not in at_the_cloud:
        return how
    text = f"no news from the {place}: {trouble.text}"
    reason = msgspec.structs.replace(trouble, text=text)
    return msgspec.structs.replace(how, reason=reason)


def address_of(rows: Iterable[Row], config: MachineTypeConfig) -> str | None:
    """The address by which a node is to be reached; None until it is known for good.

    `rows` are in the order in which they were planned: the first port with a fitting address has it,
    whichever the cloud made first. Known as soon as its port is, before the server has booted.
    """
    floating = config.floating_ip is not None and config.address not in ("fixed", "private")
    kind = Kind.FLOATING_IP if floating else Kind.PORT
    wanted = {"private": True, "public": False}.get(config.address or "")
    known: list[str] = []
    for row in rows:
        if row.kind is not kind:
            continue
        if row.state is not State.UP:
            return None  # it may be the one
        known += row.addresses
        for address in row.addresses:
            if floating or wanted is None or _is_private(address) is wanted:
                return address
    return known[0] if known else None


def twin_of(address: str, rows: Iterable[Row]) -> str | None:
    """The address of the other family that the same port has."""
    version = ipaddress.ip_address(address).version
    beside = next((row.addresses for row in rows if address in row.addresses), ())
    return next((each for each in beside if ipaddress.ip_address(each).version != version), None)


def _is_private(address: str) -> bool | None:
    """Whether an IPv4 address is one of RFC 1918; None for IPv6."""
    found = ipaddress.ip_address(address)
    return None if found.version == 6 else any(found in network for network in _PRIVATE)


_PRIVATE = [
    ipaddress.ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]


def _answering(server: Row, hold: Hold) -> Reason:
    if server.state is not State.UP:
        status = f" ({server.status})" if server.status else ""
        return Reason(cause=Cause.BOOTING, text=f"the cloud is building it{status}")
    return hold.reason or SILENT


def _unfinished(rows: list[Row]) -> Reason:
    """A server that is ready, while something that belongs to it is not there yet."""
    names = ", ".join(sorted({row.kind.value.replace("_", " ") for row in rows}))
    return _first_reason(rows) or Reason(cause=Cause.NEEDS, text=f"waits for its {names}")


def _first_reason(rows: Iterable[Row]) -> Reason | None:
    """The reason of the first row that is held up by something but another row of the same node."""
    told = [row.reason for row in rows if row.reason is not None]
    own = [reason for reason in told if reason.cause is not Cause.NEEDS]
    return next(iter(own or told), None)
