"""The tokens that a service accepts: those of the configuration, and those made at run time."""

import threading
from collections.abc import Mapping

import msgspec
from sqlalchemy import Delete, Insert, delete, insert, select

from leasehold.engine.choice import near
from leasehold.engine.clock import Clock, SystemClock
from leasehold.engine.decide import moment
from leasehold.engine.errors import UnknownName
from leasehold.lab.config import TokenConfig
from leasehold.lab.errors import BadWish, LabError
from leasehold.lab.rights import Right, Role, may
from leasehold.service.fingerprints import NAME, NAME_ALLOWED, fingerprint, is_of, new_token
from leasehold.service.token import NewToken, Token
from leasehold.store import Database
from leasehold.store.tables import tokens as table

_COMMIT = 30.0
"""Seconds to wait for a change to become durable."""


class UnknownToken(UnknownName, LabError):
    thing = "token"


class TokenRefused(LabError):
    """A change of the tokens that would lock people out, or is not the ledger's to make."""


class Tokens:
    """Tokens by name. Thread-safe; what changes is durable before it counts.

    There are none at first, and then the service is open to its own machine. The first one must be
    an administrator's, and the last administrator's stays: without it nobody could make others.
    """

    def __init__(
        self,
        configured: Mapping[str, str | TokenConfig],
        database: Database | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._changing = threading.Lock()
        self._known: dict[str, tuple[str, Token]] = {}
        """By name, the fingerprint and the rest. Replaced as a whole, so reading needs no lock."""
        if database is not None:
            self._known |= _stored(database)
        for name, given in configured.items():
            config = TokenConfig(hash=given) if isinstance(given, str) else given
            shown = Token(
                name=name, owner=config.owner or name, role=config.role, kept="configuration"
            )
            self._known[name] = (config.hash.lower(), shown)

    def __bool__(self) -> bool:
        return bool(self._known)

    def find(self, token: str) -> Token | None:
        """Whose token it is. Compares with every known one, so that time tells nothing."""
        shown = fingerprint(token)
        found = None
        for kept, each in self._known.values():
            if is_of(kept, shown):
                found = each
        return found

    def holds(self, token: Token) -> bool:
        """Whether a token that was found is still good."""
        known = self._known.get(token.name)
        return known is not None and known[1] == token

    def all(self) -> list[Token]:
        """Every token, by name."""
        known = self._known
        return [known[name][1] for name in sorted(known)]

    def create(self, name: str, *, role: Role, owner: str | None, by: str) -> NewToken:
        """Make a token. Raises `BadWish`, `TokenRefused` or `StoreError`; then there is none."""
        owner = owner or name
        for field, text in (("name", name), ("owner", owner)):
            if not NAME.fullmatch(text):
                raise BadWish(field, text, NAME_ALLOWED)
        with self._changing:
            if name in self._known:
                raise TokenRefused(
                    f"there is a token {name!r}; revoke it first, or use another name"
                )
            if role is not Role.ADMIN and not self._admins():
                raise TokenRefused(
                    "the first token must have the role admin: once there is one, every call asks"
                    " for a token, and without an administrator nobody could make more"
                )
            secret = new_token()
            made = Token(
                name=name, owner=owner, role=role, kept="ledger",
                created_at=moment(self._clock.now()), created_by=by,
            )  # fmt: skip
            self._write(_insert(made, fingerprint(secret)))
            self._known = {**self._known, name: (fingerprint(secret), made)}
        return NewToken(**msgspec.structs.asdict(made), token=secret)

    def revoke(self, name: str) -> Token:
        """Take a token back, at once. Raises `UnknownToken`, `TokenRefused` or `StoreError`."""
        with self._changing:
            if name not in self._known:
                raise UnknownToken(name, near(name, self._known), list(self._known))
            gone = self._known[name][1]
            if gone.kept == "configuration":
                raise TokenRefused(
                    f"token {name} stands in leasehold.toml: take its line out of [service.tokens]"
                    " and restart the service"
                )
            if self._admins() == [name]:
                raise TokenRefused(
                    f"{name} is the last token of an administrator; make another one first"
                )
            self._write(delete(table).where(table.c.name == name))
            self._known = {each: known for each, known in self._known.items() if each != name}
        return gone

    def _admins(self) -> list[str]:
        return [name for name, (_, each) in self._known.items() if may(each.role, Right.ADMINISTER)]

    def _write(self, statement: Insert | Delete) -> None:
        assert self._database is not None, "tokens are made where there is a ledger"
        self._database.write(lambda connection: connection.execute(statement)).result(_COMMIT)


def _insert(made: Token, mark: str) -> Insert:
    return insert(table).values(
        name=made.name,
        fingerprint=mark,
        owner=made.owner,
        role=made.role.value,
        created_at=made.created_at.timestamp() if made.created_at else 0.0,
        created_by=made.created_by or "",
    )


def _stored(database: Database) -> dict[str, tuple[str, Token]]:
    with database.read() as connection:
        rows = connection.execute(select(table)).all()
    return {
        row.name: (
            row.fingerprint,
            Token(
                name=row.name,
                owner=row.owner,
                role=Role(row.role),
                kept="ledger",
                created_at=moment(row.created_at),
                created_by=row.created_by,
            ),
        )
        for row in rows
    }
