"""agent.toml and the token beside it."""

from pathlib import Path

import pytest

from leasehold.datasets.agent.config import AgentConfig, load, read_token
from leasehold.datasets.agent.errors import BadConfig

LEAST = 'service = "https://lab.test"\ntoken_file = "token"\n'


def loaded(tmp_path: Path, text: str) -> AgentConfig:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    return load(path)


def test_two_settings_are_enough_and_paths_are_from_the_files_directory(tmp_path):
    config = loaded(tmp_path, LEAST + 'authority = "ca.pem"\n')
    assert config.token_file == tmp_path / "token"
    assert config.authority == tmp_path / "ca.pem"
    assert config.directory == Path("/var/lib/leasehold/datasets")
    assert config.docker_socket == "/run/docker/plugins/leasehold/leasehold.sock"


def test_an_empty_socket_stays_off(tmp_path):
    assert loaded(tmp_path, LEAST + 'docker_socket = ""\n').docker_socket == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LEAST + "tokn = 1\n", "unknown field `tokn`; settings are service, token_file"),
        ('token_file = "token"\n', "missing required field `service`"),
        (LEAST.replace("https://", ""), "service: found 'lab.test'; allowed: a http or https URL"),
        (LEAST.replace("lab.test", "lab.test:http"), "allowed: a http or https URL"),
        (LEAST.replace("lab.test", ""), "allowed: a http or https URL"),
        (LEAST + "mount_options = 1\n", r"Expected `str`, got `int` - at `\$.mount_options`"),
        ("service =", "Invalid value"),
    ],
)
def test_a_bad_configuration_is_told_with_its_file_and_what_is_allowed(tmp_path, text, told):
    with pytest.raises(BadConfig, match=told) as caught:
        loaded(tmp_path, text)
    assert str(tmp_path / "agent.toml") in str(caught.value)


def test_a_token_that_others_can_read_is_refused_and_not_shown(tmp_path):
    path = tmp_path / "token"
    path.write_text("secret-token\n")
    path.chmod(0o640)
    with pytest.raises(BadConfig, match="chmod 600") as caught:
        read_token(path)
    assert "secret-token" not in str(caught.value)
    path.chmod(0o600)
    assert read_token(path) == "secret-token"


@pytest.mark.parametrize("text", ["", "two words", "two\nlines"])
def test_what_is_no_token_is_refused(tmp_path, text):
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BadConfig, match="found no token"):
        read_token(path)


def test_a_token_that_is_not_there_is_told_how_to_make(tmp_path):
    with pytest.raises(BadConfig, match="leasehold agent token NODE"):
        read_token(tmp_path / "token")
