"""What an agent does not forget."""

import os
from pathlib import Path

import msgspec
import pytest

from leasehold.datasets.agent.content import Stamp
from leasehold.datasets.agent.errors import AlreadyRuns, BadConfig
from leasehold.datasets.agent.memory import FORGOTTEN_SECONDS, Memory, Remembered, is_running
from leasehold.datasets.model import DatasetId
from leasehold.datasets.protocol import Order, Want

ORDER = Order(
    dataset=DatasetId("d"), name="data", epoch=3, want=Want.MOUNTED, volume="v", size_bytes=1
)
KEPT = Remembered(
    order=ORDER, formatting=Stamp(dataset="d", volume="v", filesystem="ext4", uuid="u")
)


def reopened(memory: Memory, directory: Path) -> Memory:
    memory.close()
    return Memory(directory)


def test_what_was_kept_is_there_for_the_next_process(tmp_path):
    memory = Memory(tmp_path)
    memory.keep(KEPT)
    memory.obey("one")
    memory.keep_users("era", {"data": frozenset({"b", "a"}), "other": frozenset()})
    memory = reopened(memory, tmp_path)
    assert memory.datasets() == [KEPT]
    assert memory.recall(ORDER) == KEPT
    assert memory.installation == "one"
    assert memory.users("era") == {"data": frozenset({"a", "b"})}
    memory.close()


def test_an_order_for_an_unknown_dataset_begins_with_nothing(tmp_path):
    memory = Memory(tmp_path)
    assert memory.recall(ORDER) == Remembered(order=ORDER)
    assert memory.installation is None
    memory.close()


def test_nobody_uses_what_was_mounted_before_a_reboot(tmp_path):
    memory = Memory(tmp_path)
    memory.keep_users("before", {"data": frozenset({"a"})})
    assert memory.users("after") == {}
    memory.close()


def test_a_write_that_was_cut_short_leaves_what_was_there(tmp_path):
    memory = Memory(tmp_path)
    memory.keep(KEPT)
    (tmp_path / "datasets/d.json.new").write_text('{"order": {')
    memory = reopened(memory, tmp_path)
    assert memory.datasets() == [KEPT]
    assert not list(tmp_path.rglob("*.new"))
    memory.close()


def test_a_file_that_somebody_spoilt_is_told_and_not_passed_over(tmp_path):
    memory = Memory(tmp_path)
    (tmp_path / "datasets/d.json").write_text("{}")
    with pytest.raises(BadConfig, match=r"d\.json.*unmounted"):
        memory.datasets()
    memory.close()


def test_one_agent_has_the_directory(tmp_path):
    memory = Memory(tmp_path)
    assert is_running(tmp_path)
    with pytest.raises(AlreadyRuns, match="another agent"):
        Memory(tmp_path)
    memory.close()
    assert not is_running(tmp_path)


def test_the_epoch_of_a_dataset_that_left_is_kept_for_long_but_not_for_ever(tmp_path):
    memory = Memory(tmp_path)
    memory.keep(msgspec.structs.replace(KEPT, left=True))
    memory = reopened(memory, tmp_path)
    assert memory.recall(ORDER).order.epoch == 3
    path = tmp_path / "datasets/d.json"
    old = path.stat().st_mtime - FORGOTTEN_SECONDS - 1
    os.utime(path, (old, old))
    memory = reopened(memory, tmp_path)
    assert not path.exists()
    memory.close()
