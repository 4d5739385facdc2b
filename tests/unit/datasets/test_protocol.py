"""What agents and the control side say to each other."""

import msgspec
import pytest

from leasehold.datasets.model import DatasetId
from leasehold.datasets.protocol import (
    Blank,
    DatasetReport,
    FormatPermit,
    Order,
    Orders,
    Report,
    Want,
)

DATASET = DatasetId("5e0b2f3c-8a43-4a76-9d1c-0a1b2c3d4e5f")


def test_orders_come_back_from_json_as_they_were() -> None:
    order = Order(
        dataset=DATASET,
        name="pg",
        epoch=3,
        want=Want.MOUNTED,
        volume="vol-1",
        size_bytes=2**30,
        format=FormatPermit(dataset=DATASET, volume="vol-1"),
    )
    orders = Orders(number=7, node="web1", installation="abc", datasets=(order,))
    assert msgspec.json.decode(msgspec.json.encode(orders), type=Orders) == orders


def test_an_order_without_a_permit_permits_no_filesystem_to_be_made() -> None:
    bare = {
        "dataset": DATASET,
        "name": "pg",
        "epoch": 1,
        "want": "mounted",
        "volume": "v",
        "size_bytes": 1,
    }
    assert msgspec.convert(bare, Order).format is None


def test_a_report_that_says_nothing_of_blankness_proves_nothing() -> None:
    bare = {"dataset": DATASET, "epoch": 1, "volume": "v"}
    assert msgspec.convert(bare, DatasetReport).blank is Blank.UNKNOWN


def test_a_report_without_its_era_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="era"):
        msgspec.convert({"server_id": "s", "version": "1", "sent_at": 0.0}, Report)
