"""From what a configuration or a command says to the place of a ledger."""

from pathlib import Path

from leasehold.store.errors import BadPlace
from leasehold.store.place import Place
from leasehold.store.postgres import PostgresDatabase, check_url
from leasehold.store.sqlite import SqliteFile


def locate(where: str, directory: Path, password_file: Path | None = None) -> Place:
    """The place that `where` names: a ``postgresql://`` URL, or a path relative to `directory`.

    Raises `BadPlace` for a URL of another database, and for one with a password in it:
    configurations are read by many, and the words of a command are seen by all on the machine.
    """
    scheme, separator, _ = where.partition("://")
    if not separator:
        return SqliteFile(path=directory / where)
    if scheme not in ("postgresql", "postgres"):
        raise BadPlace(f"{scheme}://...", "a path, or a URL postgresql://USER@HOST/DATABASE")
    check_url(where)
    return PostgresDatabase(url=where, password_file=password_file)
