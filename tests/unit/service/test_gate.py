"""Who may come in where paddles' API is answered."""

import asyncio
import base64
from typing import Any

import pytest

from leasehold.lab.config import PaddlesConfig
from leasehold.paddles import web
from leasehold.service.fingerprints import fingerprint
from leasehold.service.gate import Gate

SECRET = "open sesame"
SECRETIVE = PaddlesConfig(listen="0.0.0.0:8081", secret=fingerprint(SECRET).upper())
ALLOWING = PaddlesConfig(listen="0.0.0.0:8081", allow=("10.1.0.0/16", "2001:db8::7"))


async def welcome(scope: web.Scope, receive: web.Receive, send: web.Send) -> None:
    await web.send_answer(send, web.as_json("welcome"))


def knock(
    config: PaddlesConfig, *, address: str = "127.0.0.1", method: str = "GET", **headers: str
) -> tuple[int, dict[bytes, bytes]]:
    """The status and headers with which a request is answered."""
    given = {"host": "127.0.0.1:8081"} | headers
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "client": (address, 50_000),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody has to read a body to say who may come in")

    asyncio.run(Gate(welcome, config)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


def basic(password: str, user: str = "any") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_on_loopback_everybody_of_this_machine_is_welcome():
    assert knock(PaddlesConfig())[0] == 200
    assert knock(PaddlesConfig(), host="localhost:8081")[0] == 200


def test_a_name_that_a_stranger_points_at_loopback_is_refused():
    assert knock(PaddlesConfig(), host="evil.example:8081")[0] == 403


def test_the_secret_is_the_password_or_a_bearer_token():
    assert knock(SECRETIVE, authorization=basic(SECRET))[0] == 200
    assert knock(SECRETIVE, authorization=basic(SECRET, user=""))[0] == 200
    assert knock(SECRETIVE, authorization=f"Bearer {SECRET}")[0] == 200


@pytest.mark.parametrize(
    "wrong", ["", "Basic", "Basic ***", basic("guess"), "Bearer guess", f"Digest {SECRET}"]
)
def test_without_the_secret_nobody_comes_in_from_anywhere(wrong: str):
    status, headers = knock(SECRETIVE, authorization=wrong)
    assert status == 401
    assert headers[b"www-authenticate"].startswith(b"Basic")


@pytest.mark.parametrize("address", ["10.1.2.3", "2001:db8::7", "::ffff:10.1.2.3"])
def test_an_allowed_address_is_welcome(address: str):
    assert knock(ALLOWING, address=address, host="paddles.example")[0] == 200


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.1", "2001:db8::8", "socket"])
def test_any_other_address_is_not(address: str):
    assert knock(ALLOWING, address=address)[0] == 401


def test_with_both_one_of_them_is_enough():
    both = PaddlesConfig(secret=SECRETIVE.secret, allow=ALLOWING.allow)
    assert knock(both, address="10.1.2.3")[0] == 200
    assert knock(both, address="10.2.0.1", authorization=basic(SECRET))[0] == 200
    assert knock(both, address="10.2.0.1")[0] == 401


def test_a_page_of_another_origin_reads_and_does_not_write():
    page = {"origin": "http://elsewhere.example"}
    assert knock(PaddlesConfig(), **page)[0] == 200
    assert knock(PaddlesConfig(), method="POST", **page)[0] == 403
    assert knock(PaddlesConfig(), method="POST", origin="http://127.0.0.1:8081")[0] == 200
