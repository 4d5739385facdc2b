"""``leasehold dataset``: named data on volumes that follow their container."""

from collections.abc import Mapping
from typing import Annotated

from cyclopts import App, Parameter

from leasehold.cli.dataset_views import datasets, show
from leasehold.cli.dataset_wait import USUAL_WAIT, Waiting, wait_for, wait_for_snapshot
from leasehold.cli.exits import Exit, UsageError
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import local, print_json
from leasehold.datasets.model import Dataset, DatasetSnapshot
from leasehold.lab.duration import BadDuration, parse_duration

app = App(
    name="dataset",
    help="Make, move, grow, snapshot and delete datasets: named data on volumes.",
    help_format="plaintext",
)

app.command(datasets, name="list")
app.command(show)

Force = Annotated[bool, Parameter(negative=())]


@app.command
def create(
    name: str,
    *,
    node: Annotated[str | None, Parameter(name=("--node", "-n"))] = None,
    size: Annotated[int | None, Parameter(name=("--size", "-s"))] = None,
    profile: str | None = None,
    volume_type: str | None = None,
    filesystem: str | None = None,
    cloud: str | None = None,
    snapshot: str | None = None,
    dataset_id: Annotated[str | None, Parameter(name="--id")] = None,
    meta: Annotated[list[str] | None, Parameter(name="--meta", negative=())] = None,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Make a dataset, and wait until it is mounted.

    Parameters
    ----------
    name
        What to call it: letters, digits, dots, hyphens and underscores.
    node
        The node where it shall be mounted; left out, it is on none.
    size
        GiB; left out, the profile's, or its snapshot's.
    profile
        One of [dataset_profiles.NAME]; left out, its snapshot's, or default if there is one.
    volume_type
        Cinder's volume type; left out, the profile's, or its snapshot's.
    filesystem
        ext4 or xfs; left out, the profile's.
    cloud
        Where its volume is made; left out, the node's.
    snapshot
        Make it from this snapshot, by its id.
    dataset_id
        A UUID for it; the same call with the same one is done once.
    meta
        KEY=VALUE to write on it; may be given several times.
    """
    body = {
        "name": name,
        "node": node,
        "size_gib": size,
        "profile": profile,
        "volume_type": volume_type,
        "filesystem": filesystem,
        "cloud": cloud,
        "snapshot": snapshot,
        "id": dataset_id,
        "metadata": _metadata(meta or []),
    }
    return _made(connection, body, waiting, json)


@app.command
def clone(
    dataset: str,
    name: str,
    *,
    node: Annotated[str | None, Parameter(name=("--node", "-n"))] = None,
    size: Annotated[int | None, Parameter(name=("--size", "-s"))] = None,
    profile: str | None = None,
    volume_type: str | None = None,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Make a copy of a dataset, as it is now.

    Parameters
    ----------
    dataset
        Which one, by name or id. Of one that is in use it is as after a power cut.
    name
        What to call the copy.
    node
        The node where it shall be mounted; left out, it is on none.
    size
        GiB, not less than the original's volume has; left out, the same.
    profile
        One of [dataset_profiles.NAME]; left out, the original's.
    volume_type
        Cinder's volume type, which it must be able to copy to; left out, the original's.
    """
    client = connection.client()
    original = client.get(Dataset, f"/datasets/{dataset}")
    body = {
        "name": name,
        "dataset": original.id,
        "node": node,
        "size_gib": size,
        "profile": profile,
        "volume_type": volume_type,
    }
    return _made(connection, body, waiting, json)


@app.command
def adopt(
    volume: str,
    name: str,
    *,
    node: Annotated[str | None, Parameter(name=("--node", "-n"))] = None,
    cloud: str | None = None,
    dataset_id: Annotated[str | None, Parameter(name="--id")] = None,
    meta: Annotated[list[str] | None, Parameter(name="--meta", negative=())] = None,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Take a volume over that somebody else made, with what is on it. It is never formatted.

    Parameters
    ----------
    volume
        The cloud's id of the volume, which must be on no server.
    name
        What to call the dataset.
    node
        The node where it shall be mounted; left out, it is on none.
    cloud
        Where the volume is; left out, the node's.
    dataset_id
        A UUID for it, such as the one that it had in Flocker; the same call with it is done once.
    meta
        KEY=VALUE to write on it; may be given several times.
    """
    body = {
        "name": name,
        "volume": volume,
        "node": node,
        "cloud": cloud,
        "id": dataset_id,
        "metadata": _metadata(meta or []),
    }
    return _made(connection, body, waiting, json)


@app.command
def move(
    dataset: str,
    node: str,
    *,
    force: Force = False,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Have a dataset on another node, and wait until it is mounted there.

    Parameters
    ----------
    dataset
        Its name or id.
    node
        The node's name, or none.
    force
        Take it from where it is without a word from the agent there. Only if you know that nothing
        there can write to it any more: a writer loses data.
    """
    body = {"node": None if node == "none" else node, "force": force}
    moved = connection.client().post(Dataset, f"/datasets/{dataset}/move", body)
    return wait_for(connection.client(), moved, waiting, json)


@app.command
def grow(
    dataset: str,
    size: int,
    *,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Make a dataset larger.

    Parameters
    ----------
    dataset
        Its name or id.
    size
        GiB that it shall have: not less than its volume has.
    """
    client = connection.client()
    grown = client.post(Dataset, f"/datasets/{dataset}/grow", {"size_gib": size})
    return wait_for(connection.client(), grown, waiting, json, size=size)


@app.command
def snapshot(
    dataset: str,
    name: str | None = None,
    *,
    delete: Annotated[bool, Parameter(negative=())] = False,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Keep what a dataset holds now; or delete a snapshot.

    Parameters
    ----------
    dataset
        Its name or id. Of one that is in use the snapshot is as after a power cut.
    name
        What to call the snapshot; left out, it is numbered.
    delete
        Delete the snapshot of that name, for good.
    """
    client = connection.client()
    path = f"/datasets/{dataset}/snapshots"
    if delete:
        if name is None:
            raise UsageError("--delete: found no NAME; allowed: the snapshot's name or id")
        made = client.delete(DatasetSnapshot, f"{path}/{name}")
    else:
        made = client.post(DatasetSnapshot, path, {"name": name})
        made = wait_for_snapshot(client, path, made, waiting)
    print_json(made) if json else print(f"{made.name} ({made.id}) {made.state}")


@app.command
def restore(
    dataset: str,
    snapshot: str | None = None,
    *,
    volume: str | None = None,
    waiting: Waiting = USUAL_WAIT,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Bring a deleted dataset back; or give one back what a snapshot or a former volume holds.

    Parameters
    ----------
    dataset
        Its name or id.
    snapshot
        The snapshot's name or id; what the dataset holds now is kept for the grace time. Left out,
        a deleted dataset is brought back as it was.
    volume
        Instead of a snapshot, one of the former volumes that `show` lists, by its id. The id of the
        volume that it has calls off a restore which has not begun.
    """
    if snapshot is not None and volume is not None:
        raise UsageError("--volume: found a snapshot, too; allowed: one of them")
    client = connection.client()
    if volume is not None:
        back = client.post(Dataset, f"/datasets/{dataset}/restore", {"volume": volume})
    elif snapshot is None:
        back = client.post(Dataset, f"/datasets/{dataset}/undelete")
    else:
        back = client.post(Dataset, f"/datasets/{dataset}/restore", {"snapshot": snapshot})
    return wait_for(connection.client(), back, waiting, json)


@app.command
def delete(
    dataset: str,
    *,
    with_snapshots: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Delete a dataset. Until its grace time is over `restore` brings it back.

    Parameters
    ----------
    dataset
        Its name or id.
    with_snapshots
        Its snapshots as well; else it must have none.
    """
    client = connection.client()
    gone = client.delete(Dataset, f"/datasets/{dataset}", with_snapshots=with_snapshots)
    if json:
        print_json(gone)
        return
    until = f"; `leasehold dataset restore {gone.id}` brings it back until {local(gone.destroy_at)}"
    print(f"{gone.name} {gone.state}{until if gone.destroy_at else ''}")


@app.command
def hold(
    dataset: str,
    *,
    purpose: str = "",
    duration: Annotated[str | None, Parameter(name="--for")] = None,
    force: Force = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Keep a dataset where it is: it is neither moved nor deleted.

    Parameters
    ----------
    dataset
        Its name or id.
    purpose
        What you need it there for; others see it.
    duration
        For how long: 30m, 2h, 1d. Left out: until it is unheld.
    force
        Even if somebody else holds it.
    """
    try:
        seconds = None if duration is None else parse_duration(duration)
    except BadDuration as error:
        raise UsageError(f"--for: {error}; what the hold is for is said with --purpose") from None
    body = {"purpose": purpose, "seconds": seconds, "force": force}
    held = connection.client().post(Dataset, f"/datasets/{dataset}/hold", body)
    if json:
        print_json(held)
        return
    assert held.hold is not None, "it was held a moment ago"
    until = f"until {local(held.hold.until)}" if held.hold.until else "until it is unheld"
    print(f"{held.name} is held on {held.hold.node} {until}")


@app.command(name=("unhold", "release"))
def unhold(
    dataset: str, *, force: Force = False, json: AsJson = False, connection: Connection = USUAL
) -> None:
    """End a hold.

    Parameters
    ----------
    dataset
        Its name or id.
    force
        Even somebody else's.
    """
    free = connection.client().post(Dataset, f"/datasets/{dataset}/release", force=force)
    print_json(free) if json else print(f"{free.name} is not held")


def _made(connection: Connection, body: Mapping[str, object], waiting: Waiting, json: bool) -> Exit:
    given = {key: value for key, value in body.items() if value is not None}
    client = connection.client()
    return wait_for(client, client.post(Dataset, "/datasets", given), waiting, json)


def _metadata(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise UsageError(f"--meta: found {pair!r}; allowed: KEY=VALUE")
        found[key] = value
    return found
