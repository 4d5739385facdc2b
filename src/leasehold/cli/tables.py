"""Tables for people and for pipes, and JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from leasehold.lab.duration import format_duration


def print_json(value: object) -> None:
    """Print a struct or a list of them, indented."""
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: by rich on a terminal; elsewhere plain, aligned, nothing cut off.

    Cells are shown as they are: markup in them means nothing.
    """
    cells = [["" if cell is None else clean(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _print_rich(columns, cells)
    else:
        print("\n".join(plain(columns, cells)))


def plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out a table as lines of text."""
    table = [[column.upper() for column in columns], *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or how long from now on: ``3m``, ``in 2h``."""
    if moment is None:
        return ""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return f"in {format_duration(-seconds)}" if seconds < 0 else format_duration(seconds)


def local(moment: datetime | None) -> str:
    """A moment in the reader's time zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def clean(text: str) -> str:
    """Text for a terminal: what others wrote must not move the cursor or hide anything."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def _print_rich(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    Console().print(table)


STYLES = {
    "ready": "green",
    "free": "dim",
    "spare": "cyan",
    "broken": "red",
    "failed": "red",
    **dict.fromkeys(("intent", "building", "addressed", "reachable"), "yellow"),
    **dict.fromkeys(("waiting", "preparing", "releasing"), "yellow"),
}
"""Colours of states; the word always stands there too."""
