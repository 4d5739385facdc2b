"""Builders: a service as a process of its own, and raw HTTP to it."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
PATIENCE = 60
"""Seconds for anything that takes a moment, on a machine that is busy with other things."""


class ServiceProcess:
    """`memory_service` with its address; its log is beside its files."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.options = options
        self.start()

    def start(self) -> None:
        program = [sys.executable, "-m", "tests.system.service.memory_service"]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*program, str(self.directory), *self.options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()
        assert self.url, self.log()
        # A restart must come back where its callers look for it.
        self.port = urlsplit(self.url).port or 0
        if "--listen" not in self.options:
            self.options = (*self.options, "--listen", f"127.0.0.1:{self.port}")

    def log(self) -> str:
        return (self.directory / "log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@contextmanager
def a_process(directory: Path, *options: str) -> Iterator[ServiceProcess]:
    """A service for the length of a block."""
    service = ServiceProcess(directory, *options)
    try:
        yield service
    finally:
        service.stop()


@contextmanager
def an_answer(
    service: ServiceProcess, method: str, path: str, body: object = None, **headers: str
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, whose body can still be read piece by piece."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)
    try:
        content = None if body is None else json.dumps(body)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, content, names)
        yield connection.getresponse()
    finally:
        connection.close()


def call(service: ServiceProcess, method: str, path: str, body: object = None) -> Any:
    """The JSON of one answer."""
    with an_answer(service, method, f"/api/v1{path}", body) as answer:
        return json.loads(answer.read())


def a_ready_lease(service: ServiceProcess, **wish: object) -> Any:
    """Lock, and wait until it is ready."""
    lease = call(service, "POST", "/leases", {"machine_type": "demo", **wish})
    while lease["state"] != "ready":
        lease = call(service, "GET", f"/leases/{lease['id']}?wait=30&state={lease['state']}")
    return lease
