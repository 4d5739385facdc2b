"""A proxy that is named is used for everything, sign-in included."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from leasehold.emulator import Emulator

from .conftest import connected


class Forward(BaseHTTPRequestHandler):
    """Sends on what it is asked for, and counts."""

    asked: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                self.command,
                self.path,
                data=self.rfile.read(length),
                headers=dict(self.headers),
                timeout=30,
            )
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("transfer-encoding", "content-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_POST = do_GET  # noqa: N815 - http.server's name


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    handler = type("Counting", (Forward,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


def test_all_requests_go_through_the_proxy(emulator: Emulator, proxy, monkeypatch) -> None:
    url, asked = proxy
    monkeypatch.setenv("no_proxy", "127.0.0.1")  # requests would let it go before the argument
    with connected(emulator, proxy_url=url) as cloud:
        assert next(cloud.compute.flavors()).name == "tiny"
    assert asked[0] == f"{emulator.auth_url}/auth/tokens"
    assert len(asked) == emulator.requests.total == 2
