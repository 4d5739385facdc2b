"""One machine as two servers of a cloud: an emulator with disks, and an agent for each server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from leasehold.emulator import Emulator
from leasehold.openstack import connect
from leasehold.openstack.connection import Connection
from tests.system.datasets.agent.stand_in import StandIn, until

BIN = Path(sys.executable).parent


class Node:
    """A server with its agent, which is a process of its own."""

    def __init__(
        self, name: str, server_id: str, directory: Path, disks: Path, service: str, token: str
    ) -> None:
        self.name = name
        self.server_id = server_id
        self.directory = directory / name
        self.directory.mkdir()
        self.mounts = self.directory / "mounts"
        self.socket = self.directory / "plugins/leasehold.sock"
        self._disks = disks / "servers" / server_id
        self._process: subprocess.Popen[str] | None = None
        file = self.directory / "token"
        file.write_text(f"{token}\n")
        file.chmod(0o600)
        self.config = self.directory / "agent.toml"
        self.configure(service)

    def configure(self, service: str, **settings: object) -> None:
        lines = {
            "service": service,
            "token_file": "token",
            "server_id": self.server_id,
            "directory": "mounts",
            "state": "state",
            "docker_socket": "plugins/leasehold.sock",
            **settings,
        }
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        places = {"sys_block": f"{self._disks}/sys/block", "by_id": f"{self._disks}/by-id"}
        text += "[places]\n" + "".join(f'{name} = "{value}"\n' for name, value in places.items())
        self.config.write_text(text)

    def start(self, **environment: str) -> None:
        self.launch(**environment)
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("agent of server"), self.log()

    def launch(self, **environment: str) -> None:
        """Start it, without waiting for it: it may be about to die."""
        command = [str(BIN / "leasehold"), "agent", "--config", str(self.config)]
        with (self.directory / "agent.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **environment},
            )

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a crash does; a program that it started may live on for a moment, as it then does too."""
        self._end(signal.SIGKILL)

    def kill_unless_done(self) -> None:
        """The same from another thread, for a moment that may be too late."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def await_death(self) -> int:
        assert self._process is not None
        return self._process.wait(60)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def log(self) -> str:
        return (self.directory / "agent.log").read_text()

    def status(self) -> tuple[int, Any]:
        command = [
            str(BIN / "leasehold"),
            "agent",
            "status",
            "--config",
            str(self.config),
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    def place(self, dataset: str) -> Path:
        return self.mounts / dataset

    def clear(self) -> None:
        """End it, with all that it mounted, as the end of its server would."""
        self.kill()
        for place in self.mounts.glob("*"):
            subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)


class Site:
    def __init__(self, emulator: Emulator, control: StandIn, directory: Path, disks: Path) -> None:
        self.emulator = emulator
        self.control = control
        self.directory = directory
        self.disks = disks
        self.cloud: Connection = connect(
            auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
        )
        one, two = emulator.seed_servers(2)
        self.one, self.two = self._node("one", one.id), self._node("two", two.id)

    def close(self) -> None:
        self.one.clear()
        self.two.clear()

    def _node(self, name: str, server_id: str) -> Node:
        token = f"token-of-{name}"
        return Node(name, server_id, self.directory, self.disks, self.control.url, token)

    def volume(self, node: Node | None = None, **fields: Any) -> str:
        """A volume of 1 GiB, attached to the node's server if there is one."""
        volume = self.cloud.volume.create_volume(**{"size": 1, **fields}).id
        self.await_status(volume, "available")
        if node is not None:
            self.attach(volume, node)
        return volume

    def attach(self, volume: str, node: Node) -> None:
        self.cloud.compute.create_volume_attachment(node.server_id, volume_id=volume)
        self.await_status(volume, "in-use")

    def detach(self, volume: str, node: Node) -> None:
        self.cloud.compute.delete_volume_attachment(node.server_id, volume)
        self.await_status(volume, "available")

    def await_status(self, volume: str, status: str) -> None:
        until(lambda: self.cloud.volume.volume(volume).status == status)

    def hide(self, volume: str, node: Node) -> None:
        """Show the serial of an attached volume no more, neither as sysfs does nor as udev does."""
        shown = self.disks / "servers" / node.server_id
        device = self.device(volume, node)
        (shown / "by-id" / f"virtio-{volume[:20]}").unlink()
        (shown / "sys/block" / device.name / "serial").unlink()

    def device(self, volume: str, node: Node) -> Path:
        link = self.disks / "servers" / node.server_id / "by-id" / f"virtio-{volume[:20]}"
        return link.resolve(strict=True)
