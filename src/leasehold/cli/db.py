"""``leasehold db``: look at the ledger's database, move the ledger to another one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from leasehold.cli.configuration import ConfigFile, find_config
from leasehold.cli.exits import Exit, UsageError
from leasehold.cli.options import AsJson
from leasehold.cli.tables import print_json, print_table

if TYPE_CHECKING:  # SQLAlchemy takes a moment: imported when a ledger is really opened
    from leasehold.store import Place
    from leasehold.store.check import Report

app = App(
    name="db",
    help="Check the ledger's database, or move the ledger to another one.",
    help_format="plaintext",
)

PasswordFile = Annotated[
    Path | None,
    Parameter(
        name="--password-file",
        help="File with the password for PostgreSQL; left out: PGPASSWORD or ~/.pgpass.",
    ),
]


@app.command
def check(
    ledger: str | None = None,
    /,
    *,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    json: AsJson = False,
) -> Exit:
    """Say what the ledger is kept in, who has it, and whether it is sound.

    Changes nothing, and works while the service runs. Exits with 1 if something is wrong.

    Parameters
    ----------
    ledger
        A SQLite file or a postgresql:// URL; left out, the one of the configuration.
    """
    from leasehold.lab.config import load
    from leasehold.store.check import check as check_place

    configured = None if ledger else load(find_config(config)).ledger
    place = configured or _located(ledger or "", password_file)
    _demand_file(place)
    report = check_place(place)
    if json:
        print_json(report)
    else:
        _print_report(report)
    return Exit.FAILED if report.findings else Exit.OK


@app.command
def move(source: str, target: str, /, *, password_file: PasswordFile = None) -> None:
    """Move the ledger to another database: all of it, or nothing.

    Stop the service first, and name the new place in its configuration afterwards. Both are SQLite
    files or postgresql:// URLs; the target must have no ledger yet. Everything is read back and
    compared before it counts. The old ledger is kept, but no service starts on it any more.

    Parameters
    ----------
    source
        Where the ledger is, for example .leasehold/ledger.db.
    target
        Where it goes, for example postgresql://leasehold@db.example.org/leasehold.
    """
    from leasehold.store.move import move as move_ledger

    places = _located(source, password_file), _located(target, password_file)
    _demand_file(places[0])
    if places[0] == places[1]:
        raise UsageError(f"{places[0].name}: is both; name another place to move to")
    tallies = move_ledger(*places, _show)
    print_table(("table", "rows"), [(name, each.rows) for name, each in tallies.items()])
    print(f"moved to {places[1].name}; name it in [service] database")


def _located(where: str, password_file: Path | None) -> "Place":
    from leasehold.store import locate

    return locate(where, Path.cwd(), password_file)


def _demand_file(place: "Place") -> None:
    from leasehold.store.sqlite import SqliteFile

    if isinstance(place, SqliteFile) and not place.path.exists():
        raise UsageError(f"{place.name}: no such file; name the ledger that there is")


def _show(table: str, there: int, total: int) -> None:
    """Progress, on one line for each table."""
    if sys.stderr.isatty():
        end = "\n" if there == total else "\r"
        print(f"{table}: {there} of {total}", end=end, file=sys.stderr, flush=True)


def _print_report(report: "Report") -> None:
    print(f"{report.ledger}: {report.database}")
    print(f"  tables   {_revision(report)}")
    if report.holder:
        print(f"  held by  {report.holder}")
    for name, rows in report.rows.items():
        print(f"  {name:<8} {rows} rows")
    for finding in report.findings:
        print(f"FAIL {finding}")


def _revision(report: "Report") -> str:
    if report.revision is None:
        return "none yet; the service makes them when it starts"
    if report.revision == report.newest_revision:
        return f"up to date ({report.revision})"
    return f"of revision {report.revision}; this version knows {report.newest_revision}"
