"""One dataset's keeper: which orders it obeys, and what it says before it knows."""

from pathlib import Path

import msgspec
import pytest

from leasehold.datasets.agent.device import Places
from leasehold.datasets.agent.hands import Hands
from leasehold.datasets.agent.keeper import Keeper
from leasehold.datasets.agent.memory import Memory, Remembered
from leasehold.datasets.model import DatasetId
from leasehold.datasets.protocol import Order, Want

ORDER = Order(
    dataset=DatasetId("d"), name="data", epoch=5, want=Want.MOUNTED, volume="v", size_bytes=1
)


@pytest.fixture
def memory(tmp_path: Path):
    made = Memory(tmp_path / "state")
    yield made
    made.close()


@pytest.fixture
def keeper(tmp_path: Path, memory: Memory) -> Keeper:
    """Its thread is not started: nothing is looked at."""
    places = Places(sys_block=tmp_path / "block", by_id=tmp_path / "by-id")
    hands = Hands(places, tmp_path / "mounts", "")
    return Keeper(Remembered(order=ORDER), hands, memory, lambda: 0.0, lambda: None)


def test_an_order_is_on_disk_before_it_is_reported(keeper: Keeper, memory: Memory):
    newer = msgspec.structs.replace(ORDER, epoch=6)
    keeper.tell(newer)
    assert memory.datasets() == [Remembered(order=newer)]
    assert keeper.report().epoch == 6


def test_an_order_that_cannot_be_remembered_is_not_obeyed(
    keeper: Keeper, memory: Memory, monkeypatch: pytest.MonkeyPatch
):
    def full(remembered: Remembered) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(memory, "keep", full)
    with pytest.raises(OSError, match="No space"):
        keeper.tell(msgspec.structs.replace(ORDER, epoch=6))
    assert keeper.report().epoch == 5


def test_one_old_order_may_be_late_and_a_second_comes_from_a_stale_control_side(keeper: Keeper):
    old = msgspec.structs.replace(ORDER, epoch=4, want=Want.UNMOUNTED)
    keeper.tell(ORDER)
    keeper.tell(old)
    assert keeper.report().refused_epoch is None
    keeper.tell(ORDER)
    keeper.tell(old)
    assert keeper.report().refused_epoch is None
    keeper.tell(old)
    assert keeper.report().refused_epoch == 4
    assert keeper.order == ORDER
    keeper.tell(ORDER)
    assert keeper.report().refused_epoch is None


def test_what_was_not_looked_at_yet_is_not_reported_as_let_go(keeper: Keeper, tmp_path: Path):
    keeper.tell(msgspec.structs.replace(ORDER, epoch=6, want=Want.UNMOUNTED))
    assert keeper.report().mounted == str(tmp_path / "mounts/d")
    assert not keeper.may_be_forgotten()


def test_another_want_or_volume_under_an_epoch_that_was_obeyed_is_stale(keeper: Keeper):
    keeper.tell(ORDER)
    for other in ({"want": Want.UNMOUNTED}, {"volume": "another"}):
        stale = msgspec.structs.replace(ORDER, **other)
        keeper.tell(stale)
        keeper.tell(stale)
        assert keeper.order == ORDER
        assert keeper.report().refused_epoch == ORDER.epoch
    grown = msgspec.structs.replace(ORDER, size_bytes=2)
    keeper.tell(grown)
    assert keeper.order == grown
    assert keeper.report().refused_epoch is None
