import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator import Emulator
from tests.system.service.processes import PATIENCE

from .commands import Command

CONFIG = """
[service]
listen = "{listen}"

[clouds.demo]
cloud = "demo"

[machine_types.demo]
cloud = "demo"
image = "debian-12"
flavor = "small"
ready = "active"
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Emulator]:
    with Emulator() as cloud:
        yield cloud


@pytest.fixture
def leasehold(cloud: Emulator, tmp_path: Path) -> Command:
    command = Command(tmp_path, "")
    (tmp_path / "clouds.yaml").write_text(cloud.clouds_yaml())
    command.environment["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "clouds.yaml")
    return command


def configured(leasehold: Command, listen: str = "127.0.0.1:0", more: str = "") -> None:
    (leasehold.home / "leasehold.toml").write_text(CONFIG.format(listen=listen) + more)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_address_answers_and_ends_on_a_signal(
    leasehold: Command, number: int
) -> None:
    configured(leasehold)
    process = leasehold.start("serve")
    assert process.stdout is not None
    leasehold.environment["LEASEHOLD_SERVER"] = process.stdout.readline().strip()
    assert "demo" in leasehold("machine-types").stdout
    process.send_signal(number)
    _, log = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in log
    assert str(leasehold.home / ".leasehold/known_hosts") in log


def test_a_port_in_use_says_what_to_do(leasehold: Command, cloud: Emulator) -> None:
    configured(leasehold, f"127.0.0.1:{cloud.port}")
    done = leasehold("serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is in use" in done.stderr
    assert "set another `listen`" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_open_listener_without_tokens_is_refused(leasehold: Command) -> None:
    configured(leasehold, "0.0.0.0:0")
    done = leasehold("serve")
    assert done.returncode == 1
    assert "leasehold token NAME" in done.stderr


def test_a_second_service_on_one_ledger_is_refused(leasehold: Command) -> None:
    configured(leasehold)
    process = leasehold.start("serve")
    assert process.stdout is not None
    assert process.stdout.readline()
    second = leasehold("serve")
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert (second.returncode, second.stdout) == (1, "")
    assert "Traceback" not in second.stderr
    assert "ledger" in second.stderr


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[servce]\n", ["servce", "service"]),
        ("colour = 1\n", ["machine_types.demo.colour"]),
        ("nodes = 'many'\n", ["machine_types.demo.nodes", "many"]),
        ("nodes =\n", ["leasehold.toml", "TOML"]),
    ],
)
def test_a_wrong_configuration_names_file_key_found_and_allowed(
    leasehold: Command, more: str, told: list[str]
) -> None:
    configured(leasehold, more=more)
    done = leasehold("serve")
    assert done.returncode == 2
    assert str(Path("leasehold.toml")) in done.stderr
    for word in told:
        assert word in done.stderr


def test_an_unknown_cloud_is_told_before_anything_starts(leasehold: Command) -> None:
    configured(leasehold, more='[clouds.other]\ncloud = "dmeo"\n')
    done = leasehold("serve")
    assert done.returncode == 1
    assert "demo" in done.stderr
    assert "Traceback" not in done.stderr
