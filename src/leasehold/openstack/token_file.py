"""Keeps tokens in a file that only its owner reads; several processes may share it."""

import fcntl
import os
import stat
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from leasehold.files import replace_file
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn
from leasehold.openstack.token_cache import CachedToken, TokenCacheWarning, key_of


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    expires_at: datetime | None
    body: str | None


_File = dict[str, _Entry]
_decoder = msgspec.json.Decoder(_File)


class TokenFile:
    """A cache of tokens in one file, with mode 0600, made at the first sign-in.

    Readers need no lock, for the file is replaced as a whole; writers take turns by a lock file
    beside it. A file that is damaged, or that others can read or write, is not used: it is replaced
    at the next sign-in, with a `TokenCacheWarning`.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._path = path.expanduser()
        self._now = now

    def get(self, sign_in: SignIn) -> CachedToken | None:
        """Give the token of that sign-in, which may have expired."""
        if not (entries := self._read()) or not (entry := entries.get(key_of(sign_in))):
            return None
        return CachedToken(
            token=Secret(entry.token),
            expires_at=entry.expires_at,
            body=entry.body.encode() if entry.body else None,
        )

    def put(self, sign_in: SignIn, cached: CachedToken) -> None:
        """Keep the token of that sign-in; those of all sign-ins that have expired go."""
        entry = _Entry(
            token=cached.token.reveal(),
            expires_at=cached.expires_at,
            body=cached.body.decode() if cached.body else None,
        )
        key = key_of(sign_in)
        self._change(lambda entries: {**entries, key: entry})

    def clear(self, sign_in: SignIn) -> None:
        """Forget the token of that sign-in."""
        key = key_of(sign_in)
        self._change(lambda entries: {k: e for k, e in entries.items() if k != key})

    def _change(self, changed: Callable[[_File], _File]) -> None:
        """Let one process at a time change the entries; a file that cannot be written only warns."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(f"{self._path}.lock", "w", opener=_private) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._write(changed(self._read()))
        except OSError as error:
            self._warn(f"cannot be written ({error.strerror})")

    def _read(self) -> _File:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or found.st_uid != os.geteuid():
                    self._warn("belongs to, or is open to, others: `chmod 600` it if you trust it")
                    return {}
                return _decoder.decode(file.read())
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._warn(f"cannot be read ({error.strerror})")
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._warn("is damaged")
        return {}

    def _write(self, entries: _File) -> None:
        now = self._now()
        alive = {k: e for k, e in entries.items() if e.expires_at is None or e.expires_at > now}
        replace_file(self._path, msgspec.json.encode(alive), 0o600)

    def _warn(self, what: str) -> None:
        warnings.warn(
            f"the token cache {self._path} {what}; signing in instead",
            TokenCacheWarning,
            stacklevel=2,
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
