"""``leasehold dns gateway`` as a process, and a caller that can send anything."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.system.dns.bind import ZONE, Bind


class Gateway:
    def __init__(self, bind: Bind, *options: str) -> None:
        command = [sys.executable, "-m", "leasehold", "dns", "gateway", "-d", ZONE, "-p", "0"]
        command += ["-K", str(bind.key_file), *options]
        command += [] if "-s" in options else ["-s", bind.place]
        self._log = (bind.directory / "gateway.log").open("w+")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, self.log()

    def get(self, query: str = "", **headers: str) -> tuple[int, str]:
        """GET with a query that is already quoted."""
        return self.call("GET", f"/update?{query}", **headers)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        if parts.scheme == "https":
            trusting = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=trusting)
        data = json.dumps(body) if body is not None else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body=data, headers=named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def raw(self, data: bytes) -> bytes:
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=20) as connection:
            connection.sendall(data)
            found = b""
            while more := connection.recv(65536):
                found += more
            return found

    def log(self) -> str:
        return Path(self._log.name).read_text()

    def changes(self) -> list[dict[str, object]]:
        """The audit lines."""
        lines = [json.loads(line) for line in self.log().splitlines()]
        return [line for line in lines if line["event"] == "gateway.changed"]

    def stop(self) -> int:
        self._process.terminate()
        code = self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
        return code


@contextlib.contextmanager
def a_gateway(bind: Bind, *options: str) -> Iterator[Gateway]:
    gateway = Gateway(bind, *options)
    try:
        yield gateway
    finally:
        gateway.stop()
