"""The door of Flocker's REST API, with real handshakes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leasehold.datasets.flocker.authority import Authority
from leasehold.datasets.flocker.certificate import Role
from leasehold.datasets.flocker.gate import Gate, GateError


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority.create(tmp_path / "ca", "lab", now=now())
    made.issue(Role.CONTROL, "127.0.0.1", tmp_path / "ca", now=now())
    return made


@asynccontextmanager
async def listening(gate: Gate) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            bearer = gate.bearer(writer.get_extra_info("ssl_object").getpeercert())
            writer.write(f"{bearer.role.value} {bearer.name}\n".encode() if bearer else b"nobody\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=gate.context())
    async with server:
        yield server.sockets[0].getsockname()[1]


class Caller:
    """A client that keeps its connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    @classmethod
    async def at(cls, port: int, ca: Path, pair: tuple[Path, Path] | None) -> "Caller":
        context = ssl.create_default_context(cafile=str(ca))
        if pair is not None:
            context.load_cert_chain(*pair)
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context))

    async def who(self) -> str:
        self.writer.write(b"who am I\n")
        return (await self._reader.readline()).decode().strip()

    async def leave(self) -> None:
        self.writer.close()
        with suppress(OSError, ssl.SSLError):
            await self.writer.wait_closed()


async def asked(port: int, ca: Path, pair: tuple[Path, Path] | None) -> str:
    """One question over a connection of its own; empty when the server ends it."""
    try:
        caller = await Caller.at(port, ca, pair)
    except (OSError, ssl.SSLError):
        return ""
    try:
        return await caller.who()
    except (OSError, ssl.SSLError):
        return ""
    finally:
        await caller.leave()


def test_a_caller_is_whom_its_certificate_names(authority: Authority, tmp_path: Path) -> None:
    ca = tmp_path / "ca" / "cluster.crt"
    ann = authority.issue(Role.USER, "ann", tmp_path, now=now())
    node = authority.issue(Role.NODE, "n1", tmp_path, now=now())

    async def check() -> None:
        async with listening(Gate(tmp_path / "ca")) as port:
            assert await asked(port, ca, ann) == "user ann"
            assert await asked(port, ca, node) == "node n1"

    asyncio.run(check())


def test_nobody_comes_in_without_a_certificate_of_the_cluster(
    authority: Authority, tmp_path: Path
) -> None:
    other = Authority.create(tmp_path / "other", "lab", now=now())
    stranger = other.issue(Role.USER, "ann", tmp_path / "stranger", now=now())
    ca = tmp_path / "ca" / "cluster.crt"

    async def check() -> None:
        async with listening(Gate(tmp_path / "ca")) as port:
            assert await asked(port, ca, None) == ""
            assert await asked(port, ca, stranger) == ""

    asyncio.run(check())


def test_a_revocation_holds_at_once_also_for_an_open_connection(
    authority: Authority, tmp_path: Path
) -> None:
    ca = tmp_path / "ca" / "cluster.crt"
    ann = authority.issue(Role.USER, "ann", tmp_path, now=now())
    bob = authority.issue(Role.USER, "bob", tmp_path, now=now())

    async def check() -> None:
        async with listening(Gate(tmp_path / "ca")) as port:
            caller = await Caller.at(port, ca, ann)
            assert await caller.who() == "user ann"
            authority.revoke(Role.USER, "ann", now=now())
            assert await caller.who() == "nobody"
            assert await asked(port, ca, ann) == "nobody"
            assert await asked(port, ca, bob) == "user bob"
            await caller.leave()

    asyncio.run(check())


def test_an_authority_is_rotated_under_a_listener_that_goes_on(
    authority: Authority, tmp_path: Path
) -> None:
    directory = tmp_path / "ca"
    ann = authority.issue(Role.USER, "ann", tmp_path / "old", now=now())
    old_ca = tmp_path / "old.crt"
    old_ca.write_bytes((directory / "cluster.crt").read_bytes())

    async def check() -> None:
        async with listening(Gate(directory)) as port:
            authority.rotate(now=now())
            new_ann = authority.issue(Role.USER, "ann", tmp_path / "new", now=now())
            both = directory / "cluster.crt"
            assert await asked(port, old_ca, ann) == "user ann"
            assert await asked(port, old_ca, new_ann) == "user ann"
            authority.issue(Role.CONTROL, "127.0.0.1", directory, now=now())
            assert await asked(port, both, ann) == "user ann"
            authority.retire(now=now())
            assert await asked(port, both, ann) == ""
            assert await asked(port, both, new_ann) == "user ann"

    asyncio.run(check())


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (
            lambda ca: (ca / "control-127.0.0.1.crt").unlink(),
            "control-HOST.crt is needed, found none",
        ),
        (lambda ca: (ca / "control-127.0.0.1.key").write_text("x"), "cannot be used"),
        (lambda ca: (ca / "cluster.crt").unlink(), "cannot be used"),
    ],
)
def test_a_directory_that_lacks_something_says_what_issues_it(
    authority: Authority, tmp_path: Path, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(tmp_path / "ca")
    with pytest.raises(GateError, match=f"{told}.*`leasehold ca control HOST`"):
        Gate(tmp_path / "ca")
