"""``leasehold dataset list`` and ``show``: datasets as they are."""

from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.dataset_wait import why
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, local, print_json, print_table
from leasehold.datasets.model import Dataset, DatasetSnapshot


def datasets(
    *,
    node: Annotated[str | None, Parameter(name=("--node", "-n"))] = None,
    deleted: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """List datasets: state, place, and why one waits.

    Parameters
    ----------
    node
        Only those on this node.
    deleted
        Those as well that are deleted or gone; with ids, which tell those of one name apart.
    """
    found = connection.client().get(list[Dataset], "/datasets", node=node, deleted=deleted)
    if json:
        print_json(found)
        return
    ids = ("id",) if deleted else ()
    print_table(
        ("dataset", *ids, "state", "GiB", "node", "mounted at", "held by", "why"),
        [
            (
                each.name,
                *((each.id,) if deleted else ()),
                each.state,
                each.size_gib,
                each.node,
                each.path,
                each.hold.owner if each.hold else None,
                why(each),
            )
            for each in found
        ],
    )


def show(dataset: str, *, json: AsJson = False, connection: Connection = USUAL) -> None:
    """Show a dataset: its state, last error, deadline, next step, and snapshots.

    Parameters
    ----------
    dataset
        Its name or id.
    """
    client = connection.client()
    found = client.get(Dataset, f"/datasets/{dataset}")
    if json:
        print_json(found)
        return
    snapshots = client.get(list[DatasetSnapshot], f"/datasets/{found.id}/snapshots")
    hold = found.hold
    facts = (
        ("id", found.id),
        ("state", f"{found.state} since {local(found.since)} ({ago(found.since)})"),
        ("reason", found.reason),
        ("next step", found.next_step),
        ("deadline", f"{local(found.until)} ({ago(found.until)})" if found.until else None),
        ("last error", f"{local(found.last_error_at)}: {found.last_error}"
         if found.last_error else None),
        ("size", f"{found.size_gib} GiB" + (f", {found.actual_gib} by now"
         if found.actual_gib not in (None, found.size_gib) else "")),
        ("node", found.node or "none"),
        ("attached to", found.attached_node),
        ("mounted at", found.path),
        ("volume", f"{found.volume_id} in {found.cloud}"),
        ("restoring", f"snapshot {found.restoring}" if found.restoring else None),
        ("filesystem", found.filesystem),
        ("profile", found.profile),
        ("held", f"on {hold.node} by {hold.owner} {hold.purpose}".rstrip() if hold else None),
        ("destroyed", local(found.destroy_at) if found.destroy_at else None),
        ("metadata", " ".join(f"{key}={value}" for key, value in found.metadata.items()) or None),
    )  # fmt: skip
    print(found.name)
    for label, value in facts:
        if value not in (None, ""):
            print(f"  {label:<12} {value}")
    for former in found.former:
        until = f"until {local(former.until)}" if former.until else "until it is replaced"
        print(f"  had before   volume {former.volume_id}, kept {until}")
    for each in snapshots:
        why = f": {each.reason}" if each.reason else ""
        made = local(each.created_at)
        print(
            f"  snapshot     {each.name} ({each.id}) {each.state}, {each.size_gib} GiB, {made}{why}"
        )
