"""A ledger in a database of PostgreSQL, which several services may share: one works, others wait."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from leasehold.store.errors import BadPlace, StoreError
from leasehold.store.fence import Fence, await_free

if TYPE_CHECKING:
    import psycopg

SETTINGS = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "target_session_attrs": "read-write",
    "application_name": "leasehold",
    "client_encoding": "utf8",
}
"""What the URL does not say: a server that is gone is noticed within 10 s, and a stand-by is not
taken for the primary."""

_SESSION = """
SELECT set_config('idle_in_transaction_session_timeout', '10s', false),
       set_config('tcp_keepalives_idle', '10', false),
       set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '2', false),
       set_config('synchronous_commit',
           CASE WHEN current_setting('synchronous_commit') = 'off' THEN 'on'
           ELSE current_setting('synchronous_commit') END, false)
"""
"""A process that was stopped in the middle of a write must not keep its successor waiting, and a
commit that was answered has to be on the disk, whatever the server's own settings are."""


class PostgresDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """A database that exists. Its tables are made by the first who takes it.

    The password is none of the URL's: it comes from `password_file`, read anew for each connection,
    or as libpq finds it: in ``PGPASSWORD``, or in ``~/.pgpass``.
    """

    url: str
    password_file: Path | None = None
    begin_reading: ClassVar[str] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    @property
    def name(self) -> str:
        return self.url.partition("?")[0]

    def take(self) -> Fence:
        engine = self.engine()
        try:
            return Fence(self.name, engine)
        except Exception as error:
            engine.dispose()
            if isinstance(error, DBAPIError):
                raise self._cannot_be_used(error.orig or error) from error
            raise

    def await_free(self) -> bool:
        with self.connect() as connection:
            await_free(connection)
        return True

    def engine(self) -> Engine:
        return create_engine(
            "postgresql+psycopg://",
            creator=self.connect,
            isolation_level="AUTOCOMMIT",
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=8,
            max_overflow=8,
        )

    def connect(self) -> "psycopg.Connection[Any]":
        """A connection that commits each statement. Raises psycopg's errors, and `StoreError`."""
        driver = _driver()
        said = driver.conninfo.conninfo_to_dict(self.url)
        settings: dict[str, Any] = SETTINGS | said
        if self.password_file is not None:
            settings["password"] = self._password(self.password_file)
        connection: psycopg.Connection[Any] = driver.connect(**settings, autocommit=True)
        connection.execute(_SESSION)
        return connection

    def _password(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no UTF-8 text"
            raise StoreError(f"{file}: {why}; it has to hold the password of {self.name}") from None

    def _cannot_be_used(self, cause: BaseException) -> StoreError:
        return StoreError(
            f"{self.name}: cannot be used: {str(cause).strip()}; see that it runs, that the"
            " database exists, and that this user may make tables in it"
        )


def check_url(url: str) -> None:
    """Raises `BadPlace` if psycopg is missing, or cannot read `url`, or it has a password in it."""
    driver = _driver()
    allowed = "postgresql://USER@HOST/DATABASE"
    try:
        said = driver.conninfo.conninfo_to_dict(url)
    except driver.ProgrammingError:
        raise BadPlace("a URL that PostgreSQL cannot read", allowed) from None
    if "password" in said or urlsplit(url).password or "password" in parse_qs(urlsplit(url).query):
        raise BadPlace(
            "a password in the URL",
            f"{allowed}, with the password in a file, in PGPASSWORD or in ~/.pgpass",
        )


def _driver() -> Any:
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise StoreError(
            f"PostgreSQL needs psycopg ({error}): pip install 'leasehold[postgres]'"
        ) from None
    return psycopg
