"""What is known of mounts without mounting anything."""

from pathlib import Path

import pytest

from leasehold.datasets.agent import mounts


def test_nothing_is_known_to_be_gone_where_sysfs_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mounts, "_DEVICES", tmp_path / "block")
    assert not mounts.is_gone("254:16")
    (tmp_path / "block").mkdir()
    assert mounts.is_gone("254:16")
    (tmp_path / "block" / "254:16").mkdir()
    assert not mounts.is_gone("254:16")
