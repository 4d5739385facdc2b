"""The highest number that a table has given to a row, which it must not give again."""

from sqlalchemy import Connection, Table, text

_SQLITE_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
_SQLITE_SET = text("UPDATE sqlite_sequence SET seq = :last WHERE name = :table")
_SQLITE_ADD = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)")
_POSTGRES_LAST = text(
    "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))"
)
_POSTGRES_SET = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")


def last_number(connection: Connection, table: Table) -> int:
    """0 for a table that has not given any, or gives none."""
    column = table.autoincrement_column
    if column is None:
        return 0
    if connection.dialect.name == "sqlite":
        return connection.scalar(_SQLITE_LAST, {"table": table.name}) or 0
    names = {"table": table.name, "column": column.name}
    return connection.scalar(_POSTGRES_LAST, names) or 0


def go_on_after(connection: Connection, table: Table, last: int) -> None:
    """Let the next row have a higher number than `last`."""
    column = table.autoincrement_column
    if column is None or not last:
        return
    values = {"table": table.name, "last": last}
    if connection.dialect.name == "sqlite":
        if not connection.execute(_SQLITE_SET, values).rowcount:
            connection.execute(_SQLITE_ADD, values)
    else:
        connection.execute(_POSTGRES_SET, values | {"column": column.name})
