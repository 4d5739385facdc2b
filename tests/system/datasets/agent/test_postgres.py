"""PostgreSQL with its data directory on a dataset, which moves to another server under it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from leasehold.datasets.protocol import Want
from tests.disks import missing
from tests.postgres import programs
from tests.system.datasets.agent.site import Site
from tests.system.datasets.agent.stand_in import an_order

SETTINGS = "listen_addresses = ''\nunix_socket_directories = '{}'\nshared_buffers = 16MB\n"


class Postgres:
    """One start of a server over a data directory."""

    def __init__(self, data: Path, sockets: Path) -> None:
        found = programs()
        if found is None:
            missing("PostgreSQL is not installed (Debian: apt install postgresql)")
        assert found is not None
        self._bin = found
        self.data = data
        self.sockets = sockets
        self._account = pwd.getpwnam("postgres")

    def create(self) -> None:
        os.chown(self.data, self._account.pw_uid, self._account.pw_gid)
        self.data.chmod(0o700)
        self._run("initdb", "--pgdata", str(self.data), "--auth=trust", "--username=leasehold")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(self.sockets))

    def start(self) -> None:
        self._run("pg_ctl", "--pgdata", str(self.data), "--wait", "--log", "/dev/null", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "--pgdata", str(self.data), "--wait", f"--mode={mode}", "stop")

    def query(self, text: str) -> list[tuple[object, ...]]:
        place = f"host={self.sockets} dbname=postgres user=leasehold"
        with psycopg.connect(place, autocommit=True) as connection:
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words],
            user=self._account.pw_uid,
            group=self._account.pw_gid,
            extra_groups=[],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )


@pytest.fixture
def open_directory(site: Site) -> Iterator[Path]:
    """Where others than root may pass, as on a server with a database on it."""
    directory = Path(tempfile.mkdtemp(prefix="lh-", dir="/tmp"))
    directory.chmod(0o777)
    for node in (site.one, site.two):
        node.mounts = directory / node.name
        node.configure(site.control.url, directory=str(node.mounts), open_to_users=True)
        node.start()
    yield directory
    site.close()
    shutil.rmtree(directory, ignore_errors=True)


def test_a_database_moves_with_its_dataset_and_keeps_every_row(site: Site, open_directory: Path):
    volume = site.volume(site.one)
    order = an_order(volume)
    site.control.order("one", order)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is not None)
    there = Postgres(site.one.place(order.dataset), open_directory)
    there.create()
    there.start()
    there.query("create table rows as select n from generate_series(1, 20000) n")
    left = msgspec.structs.replace(order, epoch=2, want=Want.UNMOUNTED, format=None)
    site.control.order("one", left)
    report = site.control.await_report("one", order.dataset, lambda each: bool(each.busy))
    assert any("(postgres)" in holder for holder in report.busy), report.busy
    there.query("insert into rows values (20001)")  # it works on while it is asked to leave
    there.stop("immediate")  # as a crash
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)
    site.detach(volume, site.one)
    site.attach(volume, site.two)
    site.control.order("two", msgspec.structs.replace(order, epoch=3, format=None))
    site.control.await_report("two", order.dataset, lambda each: each.mounted is not None)
    here = Postgres(site.two.place(order.dataset), open_directory)
    assert here.data.stat().st_mode & 0o777 == 0o700
    here.start()
    try:
        assert here.query("select count(*), max(n) from rows") == [(20001, 20001)]
    finally:
        here.stop()
