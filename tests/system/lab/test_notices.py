"""Notices reach a real mail server and a real web server, through failures and restarts."""

import hmac
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from leasehold.lab import records
from leasehold.lab.config import MailConfig, WebhookConfig
from leasehold.lab.model import LeaseId
from leasehold.lab.notices.courier import Courier, Refused
from leasehold.lab.notices.notice import Notice
from leasehold.lab.notices.targets import SIGNATURE, by_mail, by_webhook
from leasehold.store import Database
from tests.looking import wait_for
from tests.system.service.processes import a_process, a_ready_lease
from tests.unit.lab.notices.test_notice import a_lease

EVENTS = ("warning", "expired", "failed", "down", "broken")
SECRET = "hunter2"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "ledger.db") as opened:
        opened.write(lambda it: records.add_leases(it, [a_lease("ann@host")])).result()
        yield opened


def happens(database: Database, *states: str) -> None:
    lines = [records.Line(at=1.0, state=each, lease=LeaseId("lease-1")) for each in states]
    database.write(lambda it: records.record(it, lines)).result()


class Receiver(ThreadingHTTPServer):
    """Answers as it is told to, then 200; keeps what it was sent."""

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = [*answers]
        self.bodies: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def told(self) -> list[str]:
        return [body["event"] for body in self.bodies]

    def __exit__(self, *problem: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == 200:
            self.server.bodies.append(json.loads(body))
            self.server.signed.append(_is_signed(body, self.headers.get(SIGNATURE, "")))
        self.send_response(answer)
        self.send_header("content-length", "0")
        if 300 <= answer < 400:
            self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _is_signed(body: bytes, header: str) -> bool:
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    signed = f"{parts.get('t')}.".encode() + body
    return hmac.new(SECRET.encode(), signed, sha256).hexdigest() == parts.get("v1")


def courier_to(receiver: Receiver, database: Database) -> Courier:
    webhook = WebhookConfig(url=receiver.url, timeout=5)
    send = by_webhook(webhook, SECRET, lambda: 1_900_000_000.0)
    return Courier("webhook x", database, EVENTS, send, pause=0.002)


def test_a_webhook_is_told_in_order_signed_and_through_failures(database: Database) -> None:
    with Receiver(503, 429, 500) as receiver:
        courier = courier_to(receiver, database)
        courier.start()
        wait_for(lambda: courier._at is not None)
        happens(database, "ready", "warning", "preparing", "expired")
        courier.wake()
        wait_for(lambda: len(receiver.bodies) == 2)
        courier.stop()
        assert receiver.told == ["lease.warning", "lease.expired"]
        assert receiver.signed == [True, True]
        assert receiver.bodies[0]["owner"] == "ann@host"


def test_what_happened_before_a_target_was_there_is_not_told(database: Database) -> None:
    happens(database, "warning")
    with Receiver() as receiver:
        courier = courier_to(receiver, database)
        courier.start()
        wait_for(lambda: courier._at is not None)
        happens(database, "expired")
        courier.wake()
        wait_for(lambda: len(receiver.bodies) == 1)
        courier.stop()
        assert receiver.told == ["lease.expired"]


def test_a_restart_loses_nothing_and_repeats_nothing(database: Database) -> None:
    with Receiver() as receiver:
        first = courier_to(receiver, database)
        first.start()
        wait_for(lambda: first._at is not None)
        happens(database, "warning")
        first.wake()
        wait_for(lambda: len(receiver.bodies) == 1)
        first.stop()
        happens(database, "expired", "failed")
        again = courier_to(receiver, database)
        again.start()
        wait_for(lambda: len(receiver.bodies) == 3)
        again.stop()
        assert receiver.told == ["lease.warning", "lease.expired", "lease.failed"]


@pytest.mark.parametrize("answer", [400, 404, 307])
def test_what_a_webhook_refuses_is_given_up_and_the_next_is_told(
    database: Database, answer: int
) -> None:
    with Receiver(answer) as receiver:
        courier = courier_to(receiver, database)
        courier.start()
        wait_for(lambda: courier._at is not None)
        happens(database, "warning", "expired")
        courier.wake()
        wait_for(lambda: len(receiver.bodies) == 1)
        courier.stop()
        assert receiver.told == ["lease.expired"]


def test_a_notice_that_cannot_even_be_written_does_not_keep_back_the_next(
    database: Database,
) -> None:
    told: list[str] = []

    def send(notice: Notice) -> None:
        if not told:
            told.append("broke")
            raise AttributeError("an address that is none")
        told.append(notice.event)

    courier = Courier("mail", database, EVENTS, send, pause=0.002)
    courier.start()
    wait_for(lambda: courier._at is not None)
    happens(database, "warning", "expired")
    courier.wake()
    wait_for(lambda: len(told) == 2)
    courier.stop()
    assert told == ["broke", "lease.expired"]


def test_stopping_does_not_wait_for_a_target_that_is_not_there(database: Database) -> None:
    with Receiver() as receiver:
        url = receiver.url
    webhook = WebhookConfig(url=url, timeout=5)
    courier = Courier("webhook x", database, EVENTS, by_webhook(webhook, None, lambda: 0.0))
    courier.start()
    wait_for(lambda: courier._at is not None)
    happens(database, "warning")
    courier.wake()
    courier.stop()  # within the first pause of 5 s, or the test's own limit


def test_a_service_tells_a_webhook_that_a_lease_has_ended(tmp_path: Path) -> None:
    with Receiver() as receiver:
        more = tmp_path / "more.toml"
        more.write_text(f'[webhooks.x]\nurl = "{receiver.url}"\nevents = ["expired"]\n')
        with a_process(tmp_path, "--more", str(more)) as service:
            lease = a_ready_lease(service, seconds=1)
            wait_for(lambda: len(receiver.bodies) == 1)
        assert receiver.bodies[0]["lease"] == lease["id"]
        assert receiver.signed == [False]


class Box:
    """What a mail server was given."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusals = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 come back later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, int]]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    made = Box()
    server = Controller(made, hostname="127.0.0.1", port=port)
    server.start()
    yield made, port
    server.stop()


def test_an_owner_gets_mail_before_the_lease_ends(database: Database, box: tuple[Box, int]) -> None:
    inbox, port = box
    inbox.refusals = 2
    mail = MailConfig(host="127.0.0.1", port=port, sender="lab@example.org", domain="example.org")
    courier = Courier("mail", database, mail.events, by_mail(mail, None), pause=0.002)
    courier.start()
    wait_for(lambda: courier._at is not None)
    happens(database, "warning")
    courier.wake()
    wait_for(lambda: len(inbox.messages) == 1)
    courier.stop()
    (message,) = inbox.messages
    assert (message["To"], message["From"]) == ("ann@example.org", "lab@example.org")
    assert "leasehold extend lease-1 4h" in message.get_content()


def test_mail_to_somebody_who_is_not_there_is_refused_for_good(box: tuple[Box, int]) -> None:
    from tests.unit.lab.notices.test_notice import an_event, noticed

    _, port = box
    mail = MailConfig(
        host="127.0.0.1",
        port=port,
        sender="lab@example.org",
        owners={"ann@host": "gone@example.org"},
    )
    notice = noticed(an_event("warning"))
    assert notice is not None
    with pytest.raises(Refused, match=r"gone@example\.org: 550"):
        by_mail(mail, None)(notice)
