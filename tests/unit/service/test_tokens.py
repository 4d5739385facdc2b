import re

from leasehold.service.tokens import Tokens, fingerprint, new_token


def test_a_token_is_known_by_its_fingerprint_and_speaks_for_its_name() -> None:
    token = new_token()
    tokens = Tokens({"ann": fingerprint(new_token()), "ci": fingerprint(token)})
    assert tokens.name_of(token) == "ci"


def test_another_token_is_nobodys() -> None:
    assert Tokens({"ann": fingerprint(new_token())}).name_of(new_token()) is None


def test_a_fingerprint_is_no_token() -> None:
    mark = fingerprint(new_token())
    assert Tokens({"ann": mark}).name_of(mark) is None


def test_two_tokens_are_never_alike_and_fit_a_header() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{40,}", each) for each in made)


def test_a_fingerprint_may_be_written_in_capitals() -> None:
    token = new_token()
    mark = fingerprint(token)
    assert Tokens({"ann": mark.upper().replace("SHA", "sha")}).name_of(token) == "ann"
