"""The command's way to the service, with something else in between."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from leasehold.cli import attempt
from leasehold.cli.attempt import Attempt
from leasehold.cli.client import Client, Refused
from leasehold.cli.exits import Unreachable
from leasehold.lab.model import Lease, LeaseId, LeaseState, Wish

LEASE = Lease(
    id=LeaseId("lease-1"),
    machine_type="demo",
    count=1,
    owner="ann",
    purpose="",
    state=LeaseState.WAITING,
    epoch=1,
    created_at=datetime.now(UTC),
    seconds=3600,
)


class Proxy(HTTPServer):
    """Answers as a proxy does whose service restarts, then with what it was given."""

    def __init__(self) -> None:
        self.bad: list[int] = []
        self.good = b"[]"
        self.asked: list[tuple[str, str | None, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        proxy = self.server
        key, bearer = self.headers["idempotency-key"], self.headers["authorization"]
        proxy.asked.append((self.command, key, bearer))
        self.rfile.read(int(self.headers["content-length"] or 0))
        status = proxy.bad.pop(0) if proxy.bad else 200
        self.send_response(status)
        self.end_headers()
        self.wfile.write(proxy.good if status == 200 else b"<html>Bad Gateway</html>")

    do_POST = do_GET  # noqa: N815 - the name that its base calls

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.02,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_whose_service_is_away_counts_as_no_answer(proxy: Proxy, status: int) -> None:
    proxy.bad = [status]
    with pytest.raises(Unreachable, match=f"a proxy there answers {status}") as lost:
        Client(proxy.url).get(list[str], "/nodes")
    assert lost.value.reached


def test_another_answer_that_is_not_ours_is_told_with_its_status(proxy: Proxy) -> None:
    proxy.bad = [404]
    with pytest.raises(Refused, match="no Leasehold"):
        Client(proxy.url).get(list[str], "/nodes")


def test_a_lock_whose_answer_a_proxy_lost_is_asked_for_again_with_its_key(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_PAUSE", 0.01)
    proxy.bad, proxy.good = [502, 504], msgspec.json.encode(LEASE)
    lease = Attempt(Client(proxy.url), Wish(machine_type="demo", key="k")).ask()
    assert lease.id == "lease-1"
    assert [(verb, key) for verb, key, _ in proxy.asked] == [("POST", "k")] * 3


def test_the_line_end_of_a_tokens_file_is_no_part_of_it(proxy: Proxy) -> None:
    Client(proxy.url, token="lh_abc\n").get(list[str], "/nodes")
    assert proxy.asked == [("GET", None, "Bearer lh_abc")]
