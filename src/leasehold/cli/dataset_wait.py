"""Waiting for a dataset to arrive where it was sent, telling on stderr how far it is."""

import sys
import time
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.client import Client
from leasehold.cli.exits import Exit, Failure
from leasehold.cli.tables import print_json
from leasehold.datasets.model import Dataset, DatasetSnapshot, DatasetState
from leasehold.lab.duration import parse_duration

_RESTS = {DatasetState.DETACHED, DatasetState.DELETED, DatasetState.GONE}
_LONG_POLL = 20.0


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Whether to wait for the end, and how long."""

    no_wait: Annotated[
        bool,
        Parameter(name="--no-wait", negative=(), help="Return at once, not when it is done."),
    ] = False
    timeout: Annotated[str, Parameter(help="How long to wait for it: 90s, 30m, 2h.")] = "30m"

    def __post_init__(self) -> None:
        parse_duration(self.timeout)  # told before anything is asked for


USUAL_WAIT = Waiting()


def wait_for(
    client: Client, dataset: Dataset, waiting: Waiting, json: bool, *, size: int | None = None
) -> Exit:
    """Wait until it has arrived, or has `size` GiB, and print it. Raises `Failure` when it is late."""
    try:
        dataset = _arrive(client, dataset, waiting, size)
    except KeyboardInterrupt:
        print(f"\ninterrupted; {dataset.name} goes on its way all the same", file=sys.stderr)
        return Exit.INTERRUPTED
    if json:
        print_json(dataset)
    else:
        where = f" at {dataset.path} on {dataset.attached_node}" if dataset.path else ""
        print(f"{dataset.name} {dataset.state}{where}, {dataset.size_gib} GiB")
    return Exit.OK


def _arrive(client: Client, dataset: Dataset, waiting: Waiting, size: int | None) -> Dataset:
    patience = parse_duration(waiting.timeout)
    ends = time.monotonic() + patience
    told = ""
    while not waiting.no_wait and not _arrived(dataset, size):
        line = f"{dataset.name}: {dataset.state}{_after(': ', why(dataset))}"
        if line != told:
            print(line, file=sys.stderr, flush=True)
            told = line
        left = ends - time.monotonic()
        if left <= 0:
            raise Failure(
                f"{dataset.name} is still {dataset.state} after {waiting.timeout}"
                f"{_after(': ', why(dataset))}; it goes on,"
                f" see `leasehold dataset show {dataset.name}`"
            )
        wait = min(left, _LONG_POLL if size is None else 1.0)
        client.timeout = wait + 30.0
        known = dataset.state.value
        dataset = client.get(Dataset, f"/datasets/{dataset.id}", wait=wait, state=known)
    return dataset


def wait_for_snapshot(
    client: Client, path: str, snapshot: DatasetSnapshot, waiting: Waiting
) -> DatasetSnapshot:
    """Wait until a snapshot is made. Raises `Failure` when it is late, or could not be made."""
    ends = time.monotonic() + parse_duration(waiting.timeout)
    while snapshot.state == "creating" and not waiting.no_wait:
        left = ends - time.monotonic()
        if left <= 0:
            raise Failure(
                f"snapshot {snapshot.name} is still being made after {waiting.timeout};"
                f" it goes on: {snapshot.reason or 'the cloud is at work on it'}"
            )
        client.timeout = min(left, _LONG_POLL) + 30.0
        listed = client.get(list[DatasetSnapshot], path, wait=min(left, _LONG_POLL))
        snapshot = next((each for each in listed if each.id == snapshot.id), snapshot)
    if snapshot.state == "troubled":
        raise Failure(f"snapshot {snapshot.name} could not be made: {snapshot.reason}")
    return snapshot


def why(dataset: Dataset) -> str:
    """Why it is not further, and what a person has to do if one has."""
    reason = str(dataset.reason) if dataset.reason else ""
    step = dataset.next_step if dataset.state is DatasetState.TROUBLED else ""
    return "; ".join(each for each in (reason, step) if each)


def _arrived(dataset: Dataset, size: int | None) -> bool:
    if size is not None:
        return (dataset.actual_gib or 0) >= size
    if dataset.node is None or dataset.deleted_at is not None:
        return dataset.state in _RESTS
    here = dataset.attached_node == dataset.node
    return dataset.state is DatasetState.MOUNTED and here


def _after(before: str, text: str) -> str:
    return f"{before}{text}" if text else ""
