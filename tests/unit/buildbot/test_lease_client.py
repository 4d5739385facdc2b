"""What is said of a token before any call."""

from http.client import HTTPConnection

import pytest

from leasehold.buildbot.lease_client import LeaseClient
from leasehold.engine.errors import Impossible

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize("token", ["lh_sec\nret", "lh_sec\0ret", "lh_sec łret", "lh_sec ret"])
def test_a_token_that_no_header_may_have_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(Impossible, match="a character that no header may have") as told:
        LeaseClient(NOBODY, token, "somebody")
    assert "lh_sec" not in repr(told.value)


def test_the_end_of_a_tokens_line_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []

    def refuse(_: object, _method: str, _path: str, _body: object, headers: dict) -> None:
        sent.append(headers["authorization"])
        raise ConnectionRefusedError

    monkeypatch.setattr(HTTPConnection, "request", refuse)
    with pytest.raises(Impossible, match="does not answer"):
        LeaseClient(NOBODY, " lh_secret\n", "somebody").open_leases()
    assert sent == ["Bearer lh_secret"]
