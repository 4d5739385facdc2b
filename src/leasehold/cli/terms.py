"""``leasehold hold``, ``unhold`` and ``amend``: the terms of a lease that there is."""

from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.exits import UsageError
from leasehold.cli.leases import lease_of, terms
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import print_json
from leasehold.lab.duration import parse_duration
from leasehold.lab.model import Lease

Force = Annotated[bool, Parameter(negative=(), help="Even if somebody else holds it.")]


def hold(
    lease: str, *, force: Force = False, json: AsJson = False, connection: Connection = USUAL
) -> None:
    """Keep a lease without end, until it is unheld or given back.

    Parameters
    ----------
    lease
        The lease's id, or a node that it holds.
    """
    client = connection.client()
    held = client.post(Lease, f"/leases/{lease_of(client, lease)}/hold", {"force": force})
    print_json(held) if json else print(f"{held.id} {terms(held)}")


def unhold(
    lease: str,
    *,
    duration: Annotated[str | None, Parameter(name="--for")] = None,
    force: Force = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Give a held lease an end again.

    Parameters
    ----------
    lease
        The lease's id, or a node that it holds.
    duration
        How long from now: 30m, 2h, 1d. Left out: as long as its machine type says.
    """
    seconds = None if duration is None else parse_duration(duration)
    client = connection.client()
    body = {"seconds": seconds, "force": force}
    ends = client.post(Lease, f"/leases/{lease_of(client, lease)}/unhold", body)
    print_json(ends) if json else print(f"{ends.id} {terms(ends)}")


def amend(
    lease: str,
    *,
    purpose: Annotated[str | None, Parameter(name=["--purpose", "--reason"])] = None,
    priority: int | None = None,
    force: Force = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Change what a lease is for or, while it waits, its priority.

    Parameters
    ----------
    lease
        The lease's id, or a node that it holds.
    purpose
        What you need it for; others see it.
    priority
        -100 to 100; who has a higher one is served earlier.
    """
    if purpose is None and priority is None:
        raise UsageError("say what to change: --purpose, --priority or both")
    client = connection.client()
    body = {"purpose": purpose, "priority": priority, "force": force}
    amended = client.patch(Lease, f"/leases/{lease_of(client, lease)}", body)
    print_json(amended) if json else print(f"{amended.id} {amended.state}: {amended.purpose}")
