"""``leasehold leases`` and ``leasehold extend``."""

from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.client import Client
from leasehold.cli.exits import Failure
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, local, print_json, print_table
from leasehold.lab.duration import format_duration, parse_duration
from leasehold.lab.model import Lease, LeaseId, NodeState, Story


def leases(
    *,
    mine: Annotated[bool, Parameter(negative=())] = False,
    ended: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """List leases: who holds or waits for what.

    Parameters
    ----------
    mine
        Only yours.
    ended
        The last ones that ended, instead of the open ones.
    """
    owner = connection.me if mine else None
    found = connection.client().get(list[Lease], "/leases", owner=owner, ended=ended)
    if json:
        print_json(found)
        return
    print_table(
        ("lease", "state", "ready", "type", "owner", "until", "purpose", "nodes", "why"),
        [
            (
                lease.id,
                lease.state,
                progress(lease),
                lease.machine_type,
                lease.owner,
                local(lease.ended_at) if ended else until(lease),
                lease.purpose,
                " ".join(node.name for node in lease.nodes),
                why(lease),
            )
            for lease in found
        ],
    )


def extend(
    lease: str,
    duration: str,
    *,
    force: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Keep a lease longer.

    Parameters
    ----------
    lease
        The lease's id, or a node that it holds.
    duration
        How much longer: 30m, 2h, 1h30m, 1d.
    force
        Even if somebody else holds it.
    """
    seconds = parse_duration(duration)
    client = connection.client()
    body = {"seconds": seconds, "force": force}
    longer = client.post(Lease, f"/leases/{lease_of(client, lease)}/extend", body)
    if json:
        print_json(longer)
        return
    print(f"{longer.id} {terms(longer)}")


def terms(lease: Lease) -> str:
    """How long a lease lasts."""
    if lease.seconds is None:
        return "is held, without end"
    if lease.until is None:
        return f"lasts {format_duration(lease.seconds)} from when it is ready"
    return f"lasts until {local(lease.until)} ({ago(lease.until)})"


def lease_of(client: Client, name: str) -> LeaseId:
    """The lease meant by its id or by the name of a node that it holds."""
    if name.startswith("lease-"):
        return LeaseId(name)
    story = client.get(Story, f"/nodes/{name}")
    if story.lease is None:
        raise Failure(f"nobody holds {name}; `leasehold leases` lists the leases there are")
    return story.lease.id


def until(lease: Lease) -> str:
    """How long it still lasts: ``in 2h``, or ``held``."""
    return "held" if lease.seconds is None else ago(lease.until)


def progress(lease: Lease) -> str:
    """How many of its nodes are ready: ``1/2``."""
    return f"{sum(node.state is NodeState.READY for node in lease.nodes)}/{lease.count}"


def why(lease: Lease) -> str:
    """What a lease waits for, or why it ended."""
    place = f"place {lease.position} in the queue: " if lease.position else ""
    return place + str(lease.reason or "")
