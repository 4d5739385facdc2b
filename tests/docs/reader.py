"""Somebody who types what a page shows, on a machine where the page's cloud and service run."""

import os
import re
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.docs.page import Block

from leasehold.emulator import Emulator

WRITTEN = "127.0.0.1:8484"
"""The service's address on the pages; another one is put in its place, for it may be taken."""

_PATIENCE = 60.0
_CONFIG = """
[service]
listen = "{address}"

[clouds.demo]
cloud = "mycloud"

[datasets]

[machine_types.demo]
cloud = "demo"
image = "debian-12"
flavor = "small"
nodes = 8
duration = "1h"
ssh_user = "debian"
{ssh}"""
"""That of the demo, on which the pages say that their examples run."""


class Reader:
    """Runs a page's blocks in order, in a directory and a home of their own."""

    def __init__(self, directory: Path, emulator: Emulator) -> None:
        self.directory = directory
        self._emulator = emulator
        self._address = f"127.0.0.1:{_free_port()}"
        self._processes: list[subprocess.Popen[str]] = []
        self._leases: dict[str, str] = {}
        """The ids that the page made up, and those that the service gave here."""
        clouds = emulator.clouds_yaml().replace('"demo": {', '"mycloud": {', 1)
        (directory / "clouds.yaml").write_text(clouds)
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "OS_CLIENT_CONFIG_FILE": str(directory / "clouds.yaml"),
            "LEASEHOLD_SERVER": f"http://{self._address}",
            "LEASEHOLD_OWNER": "ann@lab",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(_PATIENCE)
            assert process.stdout is not None
            process.stdout.close()

    def here(self, text: str) -> str:
        """The text of a page with the address and the leases that there are here."""
        for written, given in self._leases.items():
            text = text.replace(written, given)
        return text.replace(WRITTEN, self._address)

    def serve(self) -> None:
        """Run the service of the page's machine type."""
        config = _CONFIG.format(address=self._address, ssh=self._ssh)
        (self.directory / "leasehold.toml").write_text(config)
        self.start("leasehold serve")

    @property
    def _ssh(self) -> str:
        """Keys of a machine type that fit the guests of this machine.

        Without a container cloud-init never runs, so SSH is the best proof there; and not
        everybody may listen on port 22.
        """
        guests = self._emulator.guests
        assert guests is not None
        proof = "sentinel" if guests.mode == "container" else "ssh"
        return f'ready = "{proof}"\nssh_port = {guests.ssh_port}\n'

    def start(self, command: str) -> None:
        """Run a command in the background; return when it has printed its first line."""
        self._settle_configuration()
        with (self.directory / "stderr").open("a") as errors:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.directory,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._processes.append(process)
        assert process.stdout is not None
        if not process.stdout.readline():
            raise AssertionError(f"`{command}` ended:\n{(self.directory / 'stderr').read_text()}")

    def _settle_configuration(self) -> None:
        """Fit a configuration that the page has written to this machine."""
        file = self.directory / "leasehold.toml"
        if not file.exists():
            return
        text = self.here(file.read_text())
        if "\nready" not in text:
            text = text.replace("\nssh_user", f"\n{self._ssh}ssh_user")
        file.write_text(text)

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of a command, and what it wrote to either output."""
        done = subprocess.run(
            ["bash", "-c", self.here(command)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    def type(self, block: Block) -> Iterator[str]:
        """Run the commands of a block; yield what went otherwise than the page says."""
        kind, _, value = block.mark.partition(": ")
        for command, shown in commands_of(block):
            if block.mark == "in the background":
                self.start(self.here(command))
                continue
            began = time.monotonic()
            code, output = self.run(command)
            wanted = int(value) if kind == "exit code" else 0
            if code != wanted:
                seconds = time.monotonic() - began
                yield f"`{command}` ended with {code} after {seconds:.0f} s, not {wanted}:\n{output}"
                return
            for line in shown:
                printed = _find(line, output)
                if printed is None:
                    yield f"`{command}` does not print {line!r}, but:\n{output}"
                else:
                    self._leases |= zip(_LEASE.findall(line), _LEASE.findall(printed), strict=False)


@contextmanager
def reading(directory: Path, emulator: Emulator, *, with_service: bool) -> Iterator[Reader]:
    with Reader(directory, emulator) as reader:
        if with_service:
            reader.serve()
        yield reader


def commands_of(block: Block) -> Iterator[tuple[str, list[str]]]:
    """The commands of a block, each with the lines that the page shows as its output."""
    if block.language == "sh":
        yield block.text, []
        return
    text = block.text.replace("\\\n", "")
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        shown = [line for line in textwrap.dedent(output).splitlines() if line.strip()]
        yield command, [line for line in shown if line.strip() != "..."]


_LEASE = re.compile(r"lease-[0-9a-f]{10}")
_VARIES = (
    _LEASE.pattern,
    r"(server|port|volume|floating-ip|attachment)-[0-9a-f]{15}",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"req-[0-9a-f-]+",
    r"ssh-ed25519 \S+",
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*",
    r"\b127\.\d+\.\d+\.\d+(:\d+)?\b",
    r"\b\d+[dhms](\d+[hms])?\b",
    r"\b\d+\.\d+ ?s\b",
    r"\b\d{2,}\b",
)
"""What is another one on each run: ids, keys, times, addresses, durations, long numbers."""


def _find(line: str, output: str) -> str | None:
    """The printed line that is the one of the page; ``...`` in that stands for anything."""
    pattern = re.compile(re.escape(_even(line)).replace(r"\.\.\.", ".*"))
    return next((each for each in output.splitlines() if pattern.fullmatch(_even(each))), None)


def _even(line: str) -> str:
    for pattern in _VARIES:
        line = re.sub(pattern, "#", line)
    return " ".join(line.split())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
