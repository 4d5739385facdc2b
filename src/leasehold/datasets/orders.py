"""What the agent of a node is told, as it follows from the datasets. Pure."""

import zlib
from collections.abc import Iterable, Mapping

import msgspec

from leasehold.datasets.book import DatasetRow
from leasehold.datasets.model import GIB, DatasetNode
from leasehold.datasets.protocol import FormatPermit, Order, Orders
from leasehold.engine.cloud import ObjectId, VolumeSpec
from leasehold.engine.row import Row


def orders_for(
    node: DatasetNode,
    installation: str,
    datasets: Iterable[DatasetRow],
    rows: Mapping[ObjectId, Row],
) -> Orders:
    """All orders for a node. Their number is a checksum, so that it outlives a restart."""
    found = [
        _order(row, volume)
        for row in datasets
        if row.attached_node == node and row.want is not None
        if row.volume is not None and (volume := rows.get(row.volume)) is not None
    ]
    found.sort(key=lambda each: each.dataset)
    number = zlib.crc32(msgspec.json.encode((installation, found)))
    return Orders(number=number, node=node, installation=installation, datasets=tuple(found))


def _order(row: DatasetRow, volume: Row) -> Order:
    assert row.want is not None, "only what was told is an order"
    volume_id = volume.cloud_id or ""
    return Order(
        dataset=row.id,
        name=row.name,
        epoch=row.epoch,
        want=row.want,
        volume=volume_id,
        size_bytes=(volume.size_gib or 0) * GIB,
        filesystem=row.filesystem,
        format=FormatPermit(dataset=row.id, volume=volume_id) if may_format(row, volume) else None,
        metadata=row.metadata,
    )


def may_format(row: DatasetRow, volume: Row) -> bool:
    """Whether a volume was made by us, blank, for this dataset, and nothing was ever seen on it."""
    spec = volume.spec
    blank = (
        isinstance(spec, VolumeSpec)
        and spec.adopt_id is None
        and spec.snapshot_id is None
        and spec.source_id is None
    )
    return blank and not row.written and row.source is None
