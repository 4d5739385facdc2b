"""The socket where Docker and Podman find the agent."""

import http.server
import socketserver
import stat
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import structlog

from leasehold.datasets.agent.docker import DockerVolumes
from leasehold.datasets.agent.errors import BadConfig

_log = structlog.get_logger()

_LONGEST_BODY = 1 << 20
_IDLE_SECONDS = 300.0
"""A connection on which nothing is asked for so long is closed; clients keep them."""
_CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json"


class PluginSocket:
    """Open from `start` to `stop`; for root alone: whoever can use it can have any dataset."""

    def __init__(self, path: Path, volumes: DockerVolumes) -> None:
        self.path = path
        self._volumes = volumes
        self._server: _Server | None = None

    def start(self) -> None:
        """Raises `BadConfig` when the path cannot be used."""
        path = self.path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
                path.unlink()  # left by one that was killed; the state's lock keeps a second away
            self._server = _Server(str(path), self._volumes)
        except OSError as error:
            raise BadConfig(f"docker_socket {path}: {error.strerror or error}") from error
        path.chmod(0o600)
        Thread(target=self._server.serve_forever, name="docker", daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self.path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, path: str, volumes: DockerVolumes) -> None:
        self.volumes = volumes
        super().__init__(path, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "leasehold"
    sys_version = ""
    timeout = _IDLE_SECONDS
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._answer(413, {"Err": f"the body is longer than {_LONGEST_BODY} bytes"})
            return
        status, document = self.server.volumes.answer(self.path, self.rfile.read(int(length)))
        if status != 200:
            _log.warning("docker.refused", call=self.path, status=status, error=document["Err"])
        self._answer(status, document)

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        text = msgspec.json.encode(document)
        self.send_response(status)
        self.send_header("Content-Type", _CONTENT_TYPE)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's
        """Refusals are logged above; the rest is Docker's."""
