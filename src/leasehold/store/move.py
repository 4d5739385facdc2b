"""Moves a ledger from one place to another: all of it, or nothing."""

import hashlib
from collections.abc import Callable, Iterator

import msgspec
from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from leasehold.store.database import Database
from leasehold.store.errors import StoreError
from leasehold.store.numbers import go_on_after, last_number
from leasehold.store.place import Place
from leasehold.store.schema import MOVED
from leasehold.store.tables import facts, metadata

PAGE = 1000
"""Rows that are carried at once."""

Progress = Callable[[str, int, int], None]
"""Told now and then of a table, how many of its rows are there, and how many there are."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What tells whether two tables hold the same, in whatever order they tell it."""

    rows: int = 0
    checksum: int = 0


def move(
    source: Place, target: Place, progress: Progress = lambda _table, _there, _all: None
) -> dict[str, Tally]:
    """Copy every row, read the copy back, compare, commit; then close the source for good.

    Both have to be free, and the target without a row. Raises `StoreError` if they are not, or if
    the copy is not the same; then the target is as empty as it was, and the source in order.
    """
    with Database(source) as old, Database(target) as new, old.read() as reading:
        _demand_a_ledger(reading, source)

        def work(connection: Connection) -> dict[str, Tally]:
            _demand_nothing(connection, target)
            return {
                table.name: _copy(reading, connection, table, progress)
                for table in metadata.sorted_tables
            }

        try:
            tallies = new.write(work).result()
        except DBAPIError as error:
            cause = str(error.orig).strip()
            raise StoreError(f"{target.name}: does not take the ledger: {cause}") from error
        mark = insert(facts).values(name=MOVED, value=target.name)
        old.write(lambda connection: connection.execute(mark)).result()
    return tallies


def tally(connection: Connection, table: Table) -> Tally:
    """Count and add up what a table holds."""
    found = Tally()
    for page in _pages(connection, table):
        found = _add(found, page)
    return found


def count_rows(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _copy(reading: Connection, connection: Connection, table: Table, progress: Progress) -> Tally:
    total = count_rows(reading, table)
    names = [column.name for column in table.columns]
    sent = Tally()
    progress(table.name, 0, total)
    for page in _pages(reading, table):
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in page])
        sent = _add(sent, page)
        progress(table.name, sent.rows, total)
    go_on_after(connection, table, last_number(reading, table))
    there = tally(connection, table)
    if there != sent:
        raise StoreError(
            f"table {table.name}: {sent.rows} rows were sent and {there.rows} read back, or not as"
            " they were; nothing was kept, and the old ledger is as it was"
        )
    return there


def _pages(connection: Connection, table: Table) -> Iterator[list[tuple[object, ...]]]:
    found = connection.execute(select(table), execution_options={"stream_results": True})
    for page in found.partitions(PAGE):
        yield [tuple(row) for row in page]


def _add(found: Tally, page: list[tuple[object, ...]]) -> Tally:
    checksum = found.checksum
    for row in page:
        digest = hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=16).digest()
        checksum += int.from_bytes(digest, "big")
    return Tally(rows=found.rows + len(page), checksum=checksum % 2**128)


def _demand_a_ledger(connection: Connection, source: Place) -> None:
    if not count_rows(connection, facts):
        raise StoreError(f"{source.name}: holds no ledger; see that it is the right one")


def _demand_nothing(connection: Connection, target: Place) -> None:
    for table in metadata.sorted_tables:
        if count_rows(connection, table):
            raise StoreError(
                f"{target.name}: is not empty, its table {table.name} has rows; name another one"
            )
