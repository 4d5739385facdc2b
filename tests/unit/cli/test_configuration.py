from pathlib import Path

import pytest

from leasehold.cli.configuration import find_config
from leasehold.cli.exits import UsageError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_the_file_named_is_taken_even_if_others_are_there() -> None:
    Path("leasehold.toml").touch()
    assert find_config(Path("other.toml")) == Path("other.toml")


def test_the_one_here_goes_before_the_users_own(elsewhere: Path) -> None:
    own = elsewhere / "config/leasehold/leasehold.toml"
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_config(None) == own
    Path("leasehold.toml").touch()
    assert find_config(None) == Path("leasehold.toml")


def test_without_any_the_places_and_the_way_out_are_told(elsewhere: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_config(None)
    for word in ("leasehold.toml", str(elsewhere / "config"), "/etc/leasehold", "leasehold init"):
        assert word in str(caught.value)
