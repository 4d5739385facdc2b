"""The table of paddles' listener: what it must not say is told by its key."""

from pathlib import Path

import pytest

from leasehold.lab.config import PaddlesConfig, load
from leasehold.lab.table import ConfigError


def a_config(directory: Path, text: str) -> PaddlesConfig | None:
    path = directory / "leasehold.toml"
    path.write_text(text)
    return load(path).paddles


def test_an_empty_table_listens_on_loopback_and_none_does_not_listen(tmp_path: Path):
    found = a_config(tmp_path, "[paddles]\n")
    assert found is not None
    assert found.listen == "127.0.0.1:8081"
    assert a_config(tmp_path, "") is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('secret = "open sesame"', r"paddles\.secret: found another text \(not shown\)"),
        ('allow = ["10.0.0.1/8"]', r"paddles\.allow: found '10\.0\.0\.1/8'.*10\.1\.0\.0/16"),
        ('patience = "long"', r"paddles\.patience: found 'long'"),
        ('domain = "-.example"', r"paddles\.domain: found '-\.example'"),
        ("port = 8081", r"paddles\.port: found an unknown key"),
    ],
)
def test_a_wrong_key_names_what_was_found_and_what_is_allowed(tmp_path: Path, line: str, told: str):
    with pytest.raises(ConfigError, match=told) as found:
        a_config(tmp_path, f"[paddles]\n{line}\n")
    assert "sesame" not in str(found.value)
