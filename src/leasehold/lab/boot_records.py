"""Boots in the database."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from leasehold.engine.cloud import ObjectId
from leasehold.engine.decide import moment
from leasehold.engine.reason import Reason
from leasehold.lab.boot import Boot, BootRate, Trouble
from leasehold.store.tables import boots, facts

KEPT = 10_000
"""How many boots are remembered for each machine type: enough for rates, and bounded."""

_RESUMED = "boots_resumed."


class BootRow(msgspec.Struct, frozen=True, kw_only=True):
    """A boot as it is written down. Times are Unix seconds."""

    machine_type: str
    server: ObjectId
    ok: bool
    cause: str | None
    planned_at: float
    ended_at: float
    facts: dict[str, Any]
    """The other fields of `Boot`, as JSON has them."""
    console: str | None = None


def add(connection: Connection, rows: Collection[BootRow]) -> None:
    """Write boots down; what is too old to be of use goes."""
    if not rows:
        return
    values = [
        msgspec.structs.asdict(row) | {"facts": msgspec.json.encode(row.facts)} for row in rows
    ]
    connection.execute(insert(boots), values)
    for machine_type in {row.machine_type for row in rows}:
        mine = boots.c.machine_type == machine_type
        newest = select(boots.c.id).where(mine).order_by(boots.c.id.desc())
        oldest = connection.scalar(newest.offset(KEPT).limit(1))
        if oldest is not None:
            connection.execute(delete(boots).where(mine & (boots.c.id <= oldest)))


def save_console(connection: Connection, server: ObjectId, text: str) -> None:
    connection.execute(update(boots).where(boots.c.server == server).values(console=text))


def find(connection: Connection, boot: int) -> Boot | None:
    """One boot with its console."""
    row = connection.execute(select(boots).where(boots.c.id == boot)).first()
    return _boot(row, console=row.console) if row else None


def failed(
    connection: Connection, *, machine_type: str | None, since: float, limit: int
) -> list[Boot]:
    """Failed boots, the newest first."""
    query = select(boots).where(~boots.c.ok & _these(machine_type, since))
    rows = connection.execute(query.order_by(boots.c.id.desc()).limit(limit))
    return [_boot(row) for row in rows]


def rates(connection: Connection, *, machine_type: str | None, since: float) -> list[BootRate]:
    """How the boots of each machine type went, by name."""
    these = _these(machine_type, since)
    took = func.avg(boots.c.ended_at - boots.c.planned_at)
    groups = (
        select(
            boots.c.machine_type,
            boots.c.ok,
            boots.c.cause,
            func.count().label("number"),
            func.max(boots.c.id).label("last"),
            took.label("seconds"),
        )
        .where(these)
        .group_by(boots.c.machine_type, boots.c.ok, boots.c.cause)
    )
    found = connection.execute(groups).all()
    last = [row.last for row in found if not row.ok]
    shown = {row.id: _boot(row) for row in connection.execute(_by_id(last))}
    names = sorted({row.machine_type for row in found})
    return [
        _rate(name, [row for row in found if row.machine_type == name], shown) for name in names
    ]


def streak_of(connection: Connection, machine_type: str, limit: int = 1000) -> list[BootRow]:
    """What failed since the last boot that went well, or since somebody resumed: the oldest first."""
    mine = boots.c.machine_type == machine_type
    good = select(func.max(boots.c.id)).where(mine & boots.c.ok)
    told = select(facts.c.value).where(facts.c.name == _RESUMED + machine_type)
    begin = max(connection.scalar(good) or 0, int(connection.scalar(told) or 0))
    query = select(boots).where(mine & (boots.c.id > begin)).order_by(boots.c.id.desc())
    return [_row(each) for each in connection.execute(query.limit(limit))][::-1]


def times_of(connection: Connection, machine_type: str, limit: int) -> list[float]:
    """Seconds from the plan to ready of the last boots that went well, the oldest first."""
    good = (boots.c.machine_type == machine_type) & boots.c.ok
    query = select(boots.c.ended_at - boots.c.planned_at).where(good).order_by(boots.c.id.desc())
    return list(connection.scalars(query.limit(limit)))[::-1]


def resume(connection: Connection, machine_type: str) -> None:
    """Let the failures up to now count no more."""
    newest = select(func.max(boots.c.id)).where(boots.c.machine_type == machine_type)
    name = _RESUMED + machine_type
    connection.execute(delete(facts).where(facts.c.name == name))
    value = str(connection.scalar(newest) or 0)
    connection.execute(insert(facts).values(name=name, value=value))


def _these(machine_type: str | None, since: float) -> Any:
    recent = boots.c.ended_at >= since
    return recent if machine_type is None else recent & (boots.c.machine_type == machine_type)


def _by_id(ids: Sequence[int]) -> Any:
    return select(boots).where(boots.c.id.in_(ids))


def _rate(name: str, groups: Iterable[Row[Any]], shown: dict[int, Boot]) -> BootRate:
    good = [row for row in groups if row.ok]
    bad = sorted((row for row in groups if not row.ok), key=lambda row: (-row.number, row.last))
    failures = sum(row.number for row in bad)
    return BootRate(
        machine_type=name,
        boots=failures + sum(row.number for row in good),
        failed=failures,
        seconds=float(good[0].seconds) if good else None,
        troubles=tuple(
            Trouble(cause=row.cause, count=row.number, last=shown[row.last]) for row in bad
        ),
    )


def _row(row: Row[Any]) -> BootRow:
    return BootRow(
        machine_type=row.machine_type,
        server=row.server,
        ok=row.ok,
        cause=row.cause,
        planned_at=row.planned_at,
        ended_at=row.ended_at,
        facts=msgspec.json.decode(row.facts),
        console=row.console,
    )


def _boot(row: Row[Any], console: str | None = None) -> Boot:
    values = msgspec.json.decode(row.facts) | {
        "id": row.id,
        "machine_type": row.machine_type,
        "server": row.server,
        "ok": row.ok,
        "planned_at": moment(row.planned_at),
        "ended_at": moment(row.ended_at),
        "console": console,
    }
    return msgspec.convert(values, Boot)


def reason_of(row: BootRow) -> Reason | None:
    """Why a boot failed."""
    return msgspec.convert(row.facts.get("reason"), Reason | None)
