"""All of it on one machine: a cloud with disks, the service, and an agent on each of two servers."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from leasehold.emulator import Emulator
from tests.system.datasets.agent.site import BIN, Node
from tests.system.datasets.agent.stand_in import until

CONFIG = """
[service]
listen = "127.0.0.1:{port}"
database = "ledger.db"

[clouds.c.auth]
auth_url = "{auth_url}"
username = "demo"
password = "demo"
project_name = "demo"
user_domain_name = "Default"
project_domain_name = "Default"

[datasets]

[dataset_profiles.default]
size_gib = 1

[flocker]
listen = "127.0.0.1:{flocker_port}"
certificates = "certificates"
"""


class Whole:
    def __init__(self, emulator: Emulator, directory: Path, disks: Path) -> None:
        self.emulator = emulator
        self.directory = directory
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as other:
            port = taken.getsockname()[1]
            other.bind(("127.0.0.1", 0))
            self.flocker_port = other.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._config = directory / "leasehold.toml"
        ports = {"port": port, "flocker_port": self.flocker_port}
        self._config.write_text(CONFIG.format(**ports, auth_url=emulator.auth_url))
        self.certificates = directory / "certificates"
        self.ca("init", "lab")
        self.ca("control", "127.0.0.1", "--output", str(self.certificates))
        self._process: subprocess.Popen[str] | None = None
        self.start()
        one, two = emulator.seed_servers(2)
        self.one = self._node("one", one.id, disks)
        self.two = self._node("two", two.id, disks)

    def start(self) -> None:
        command = [sys.executable, "-m", "leasehold", "serve", "--config", str(self._config)]
        with (self.directory / "service.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.directory, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("http"), self.log()

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def close(self) -> None:
        self.one.clear()
        self.two.clear()
        self._end(signal.SIGTERM)

    def log(self) -> str:
        return (self.directory / "service.log").read_text()

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`leasehold` as a person calls it."""
        environment = {**os.environ, "LEASEHOLD_SERVER": self.url, "LEASEHOLD_OWNER": "ann"}
        done = subprocess.run(
            [str(BIN / "leasehold"), *words],
            env={**environment, "HOME": str(self.directory)},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr + self.log()
        return done

    def ca(self, *words: str) -> None:
        """`leasehold ca` for the cluster's authority."""
        command = [str(BIN / "leasehold"), "ca", *words, "--directory", str(self.certificates)]
        subprocess.run(command, capture_output=True, check=True)

    def shown(self, name: str) -> dict[str, Any]:
        found = json.loads(self.command("dataset", "list", "--json").stdout)
        (dataset,) = [each for each in found if each["name"] == name]
        return dict(dataset)

    def await_mounted(self, name: str, node: Node) -> Path:
        def mounted() -> bool:
            shown = self.shown(name)
            return (shown["state"], shown["node"]) == ("mounted", node.name)

        until(mounted)
        return Path(self.shown(name)["path"])

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def _node(self, name: str, server_id: str, disks: Path) -> Node:
        token = self.command("agent", "token", name).stdout.strip()
        return Node(name, server_id, self.directory, disks, self.url, token)
