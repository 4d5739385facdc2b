"""The audit log: every call that changed something, or was refused to, kept in the ledger."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import structlog
from litestar.types import HTTPScope
from sqlalchemy import Connection, delete, insert, select

from leasehold.engine.clock import Clock, SystemClock
from leasehold.engine.decide import moment
from leasehold.paddles import web
from leasehold.paddles.desk import BY
from leasehold.service.audit_entry import AuditEntry
from leasehold.service.caller import Caller
from leasehold.store import Database
from leasehold.store.tables import audit_log as table

_log = structlog.get_logger()

_SWEEP = 3600.0
"""Seconds between two looks for what is too old."""
_COMMIT = 30.0
"""Seconds to wait for what is queued."""
_LONGEST = 500
"""Characters kept of each thing that is said of a call."""


class Note:
    """What a request says of itself to the log, while it is handled."""

    def __init__(self) -> None:
        self.target: str | None = None
        self.code: str | None = None
        self.caller: Caller | None = None
        """Who signed in by this very request."""


_NOTE = "leasehold.note"


def note_of(scope: HTTPScope) -> Note:
    """The request's note."""
    whole: dict[str, Any] = scope  # type: ignore[assignment]  # ASGI leaves room for such keys
    note: Note = whole.setdefault(_NOTE, Note())
    return note


class AuditLog:
    """Writes and reads the log. Thread-safe."""

    def __init__(self, database: Database | None, keep: float, clock: Clock | None = None) -> None:
        """`keep`: seconds after which an entry goes."""
        self._database = database
        self._keep = keep
        self._clock = clock or SystemClock()
        self._swept_at = 0.0

    def add(self, scope: HTTPScope, caller: Caller, status: int) -> None:
        """Write down a request that is about to be answered.

        It is queued for the ledger's next commit, behind what the request itself changed; the answer
        does not wait for it.
        """
        note = note_of(scope)
        caller = note.caller or caller
        if caller.role is None:
            return
        self._put(
            owner=caller.owner,
            role=caller.role.value,
            token=caller.token.name if caller.token else None,
            address=_address(scope),
            action=_action(scope),
            target=_target(scope, note),
            status=status,
            code=note.code,
        )

    def add_of_paddles(self, scope: web.Scope, said: web.Note, status: int) -> None:
        """Write down, as `add` does, a request of a client of paddles: who it is, only it says."""
        self._put(
            owner=said.owner or BY,
            role="paddles",
            token=None,
            address=_address(scope),
            action=f"paddles.{said.action}" if said.action else _action(scope),
            target=said.target,
            status=status,
            code=_code(status),
        )

    def _put(self, **values: object) -> None:
        if self._database is None:
            return
        now = self._clock.now()
        entry: dict[str, object] = {"at": now}
        entry |= {name: _cut(v) if isinstance(v, str) else v for name, v in values.items()}
        too_old = self._too_old(now)
        self._database.write(
            lambda connection: _write(connection, entry, too_old)
        ).add_done_callback(_tell)

    def _too_old(self, now: float) -> float | None:
        """Before when entries go, once in a while."""
        if now - self._swept_at < _SWEEP:
            return None
        self._swept_at = now
        return now - self._keep

    def read(
        self,
        *,
        before: int | None = None,
        owner: str | None = None,
        action: str | None = None,
        target: str | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Entries, the newest first: those of all calls that were answered before.

        `target` is any part of it. Raises `StoreError`.
        """
        if self._database is None:
            return []
        self._database.write(lambda _: None).result(_COMMIT)  # what is queued comes first
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        if owner is not None:
            query = query.where(table.c.owner == owner)
        if action is not None:
            query = query.where(table.c.action == action)
        if target is not None:
            query = query.where(table.c.target.contains(target, autoescape=True))
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [AuditEntry(**{**row._asdict(), "at": moment(row.at)}) for row in rows]


def _address(scope: Mapping[str, Any]) -> str:
    return (scope.get("client") or ("",))[0]


def _action(scope: Mapping[str, Any]) -> str:
    handler = scope.get("route_handler")
    return getattr(handler, "operation_id", None) or f"{scope['method']} {scope['path']}"


def _target(scope: HTTPScope, note: Note) -> str:
    found = note.target
    if found is None:
        found = " ".join(str(each) for each in (scope.get("path_params") or {}).values())
    return found


def _cut(text: str) -> str:
    # PostgreSQL keeps no NUL.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST]


def _code(status: int) -> str | None:
    """paddles' errors have none of their own; 503 is its word for "not enough"."""
    if status < 400:
        return None
    return "failed" if status == 500 else "refused"


def _write(connection: Connection, values: dict[str, object], too_old: float | None) -> None:
    if too_old is not None:
        connection.execute(delete(table).where(table.c.at < too_old))
    connection.execute(insert(table), values)


def _tell(written: Future[None]) -> None:
    """What could not be written must at least be heard of."""
    if not written.cancelled() and (error := written.exception()) is not None:
        _log.error("audit_log.store_failed", error=str(error))
