"""``leasehold unlock``: give nodes, or a whole lease, back."""

from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.exits import UsageError
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import print_json
from leasehold.lab.model import Lease, Node


def unlock(
    *nodes: str,
    lease: str | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Give nodes, or a whole lease, back.

    All that are named or, if one cannot be, none. Returns at once; the cloud is cleaned up behind
    you (`leasehold plan` shows how far).

    Parameters
    ----------
    nodes
        Names of nodes.
    lease
        A lease to give back with all its nodes, instead.
    force
        Even what somebody else holds.
    """
    if bool(nodes) == bool(lease):
        raise UsageError("name the nodes to unlock, or one lease with --lease")
    client = connection.client()
    if lease:
        ended = client.delete(Lease, f"/leases/{lease}", force=force)
        print_json(ended) if json else print(f"{ended.id} {ended.state}")
        return
    freed = client.post(list[Node], "/nodes/unlock", {"names": nodes, "force": force})
    if json:
        print_json(freed)
        return
    for node in freed:
        print(f"{node.name} {node.state}")
