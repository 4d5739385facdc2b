import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from leasehold.openstack import Secret, SignIn
from leasehold.openstack.token_cache import CachedToken, TokenCacheWarning, key_of
from leasehold.openstack.token_file import TokenFile

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def a_sign_in(user: str = "alice", password: str = "pw", **fields) -> SignIn:
    options = {"username": user, "password": Secret(password)}
    return SignIn(
        auth_type="v3password", auth_url="https://k.example/v3", options=options, **fields
    )


def a_token(text: str = "tok", *, hours: float | None = 1) -> CachedToken:
    expires = None if hours is None else NOW + timedelta(hours=hours)
    return CachedToken(token=Secret(text), expires_at=expires, body=b'{"token":{}}')


def a_file(path) -> TokenFile:
    return TokenFile(path, now=lambda: NOW)


def test_a_token_is_found_again_by_another_process_s_reader(tmp_path):
    a_file(tmp_path / "tokens").put(a_sign_in(), a_token())
    assert a_file(tmp_path / "tokens").get(a_sign_in()) == a_token()


@pytest.mark.parametrize(
    "other",
    [
        a_sign_in(user="bob"),
        a_sign_in(password="other"),
        a_sign_in(certificate="/proxy.pem"),
    ],
)
def test_a_token_is_for_its_own_sign_in_only(tmp_path, other):
    file = a_file(tmp_path / "tokens")
    file.put(a_sign_in(), a_token())
    assert file.get(other) is None
    file.clear(other)
    assert file.get(a_sign_in()) is not None


def test_a_token_is_forgotten(tmp_path):
    file = a_file(tmp_path / "tokens")
    file.put(a_sign_in(), a_token())
    file.clear(a_sign_in())
    assert file.get(a_sign_in()) is None


def test_what_has_expired_goes_when_the_file_is_written(tmp_path):
    file = a_file(tmp_path / "tokens")
    file.put(a_sign_in("old"), a_token(hours=-1))
    file.put(a_sign_in("endless"), a_token(hours=None))
    file.put(a_sign_in("new"), a_token())
    assert len(json.loads((tmp_path / "tokens").read_text())) == 2


def test_only_its_owner_can_read_the_file(tmp_path):
    old = os.umask(0)
    try:
        a_file(tmp_path / "new" / "tokens").put(a_sign_in(), a_token())
    finally:
        os.umask(old)
    for path in (tmp_path / "new").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_neither_user_nor_password_is_in_the_file(tmp_path):
    a_file(tmp_path / "tokens").put(a_sign_in(password="correct horse"), a_token())
    text = (tmp_path / "tokens").read_text()
    assert "correct horse" not in text
    assert "alice" not in text


@pytest.mark.parametrize("content", ["", "{", "[]", '{"k": 1}', "\udcff"])
def test_a_damaged_file_is_replaced_and_not_fatal(tmp_path, content):
    path = tmp_path / "tokens"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.warns(TokenCacheWarning, match="is damaged"):
        assert a_file(path).get(a_sign_in()) is None
    with pytest.warns(TokenCacheWarning, match="is damaged"):
        a_file(path).put(a_sign_in(), a_token())
    assert a_file(path).get(a_sign_in()) == a_token()


def test_a_file_that_others_can_read_or_write_is_not_used(tmp_path):
    path = tmp_path / "tokens"
    a_file(path).put(a_sign_in(), a_token())
    path.chmod(0o640)
    with pytest.warns(TokenCacheWarning, match="chmod 600"):
        assert a_file(path).get(a_sign_in()) is None


def test_a_file_that_cannot_be_written_only_warns(tmp_path):
    (tmp_path / "tokens").mkdir()
    with pytest.warns(TokenCacheWarning, match="cannot be"):
        a_file(tmp_path / "tokens").put(a_sign_in(), a_token())


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    def put(number: int) -> None:
        a_file(tmp_path / "tokens").put(a_sign_in(f"user{number}"), a_token(f"tok{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(24)))
    found = [a_file(tmp_path / "tokens").get(a_sign_in(f"user{n}")) for n in range(24)]
    assert [each.token.reveal() for each in found] == [f"tok{n}" for n in range(24)]


def test_a_key_is_the_same_in_whichever_order_the_options_come():
    one = SignIn(auth_type="a", auth_url="u", options={"a": "1", "b": Secret("2")})
    two = SignIn(auth_type="a", auth_url="u", options={"b": Secret("2"), "a": "1"})
    assert key_of(one) == key_of(two)
