"""A PostgreSQL of the tests' own: Debian's programs, run as an ordinary user, reached by a socket."""

import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from leasehold.store.postgres import PostgresDatabase

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{directory}'
max_connections = 200
shared_buffers = 32MB
fsync = {fsync}
max_prepared_transactions = 2
"""
# `guarded` needs its password, everybody else is let in: the directory is closed to others.
ACCESS = "local all guarded scram-sha-256\nlocal all all trust\n"


def programs() -> Path | None:
    """The directory of the newest PostgreSQL that is installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: each.parts[-3]
    )
    return found[-1].parent if found else None


class Cluster:
    """Started when made, gone after `stop`."""

    def __init__(self, bin_directory: Path, *, fsync: bool = False) -> None:
        self._bin = bin_directory
        self._numbers = itertools.count(1)
        self.directory = Path(
            tempfile.mkdtemp(prefix="leasehold-pg-", dir="/tmp")
        )  # short: a socket
        self.data = self.directory / "data"
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self._run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--username=leasehold")
        settings = SETTINGS.format(directory=self.directory, fsync="on" if fsync else "off")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(settings)
        (self.data / "pg_hba.conf").write_text(ACCESS)
        self.start()
        self._shared = self.a_database()

    def url(self, database: str, user: str = "leasehold") -> str:
        return f"postgresql://{user}@/{database}?host={self.directory}"

    def a_database(self) -> PostgresDatabase:
        """A new database, without any table."""
        name = f"ledger{next(self._numbers)}"
        self._execute("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        return PostgresDatabase(url=self.url(name))

    def the_database(self) -> PostgresDatabase:
        """The same for one test after the other, emptied: five times as quick as a new one."""
        self._execute("ledger1", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self._shared

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.directory / "log"))

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every session; `immediate` is a crash of the server."""
        self._run("pg_ctl", "stop", "--wait", "--silent", f"--mode={mode}")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.directory)

    def _execute(self, database: str, statement: str) -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._bin / program), f"--pgdata={self.data}", *words]
        if os.geteuid() == 0:
            command = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                *command,
            ]
        with (self.directory / f"{program}.out").open("ab") as out:
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", timeout=60, check=False)
        assert done.returncode == 0, (self.directory / f"{program}.out").read_text()


@functools.cache
def the_cluster() -> Cluster:
    """The one that the whole run shares; skips what needs it where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        missing = "no PostgreSQL in /usr/lib/postgresql: apt install postgresql"
        if os.environ.get("CI"):
            pytest.fail(f"CI must have it: {missing}")
        pytest.skip(missing)
    return Cluster(found)


def remove_the_cluster() -> None:
    """At the end of the run; none is started for it."""
    if the_cluster.cache_info().currsize:
        the_cluster().remove()
