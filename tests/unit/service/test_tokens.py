import re
from pathlib import Path

import pytest

from leasehold.lab.config import TokenConfig
from leasehold.lab.errors import BadWish
from leasehold.lab.rights import Role
from leasehold.service.fingerprints import fingerprint, new_token
from leasehold.service.tokens import TokenRefused, Tokens, UnknownToken
from leasehold.store import Database, Place
from leasehold.store.tables import tokens as table


@pytest.fixture
def database(place: Place):
    with Database(place) as database:
        yield database


def owner_of(tokens: Tokens, token: str) -> str | None:
    found = tokens.find(token)
    return found.owner if found else None


def test_a_token_is_known_by_its_fingerprint_and_speaks_for_its_name() -> None:
    token = new_token()
    tokens = Tokens({"ann": fingerprint(new_token()), "ci": fingerprint(token)})
    assert owner_of(tokens, token) == "ci"


def test_another_token_is_nobodys() -> None:
    assert Tokens({"ann": fingerprint(new_token())}).find(new_token()) is None


def test_a_fingerprint_is_no_token() -> None:
    mark = fingerprint(new_token())
    assert Tokens({"ann": mark}).find(mark) is None


def test_two_tokens_are_never_alike_and_fit_a_header() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{40,}", each) for each in made)


def test_a_fingerprint_may_be_written_in_capitals() -> None:
    token = new_token()
    mark = fingerprint(token)
    assert owner_of(Tokens({"ann": mark.upper().replace("SHA", "sha")}), token) == "ann"


def test_a_token_of_the_configuration_is_a_users_unless_it_says_more() -> None:
    plain, full = new_token(), new_token()
    config = TokenConfig(hash=fingerprint(full), role=Role.OPERATOR, owner="bob@lab")
    tokens = Tokens({"ann": fingerprint(plain), "bobs-phone": config})
    assert tokens.find(plain).role is Role.USER
    found = tokens.find(full)
    assert (found.name, found.owner, found.role) == ("bobs-phone", "bob@lab", Role.OPERATOR)


def test_a_made_token_counts_at_once_and_after_a_restart(database: Database) -> None:
    made = Tokens({}, database).create("root", role=Role.ADMIN, owner="ann@lab", by="ann@lab")
    for tokens in (Tokens({}, database), Tokens({"x": fingerprint(new_token())}, database)):
        found = tokens.find(made.token)
        assert (found.owner, found.role, found.created_by) == ("ann@lab", Role.ADMIN, "ann@lab")


def test_the_ledger_holds_no_token_only_its_hash(database: Database, tmp_path: Path) -> None:
    made = Tokens({}, database).create("root", role=Role.ADMIN, owner=None, by="ann")
    with database.read() as connection:
        (row,) = connection.execute(table.select()).all()
    assert made.token not in repr(row)
    assert row.fingerprint == fingerprint(made.token)


def test_a_revoked_token_is_nobodys_at_once_and_after_a_restart(database: Database) -> None:
    tokens = Tokens({}, database)
    tokens.create("root", role=Role.ADMIN, owner=None, by="ann")
    made = tokens.create("ci", role=Role.USER, owner=None, by="ann")
    found = tokens.find(made.token)
    assert tokens.holds(found)
    tokens.revoke("ci")
    assert not tokens.holds(found)
    assert tokens.find(made.token) is None
    assert Tokens({}, database).find(made.token) is None


def test_the_first_token_is_an_administrators_and_the_last_one_stays(database: Database) -> None:
    tokens = Tokens({}, database)
    with pytest.raises(TokenRefused, match="must have the role admin"):
        tokens.create("ci", role=Role.USER, owner=None, by="ann")
    assert not tokens
    tokens.create("root", role=Role.ADMIN, owner=None, by="ann")
    with pytest.raises(TokenRefused, match="last token of an administrator"):
        tokens.revoke("root")
    tokens.create("other", role=Role.ADMIN, owner=None, by="ann")
    tokens.revoke("root")
    assert [each.name for each in tokens.all()] == ["other"]


def test_a_name_is_given_once(database: Database) -> None:
    tokens = Tokens({"ann": TokenConfig(hash=fingerprint("a"), role=Role.ADMIN)}, database)
    with pytest.raises(TokenRefused, match="there is a token 'ann'"):
        tokens.create("ann", role=Role.USER, owner=None, by="ann")


def test_what_cannot_be_revoked_says_what_to_do(database: Database) -> None:
    tokens = Tokens({"ann": TokenConfig(hash=fingerprint("a"), role=Role.ADMIN)}, database)
    with pytest.raises(TokenRefused, match=r"take its line out of \[service.tokens\]"):
        tokens.revoke("ann")
    with pytest.raises(UnknownToken, match="did you mean ann"):
        tokens.revoke("anna")


@pytest.mark.parametrize(
    ("name", "owner", "field"),
    [("", None, "name"), ("a b", None, "name"), ("ok", "<b>", "owner"), ("a" * 101, None, "name")],
)
def test_a_name_that_no_log_could_show_is_refused(
    database: Database, name: str, owner: str | None, field: str
) -> None:
    with pytest.raises(BadWish) as caught:
        Tokens({}, database).create(name, role=Role.ADMIN, owner=owner, by="ann")
    assert caught.value.field == field
