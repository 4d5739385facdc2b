"""What the control side has in memory: what the database holds, and what was heard since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from leasehold.datasets.book import AgentRow, DatasetRow, Fate, Heard, SnapshotRow, subject_of
from leasehold.datasets.errors import (
    DatasetRefused,
    UnknownDataset,
    UnknownDatasetNode,
    UnknownSnapshot,
)
from leasehold.datasets.model import DatasetId, DatasetNode, DatasetState, SnapshotId
from leasehold.datasets.records import Records
from leasehold.engine.choice import near
from leasehold.engine.cloud import ObjectId
from leasehold.engine.row import Row, State


class Shelf:
    """Datasets, snapshots, nodes and their rows in the engine's ledger, with indexes."""

    def __init__(self) -> None:
        self.datasets: dict[DatasetId, DatasetRow] = {}
        self.snapshots: dict[SnapshotId, SnapshotRow] = {}
        self.nodes: dict[DatasetNode, AgentRow] = {}
        self.rows: dict[ObjectId, Row] = {}
        self.heard: dict[DatasetNode, Mapping[DatasetId, Heard]] = {}
        self.fates: dict[tuple[str, str], Fate] = {}
        """By cloud and server."""
        self.tokens: Mapping[str, str] = {}
        """Fingerprints by node. Replaced, never changed: the door reads it without the lock."""
        self._names: dict[str, DatasetId] = {}
        self._at: defaultdict[DatasetNode, set[DatasetId]] = defaultdict(set)
        self._of: defaultdict[DatasetId, set[SnapshotId]] = defaultdict(set)

    def load(self, records: Records) -> None:
        for dataset in records.datasets:
            self.put(dataset)
        for snapshot in records.snapshots:
            self.put_snapshot(snapshot)
        for node in records.nodes:
            self.put_node(node)

    def put(self, row: DatasetRow) -> None:
        """Take in a dataset, new or changed."""
        before = self.datasets.get(row.id)
        if before is not None:
            for node in _nodes_of(before):
                self._at[node].discard(row.id)
            if self._names.get(before.name) == row.id:
                del self._names[before.name]
        self.datasets[row.id] = row
        for node in _nodes_of(row):
            self._at[node].add(row.id)
        if row.deleted_at is None:
            self._names[row.name] = row.id
        if before is not None:
            for each in _objects_of(before) - _objects_of(row):
                if each in self.rows and self.rows[each].state is State.GONE:
                    del self.rows[each]

    def hear(self, row: Row) -> None:
        """Take in a row of the engine's ledger; of those that are gone only what is still named."""
        if row.state is not State.GONE or self._names_object(row):
            self.rows[row.id] = row
        else:
            self.rows.pop(row.id, None)

    def _names_object(self, row: Row) -> bool:
        return any(
            row.id in _objects_of(self.datasets[each])
            or any(snapshot.object == row.id for snapshot in self.snapshots_of(each))
            for each in self.by_subject((row.subject,))
        )

    def put_fate(self, server: tuple[str, str], fate: Fate) -> None:
        """Take in what became of a server, by its cloud and id; of those without datasets nothing
        is kept."""
        used = {(each.cloud, each.attached_server) for each in self.datasets.values()}
        self.fates = {each: known for each, known in self.fates.items() if each in used}
        self.fates[server] = fate

    def forget(self, dataset: DatasetId) -> None:
        """Drop a dataset that is gone."""
        self.put(msgspec.structs.replace(self.datasets[dataset], deleted_at=0.0, node=None))
        row = self.datasets.pop(dataset)
        for node in _nodes_of(row):
            self._at[node].discard(dataset)

    def put_snapshot(self, row: SnapshotRow) -> None:
        self.snapshots[row.id] = row
        self._of[row.dataset].add(row.id)

    def forget_snapshot(self, snapshot: SnapshotId) -> None:
        row = self.snapshots.pop(snapshot)
        self._of[row.dataset].discard(snapshot)
        self.rows.pop(row.object, None)

    def put_node(self, row: AgentRow) -> None:
        """Take in a node, new or changed."""
        self.nodes[row.name] = row
        if self.tokens.get(row.name) != row.token:
            self.tokens = {**self.tokens, row.name: row.token}

    def forget_node(self, name: DatasetNode) -> None:
        """Drop a node, its token, and what its agent said."""
        del self.nodes[name]
        self.heard.pop(name, None)
        self.tokens = {node: token for node, token in self.tokens.items() if node != name}

    def at(self, node: DatasetNode) -> list[DatasetRow]:
        """The datasets that are, or should be, on a node."""
        return [self.datasets[each] for each in sorted(self._at.get(node, ()))]

    def snapshots_of(self, dataset: DatasetId) -> list[SnapshotRow]:
        """The snapshots of a dataset, oldest first."""
        found = [self.snapshots[each] for each in self._of.get(dataset, ())]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    def named(self, name: str) -> DatasetRow | None:
        """The dataset of that name which is not deleted."""
        found = self._names.get(name)
        return None if found is None else self.datasets[found]

    def dataset(self, key: str) -> DatasetRow:
        """A dataset by id or name; of deleted ones of a name the last. Raises `UnknownDataset`.

        The id counts first: no name may stand between an id and what it means.
        """
        found = self.datasets.get(DatasetId(key.lower())) or self.named(key)
        if found is None:
            ended = [each for each in self.datasets.values() if each.name == key]
            found = max(ended, key=lambda each: each.deleted_at or 0.0, default=None)
        if found is None:
            raise UnknownDataset(key, near(key, list(self._names)), list(self._names))
        return found

    def snapshot(self, key: str, dataset: DatasetId | None = None) -> SnapshotRow:
        """A snapshot by id, or by name within a dataset. Raises `UnknownSnapshot`."""
        mine = self.snapshots_of(dataset) if dataset else list(self.snapshots.values())
        for each in reversed(mine):
            if not each.deleted and (each.id == key or (dataset and each.name == key)):
                return each
        names = [each.name for each in mine if not each.deleted]
        raise UnknownSnapshot(key, near(key, names), names)

    def node(self, name: str) -> AgentRow:
        """A node by name. Raises `UnknownDatasetNode`."""
        found = self.nodes.get(DatasetNode(name))
        if found is None:
            raise UnknownDatasetNode(name, near(name, list(self.nodes)), list(self.nodes))
        return found

    def heard_of(self, row: DatasetRow) -> Heard | None:
        """What the agent of the server that has a dataset said of it last."""
        if row.attached_node is None:
            return None
        return self.heard.get(row.attached_node, {}).get(row.id)

    def row(self, object_id: ObjectId | None) -> Row | None:
        return None if object_id is None else self.rows.get(object_id)

    def actual_gib(self, row: DatasetRow) -> int:
        """GiB that a dataset's volume has, which may have to grow yet; or that it is to have."""
        volume = self.row(row.volume)
        there = volume is not None and row.usable_at is not None
        return (volume.size_gib if volume and there else None) or row.size_gib

    def cloud_id_of(self, snapshot: SnapshotRow) -> str:
        """What a snapshot is called in its cloud. Raises `DatasetRefused` while it is not there."""
        row = self.row(snapshot.object)
        if row is None or row.cloud_id is None or row.state is not State.UP:
            raise DatasetRefused(f"snapshot {snapshot.name} is not there yet; wait until it is")
        return row.cloud_id

    def fate_of(self, row: DatasetRow) -> Fate | None:
        return self.fates.get((row.cloud, row.attached_server)) if row.attached_server else None

    def stranger_of(self, row: DatasetRow) -> AgentRow | None:
        """A node whose server has the volume of a dataset, by the last listing."""
        volume = self.row(row.volume)
        if volume is None or not volume.attached_to:
            return None
        for node in self.nodes.values():
            if node.cloud == row.cloud and node.server_id in volume.attached_to:
                return node
        return None

    def by_subject(self, subjects: Iterable[str]) -> list[DatasetId]:
        """The datasets that rows of the engine belong to."""
        prefix = subject_of(DatasetId(""))
        ids = [DatasetId(each.removeprefix(prefix)) for each in subjects]
        return [each for each in ids if each in self.datasets]


def _objects_of(row: DatasetRow) -> set[ObjectId]:
    named = (row.volume, row.attachment, *(each.volume for each in row.former))
    return {each for each in named if each is not None}


def _nodes_of(row: DatasetRow) -> set[DatasetNode]:
    if row.state is DatasetState.GONE:
        return set()
    return {each for each in (row.node, row.attached_node) if each is not None}
