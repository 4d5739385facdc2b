"""The unmodified teuthology client as a person runs it: a home, a ~/.teuthology.yaml, a resolver."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from leasehold.emulator.guests.keeper import probe

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / ".venv-teuthology/bin/teuthology-lock"
PATIENCE = 110
"""Seconds for one command: teuthology waits 20 s for each machine that it makes, by the clock."""

RESOLVER = "127.0.0.1"
"""Where BIND has to listen, on port 53: that is all that a resolv.conf can say."""


def need_client() -> None:
    """Skip where the client or what it needs is not there; in CI it has to be."""
    missing = _missing()
    assert not missing or "CI" not in os.environ, missing
    if missing:
        pytest.skip(missing)


def _missing() -> str:
    if not PROGRAM.exists():
        return "no teuthology here: make teuthology"
    if not all(map(shutil.which, ("ssh", "ssh-keyscan", "ssh-keygen", "unshare"))):
        return "no OpenSSH client here: apt-get install openssh-client"
    if os.geteuid() != 0:
        return "names that the resolver finds take root: port 53, and a resolv.conf of one's own"
    if refusal := probe():
        return f"machines that run cloud-init take containers, which the kernel refuses: {refusal}"
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        try:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind((RESOLVER, 53))
            udp.bind((RESOLVER, 53))
        except OSError as error:
            return f"port 53 of {RESOLVER} is not to be had: {error.strerror}"
    return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class Client:
    """Somebody with an SSH key and a ~/.teuthology.yaml, whose machine looks names up in a domain."""

    def __init__(self, home: Path, domain: str) -> None:
        self.home = home
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        (home / ".cache").mkdir()
        key = ["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", str(home / ".ssh/id_rsa")]
        subprocess.run(key, check=True)
        # Before it unlocks, the client signs in to a node, and does not say as whom.
        (home / ".ssh/config").write_text(f"Host *.{domain}\n    User ubuntu\n")
        lines = f"search {domain}\nnameserver {RESOLVER}\noptions timeout:1 attempts:2\n"
        (home / "resolv.conf").write_text(lines)
        self.owner = f"ann@{socket.gethostname()}"

    def configure(self, **settings: Any) -> Path:
        """Write ~/.teuthology.yaml."""
        path = self.home / ".teuthology.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """``teuthology-lock WORDS``."""
        return self.run(str(PROGRAM), *words)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command where /etc/resolv.conf is this person's, seen by nobody else."""
        mounted = 'mount --bind "$HOME/resolv.conf" /etc/resolv.conf && exec "$@"'
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", mounted, "-", *command],
            env={
                "HOME": str(self.home),
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "LOGNAME": "ann",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def targets(self, *words: str) -> dict[str, str]:
        """The targets that a command prints: host keys by name."""
        return dict(yaml.safe_load(self.succeeds(*words))["targets"])

    def listed(self, *words: str) -> list[dict[str, Any]]:
        """The nodes that ``--list`` prints."""
        return list(json.loads(self.succeeds("--list", *words)))

    def succeeds(self, *words: str) -> str:
        """What a command prints that has to succeed."""
        done = self(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout
