"""Emulators on real ports, and how to reach them with the clients others wrote."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from leasehold.emulator import Delays, Emulator, fixed

QUICK = Delays(
    boot=fixed(0.2), delete=fixed(0.1), action=fixed(0.1), volume=fixed(0.1), image=fixed(0.1)
)
BIN = Path(sys.executable).parent


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator of this test's own, quick in all it does."""
    with Emulator(delays=QUICK, seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    """One emulator for a whole module; each test cleans up what it makes."""
    with Emulator(delays=QUICK, seed=1) as running:
        yield running


class Commands:
    """The command-line clients, as a person has them: a clouds.yaml or variables, and JSON out."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        clouds = directory / "clouds.yaml"
        clouds.write_text(emulator.clouds_yaml())
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        self._env = {
            **kept,
            "HOME": str(directory),
            "OS_CLIENT_CONFIG_FILE": str(clouds),
            "PYTHONWARNINGS": "ignore",
        }

    def openstack(self, *words: str, cloud: str = "demo") -> Any:
        """``openstack --os-cloud CLOUD WORDS``; the decoded JSON, or None where none is printed."""
        command = [str(BIN / "openstack"), "--os-cloud", cloud, *words]
        if not {"delete", "add", "remove", "set"} & set(words):
            command += ["-f", "json"]
        done = subprocess.run(command, env=self._env, capture_output=True, timeout=100)
        assert done.returncode == 0, done.stderr.decode()
        return (
            msgspec.json.decode(done.stdout)
            if done.stdout.strip().startswith((b"{", b"["))
            else None
        )


@pytest.fixture
def commands(shared: Emulator, tmp_path: Path) -> Commands:
    return Commands(shared, tmp_path)
