"""``leasehold explain``: what a lease waits for."""

from leasehold.cli.leases import lease_of, progress, terms
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, clean, local, print_json
from leasehold.lab.model import Lease, LeaseState


def explain(lease: str, *, json: AsJson = False, connection: Connection = USUAL) -> None:
    """Say what a lease waits for, and when it can be ready.

    Its place in the queue, all that is in the way with figures, and the time at which it will be
    ready, as far as measured boots and the ends of other leases let it be known.

    Parameters
    ----------
    lease
        The lease's id, or a node that it holds.
    """
    client = connection.client()
    found = client.get(Lease, f"/leases/{lease_of(client, lease)}")
    print_json(found) if json else print("\n".join(clean(each) for each in lines(found)))


def lines(lease: Lease) -> list[str]:
    """The explanation of a lease, line by line."""
    what = " ".join(lease.wanted) or f"{lease.count} of {lease.machine_type}"
    told = [f"{lease.id} {lease.state}: {what}, for {lease.owner}, priority {lease.priority}"]
    if lease.state is LeaseState.READY:
        return [*told, f"{progress(lease)} ready; it {terms(lease)}"]
    if lease.state not in (LeaseState.WAITING, LeaseState.PREPARING):
        return [*told, f"ended {local(lease.ended_at)}: {lease.reason}"]
    if lease.position is not None:
        told.append(f"place     {lease.position} in the queue")
    told += [f"blocked   {each}" for each in lease.blocks]
    when = (
        f"{local(lease.expected_at)} ({ago(lease.expected_at)})" if lease.expected_at else "unknown"
    )
    return [*told, f"expected  {when}"]
