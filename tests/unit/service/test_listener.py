import pytest

from leasehold.lab.config import PaddlesConfig
from leasehold.service.listener import (
    CannotListen,
    demand_tokens,
    listen_for_paddles,
    parse_listen,
)
from leasehold.service.tokens import Tokens


@pytest.mark.parametrize(
    ("listen", "parsed"),
    [
        ("127.0.0.1:8484", ("127.0.0.1", 8484)),
        ("[::1]:0", ("::1", 0)),
        ("lab.example:80", ("lab.example", 80)),
    ],
)
def test_an_address_and_a_port_are_read(listen: str, parsed: tuple[str, int]) -> None:
    assert parse_listen(listen) == parsed


@pytest.mark.parametrize(
    "listen", ["", "8484", ":8484", "127.0.0.1", "127.0.0.1:web", "::1:80", "h:70000"]
)
def test_a_wrong_address_is_told_with_an_example(listen: str) -> None:
    with pytest.raises(CannotListen, match=r"allowed: ADDRESS:PORT, such as 127\.0\.0\.1:8484"):
        parse_listen(listen)


@pytest.mark.parametrize("listen", ["0.0.0.0:8484", "[::]:8484", "192.0.2.1:80", "lab.example:80"])
def test_without_tokens_only_loopback_is_listened_on(listen: str) -> None:
    with pytest.raises(CannotListen, match="leasehold token NAME"):
        demand_tokens(listen, Tokens({}))


@pytest.mark.parametrize("listen", ["0.0.0.0:8081", "[::]:8081", "192.0.2.1:80"])
def test_paddles_api_is_not_open_to_everybody(listen: str) -> None:
    with pytest.raises(CannotListen, match="neither `secret` nor `allow` says who may lock"):
        listen_for_paddles(PaddlesConfig(listen=listen))


def test_what_is_wrong_with_the_other_listener_is_told_with_its_table() -> None:
    with pytest.raises(CannotListen, match=r"^\[paddles\] listen: found 'here'"):
        listen_for_paddles(PaddlesConfig(listen="here"))
