"""Builders: the command as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.system.service.processes import PATIENCE


class Command:
    """``leasehold`` with a home of its own and one service to talk to."""

    def __init__(self, home: Path, server: str) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if "LEASEHOLD" not in name},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "LEASEHOLD_SERVER": server,
            "LEASEHOLD_OWNER": "ann@test",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command; its output is for the caller to read."""
        return subprocess.Popen(
            [sys.executable, "-m", "leasehold", *arguments],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)
