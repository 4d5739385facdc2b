"""``python -m leasehold.emulator`` in the foreground."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.emulator.command import run


class Running:
    """The command in a process of its own, started and announced."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leasehold.emulator", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.announced: list[str] = []
        for line in self.process.stdout:
            self.announced.append(line.strip())
            if line.startswith("Ctrl-C"):
                break
        assert self.announced, self.process.communicate()[1]
        self.url = self.announced[0].removeprefix("OpenStack emulator: ")

    def clouds(self) -> Path:
        (line,) = [line for line in self.announced if "OS_CLIENT_CONFIG_FILE=" in line]
        return Path(line.partition("OS_CLIENT_CONFIG_FILE=")[2].split()[0])

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture
def running() -> Iterator[Running]:
    found = Running("--servers", "3")
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()


def test_it_says_where_it_is_and_how_to_reach_it(running: Running) -> None:
    with urllib.request.urlopen(f"{running.url}/_emulator/leftovers") as response:
        assert len(json.load(response)["servers"]) == 3
    clouds = running.clouds()
    assert json.loads(clouds.read_text())["clouds"]["demo"]["auth"]["auth_url"] == (
        f"{running.url}/identity/v3"
    )
    assert clouds.stat().st_mode & 0o777 == 0o600


def test_its_catalog_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    running = Running("--catalog", "rackspace", "--write-clouds", str(path))
    assert running.end(signal.SIGTERM) == 0
    assert json.loads(path.read_text())["clouds"]["demo"]["region_name"] == "DFW"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_takes_its_file_away(
    running: Running, number: signal.Signals
) -> None:
    clouds = running.clouds()
    assert running.end(number) == 0
    assert not clouds.exists()


def test_a_clouds_yaml_that_was_asked_for_stays(tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    running = Running("--write-clouds", str(path))
    assert running.end(signal.SIGTERM) == 0
    assert running.url in path.read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"host": "0.0.0.0"}, "does not listen on '0.0.0.0'"),
        ({"boot": "3,2,1"}, "out of order"),
        ({"delete": "soon"}, "LOW,USUAL,HIGH"),
        ({"port": 99999}, "--port: found 99999; allowed: 0 to 65535"),
        ({"servers": -1}, "--servers: found -1"),
        ({"catalog": "ancient"}, "there is no catalog 'ancient': the emulator has modern, old"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], wrong: dict[str, object], message: str
) -> None:
    assert run(**wrong) == 2  # type: ignore[arg-type]
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_taken_port_is_told_in_one_line(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    port = int(running.url.rpartition(":")[2])
    assert run(port=port) == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err


def test_a_clouds_yaml_that_cannot_be_written_is_told_by_its_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(write_clouds=Path("/proc/clouds.yaml")) == 1
    assert "--write-clouds /proc/clouds.yaml" in capsys.readouterr().err
