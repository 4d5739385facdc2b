import os
from pathlib import Path

import pytest

from leasehold.files import replace_file


@pytest.mark.parametrize("content", ["new", b"new"])
def test_a_file_is_replaced_with_its_mode_and_nothing_is_left_beside_it(
    tmp_path: Path, content: str | bytes
) -> None:
    path = tmp_path / "key"
    path.write_text("old")
    replace_file(path, content, 0o600, durable=True)
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_what_a_crash_left_behind_does_not_let_others_read_a_secret(tmp_path: Path) -> None:
    left = tmp_path / ".key.new"
    left.touch()
    left.chmod(0o644)
    replace_file(tmp_path / "key", "secret", 0o600)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, "new", 0o600, durable=True)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["key"]
