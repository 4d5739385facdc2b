"""A control side of few thoughts: it says to agents what a test has it say, over the real protocol."""

import http.server
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from leasehold.datasets.model import Dataset, DatasetState, DatasetWish
from leasehold.datasets.protocol import (
    DatasetReport,
    FormatPermit,
    Order,
    Orders,
    Report,
    Want,
)

LONG = 60.0


class Conflict(Exception):
    """What `on_fetch` may say."""


class StandIn:
    """Orders of each node by its token, and the newest report of each."""

    def __init__(self, installation: str = "one") -> None:
        self.installation = installation
        self.orders: dict[str, dict[str, Order]] = {}
        self.reports: dict[str, Report] = {}
        self.all_reports: list[tuple[str, Report]] = []
        self.datasets: dict[str, Dataset] = {}
        self.asked: list[tuple[str, str, str]] = []
        """Node, verb and name of what was asked for datasets."""
        self.on_create: Callable[[str, DatasetWish], Dataset] | None = None
        self.on_fetch: Callable[[str, str], None] | None = None
        self.refusal: tuple[int, str, str] | None = None
        self._number = 1
        self.changed = threading.Condition()
        stand_in = self

        class Handler(_Handler):
            control = stand_in

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self.changed:
            self._number += 1
            self.changed.notify_all()

    def order(self, node: str, order: Order) -> None:
        with self.changed:
            self.orders.setdefault(node, {})[order.dataset] = order
            self._number += 1
            self.changed.notify_all()

    def withdraw(self, node: str, dataset: str) -> None:
        with self.changed:
            del self.orders[node][dataset]
            self._number += 1
            self.changed.notify_all()

    def answer(self, node: str) -> Orders:
        return Orders(
            number=self._number,
            node=node,
            installation=self.installation,
            datasets=tuple(self.orders.get(node, {}).values()),
            report_every=1.0,
        )

    def hear(self, node: str, report: Report) -> Orders:
        with self.changed:
            self.reports[node] = report
            self.all_reports.append((node, report))
            self.changed.notify_all()
            return self.answer(node)

    def wait_orders(self, node: str, after: int | None, seconds: float) -> Orders:
        with self.changed:
            self.changed.wait_for(lambda: self._number != after, seconds)
            return self.answer(node)

    def await_report(
        self, node: str, dataset: str, true: Callable[[DatasetReport], bool], seconds: float = LONG
    ) -> DatasetReport:
        """The first report of a dataset of which that is true."""

        def found() -> DatasetReport | None:
            report = self.reports.get(node)
            for each in report.datasets if report else ():
                if each.dataset == dataset and true(each):
                    return each
            return None

        with self.changed:
            assert self.changed.wait_for(found, seconds), self.reports.get(node)
            report = found()
        assert report is not None
        return report


def an_order(volume: str, **fields: Any) -> Order:
    """To mount a new dataset on a volume of 1 GiB that was made for it."""
    dataset = fields.pop("dataset", str(uuid.uuid4()))
    permitted = fields.pop("permitted", True)
    return Order(
        **{
            "dataset": dataset,
            "name": "data",
            "epoch": 1,
            "want": Want.MOUNTED,
            "volume": volume,
            "size_bytes": 1 << 30,
            "format": FormatPermit(dataset=dataset, volume=volume) if permitted else None,
            **fields,
        }
    )


def a_dataset(name: str, **fields: Any) -> Dataset:
    moment = datetime.now(UTC)
    return Dataset(
        **{
            "id": str(uuid.uuid4()),
            "name": name,
            "owner": "docker",
            "cloud": "c",
            "size_gib": 1,
            "state": DatasetState.MOUNTED,
            "since": moment,
            "created_at": moment,
            "epoch": 1,
            **fields,
        }
    )


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Agents are killed while they wait."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    control: StandIn

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        node = self._node()
        if path.endswith("/datasets"):
            self._send(200, list(self.control.datasets.values()))
            return
        asked = dict(urllib.parse.parse_qsl(query))
        after = int(asked["after"]) if "after" in asked else None
        self._send(200, self.control.wait_orders(node, after, float(asked["wait"])))

    def do_POST(self) -> None:
        node = self._node()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.endswith("/report"):
            report = msgspec.json.decode(body, type=Report)
            self._send(200, self.control.hear(node, report))
        elif self.path.endswith("/fetch"):
            self._ask(node, "fetch", urllib.parse.unquote(self.path.split("/")[-2]))
        else:
            wish = msgspec.json.decode(body, type=DatasetWish)
            if self.control.refusal is None and wish.name not in self.control.datasets:
                made = (
                    self.control.on_create(node, wish)
                    if self.control.on_create
                    else a_dataset(wish.name, size_gib=wish.size_gib or 75)
                )
                self.control.datasets[wish.name] = made
            self._ask(node, "create", wish.name)

    def do_DELETE(self) -> None:
        self._ask(self._node(), "delete", urllib.parse.unquote(self.path.split("/")[-1]))

    def _ask(self, node: str, verb: str, name: str) -> None:
        control = self.control
        control.asked.append((node, verb, name))
        if control.refusal is not None:
            status, code, message = control.refusal
            self._send(status, {"error": {"code": code, "message": message}})
            return
        dataset = control.datasets[name]
        try:
            if verb == "fetch" and control.on_fetch is not None:
                control.on_fetch(node, name)
        except Conflict as conflict:
            self._send(409, {"error": {"code": "held", "message": str(conflict)}})
            return
        if verb == "delete":
            del control.datasets[name]
        self._send(200, dataset)

    def _node(self) -> str:
        """The tokens of the tests are the names of their nodes, with a prefix."""
        return self.headers["authorization"].removeprefix("Bearer token-of-")

    def _send(self, status: int, document: object) -> None:
        text = msgspec.json.encode(document)
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        pass


def until(true: Callable[[], bool], seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
