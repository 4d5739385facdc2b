"""What an agent must not forget when it is killed: on disk before anything is done or said."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from threading import Lock
from typing import IO

import msgspec

from leasehold.datasets.agent.content import Stamp
from leasehold.datasets.agent.errors import AlreadyRuns, BadConfig
from leasehold.datasets.protocol import Order

FORGOTTEN_SECONDS = 90 * 86400
"""How long the epoch of a dataset is kept after it left: an older order than that is refused."""


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """One dataset, as far as it outlives the process."""

    order: Order
    """The newest that was obeyed."""
    formatting: Stamp | None = None
    """A `mkfs` that began on its volume, and is not known to have ended well."""
    fresh: bool = False
    """Its filesystem was made here and not mounted yet."""
    left: bool = False
    """It is unmounted and in no orders: only its epoch counts."""


class Memory:
    """A directory that one agent has. A file is replaced whole, and on the disk when a call ends."""

    def __init__(self, directory: Path) -> None:
        """Raises `AlreadyRuns`, and `BadConfig` for a directory that cannot be used."""
        self._datasets = directory / "datasets"
        self._users = directory / "users.json"
        self._installation = directory / "installation"
        self._status = directory / "status.json"
        self._writing = Lock()
        try:
            self._datasets.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(directory)
        except OSError as error:
            raise BadConfig(f"state {directory}: {error.strerror}") from error
        for path in directory.rglob("*.new"):
            path.unlink()  # a write that was cut short
        self._drop_old()

    def close(self) -> None:
        """Let another agent have the directory."""
        self._lock.close()

    def datasets(self) -> list[Remembered]:
        """All that are remembered. Raises `BadConfig` for a file that somebody spoilt."""
        return [_read(path) for path in sorted(self._datasets.glob("*.json"))]

    def recall(self, order: Order) -> Remembered:
        """What is known of an order's dataset, also of one that left; else the order alone.

        Raises `BadConfig` for a file that somebody spoilt.
        """
        path = self._datasets / f"{order.dataset}.json"
        if not path.exists():
            return Remembered(order=order)
        return _read(path)

    def keep(self, remembered: Remembered) -> None:
        """Raises OSError when it could not be written: then nothing that depends on it may happen."""
        self._write(self._datasets / f"{remembered.order.dataset}.json", remembered)

    @property
    def installation(self) -> str | None:
        """Whom the agent obeys."""
        with contextlib.suppress(FileNotFoundError):
            return self._installation.read_text(encoding="utf-8").strip()
        return None

    def obey(self, installation: str | None) -> None:
        """From now on this one; None: the next one that speaks."""
        if installation is None:
            self._installation.unlink(missing_ok=True)
        else:
            self._write_text(self._installation, f"{installation}\n".encode())

    def users(self, era: str) -> dict[str, frozenset[str]]:
        """Who mounted what through Docker in this era; nobody of one before lives any more."""
        try:
            kept = msgspec.json.decode(self._users.read_bytes(), type=_Users)
        except (FileNotFoundError, msgspec.DecodeError):
            return {}
        return {name: frozenset(ids) for name, ids in kept.users.items()} if kept.era == era else {}

    def keep_users(self, era: str, users: dict[str, frozenset[str]]) -> None:
        shown = {name: sorted(ids) for name, ids in users.items() if ids}
        self._write(self._users, _Users(era=era, users=shown))

    def publish(self, status: object) -> None:
        """For `leasehold agent status`; nothing hangs on it."""
        with contextlib.suppress(OSError):
            self._write(self._status, status)

    def _drop_old(self) -> None:
        oldest = time.time() - FORGOTTEN_SECONDS
        for path in self._datasets.glob("*.json"):
            with contextlib.suppress(msgspec.DecodeError, OSError):
                remembered = msgspec.json.decode(path.read_bytes(), type=Remembered)
                if remembered.left and path.stat().st_mtime < oldest:
                    path.unlink()

    def _write(self, path: Path, value: object) -> None:
        self._write_text(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")

    def _write_text(self, path: Path, text: bytes) -> None:
        new = path.with_name(f"{path.name}.new")
        with self._writing:
            with new.open("wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)


class _Users(msgspec.Struct, frozen=True, kw_only=True):
    era: str
    users: dict[str, list[str]]


def is_running(directory: Path) -> bool:
    """Whether an agent has the state directory."""
    try:
        _locked(directory).close()
    except AlreadyRuns:
        return True
    except OSError:
        return False
    return False


def _read(path: Path) -> Remembered:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except msgspec.DecodeError as error:
        raise BadConfig(
            f"{path}: {error}. It says which orders were obeyed; see that its dataset is unmounted"
            " here, then remove it"
        ) from error


def _locked(directory: Path) -> IO[str]:
    lock = (directory / "lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise AlreadyRuns(f"another agent is running with the state in {directory}") from error
    return lock
