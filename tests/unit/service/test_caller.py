import pytest

from leasehold.service.caller import foreign_origin, host_of, is_loopback, local_owner


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "localhost", "LocalHost", "::1", "[::1]"]
)
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "rebound"],
)  # fmt: skip
def test_anything_else_is_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("127.0.0.1:8484", "127.0.0.1"),
        ("localhost", "localhost"),
        ("[::1]:8484", "::1"),
        ("[::1]", "::1"),
        ("", ""),
    ],
)
def test_the_port_is_taken_off_a_host_header(header: str, host: str) -> None:
    assert host_of(header) == host


def test_the_local_owner_is_user_at_host() -> None:
    user, at, host = local_owner().partition("@")
    assert user
    assert at
    assert host


def test_a_user_without_an_entry_still_has_an_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert local_owner().startswith("unknown@")


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("GET", {"origin": "https://evil.example", "host": "lab"}, None),
        ("POST", {"host": "lab"}, None),
        ("POST", {"origin": "http://lab", "host": "lab"}, None),
        ("POST", {"origin": "https://evil.example", "host": "lab"}, "https://evil.example"),
        ("DELETE", {"origin": "null", "host": "lab"}, "null"),
        ("POST", {"origin": "", "host": "lab"}, ""),
    ],
)
def test_what_would_change_something_and_comes_from_another_page_is_foreign(
    method: str, headers: dict[str, str], foreign: str | None
) -> None:
    assert foreign_origin(method, headers) == foreign
