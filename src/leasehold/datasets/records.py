"""Datasets, snapshots and nodes in the database."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select

from leasehold.datasets.book import AgentRow, DatasetRow, SnapshotRow
from leasehold.store.tables import dataset_nodes, dataset_snapshots, datasets, events

T = TypeVar("T")


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """All that the database holds."""

    datasets: tuple[DatasetRow, ...]
    snapshots: tuple[SnapshotRow, ...]
    nodes: tuple[AgentRow, ...]


def load(connection: Connection) -> Records:
    """Read everything, as last committed."""
    return Records(
        datasets=_all(connection, datasets, DatasetRow),
        snapshots=_all(connection, dataset_snapshots, SnapshotRow),
        nodes=_all(connection, dataset_nodes, AgentRow),
    )


def save_datasets(connection: Connection, rows: Collection[DatasetRow]) -> None:
    """Write new and changed datasets."""
    _replace(connection, datasets, [{"id": row.id, "name": row.name, "row": row} for row in rows])


def save_snapshots(connection: Connection, rows: Collection[SnapshotRow]) -> None:
    """Write new and changed snapshots."""
    values = [{"id": row.id, "dataset": row.dataset, "row": row} for row in rows]
    _replace(connection, dataset_snapshots, values)


def save_nodes(connection: Connection, rows: Collection[AgentRow]) -> None:
    """Write new and changed nodes."""
    _replace(connection, dataset_nodes, [{"name": row.name, "row": row} for row in rows])


def remove_datasets(connection: Connection, ids: Iterable[str]) -> None:
    """Forget datasets that are gone."""
    connection.execute(delete(datasets).where(datasets.c.id.in_(list(ids))))


def remove_snapshots(connection: Connection, ids: Iterable[str]) -> None:
    """Forget snapshots that are gone."""
    connection.execute(delete(dataset_snapshots).where(dataset_snapshots.c.id.in_(list(ids))))


def remove_node(connection: Connection, name: str) -> None:
    """Forget a node, and with it its token."""
    connection.execute(delete(dataset_nodes).where(dataset_nodes.c.name == name))


def note(connection: Connection, rows: Iterable[DatasetRow], now: float) -> None:
    """Add to the history where datasets stand now."""
    lines = [
        {
            "at": now,
            "subject": row.subject,
            "state": "troubled" if row.troubled else row.state.value,
            "reason": msgspec.json.encode(row.reason) if row.reason else None,
        }
        for row in rows
    ]
    if lines:
        connection.execute(insert(events), lines)


def _all(connection: Connection, table: Table, kind: type[T]) -> tuple[T, ...]:
    decoder = msgspec.json.Decoder(kind)
    return tuple(decoder.decode(each) for each in connection.scalars(select(table.c.row)))


def _replace(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    """Delete and insert: SQLAlchemy has no way to say it once for both databases."""
    if not values:
        return
    (key,) = table.primary_key.columns
    connection.execute(delete(table).where(key.in_([each[key.name] for each in values])))
    encoded = [each | {"row": msgspec.json.encode(each["row"])} for each in values]
    connection.execute(insert(table), encoded)
