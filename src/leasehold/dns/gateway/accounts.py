"""Who may set which names: nsupdate-web's hosts with their passwords, and owners with tokens."""

import hashlib
import hmac
import re
import secrets
import tomllib
from pathlib import Path

import msgspec

from leasehold.dns.gateway.settings import BadSetting, pattern

_COST, _BLOCK, _WAYS = 1 << 14, 8, 1
_HASHED = re.compile(r"scrypt:(\d+):(\d+):(\d+):([0-9a-f]+):([0-9a-f]+)")
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


def hash_password(password: str, salt: bytes | None = None) -> str:
    """What a hosts file should hold of a password: ``scrypt:N:r:p:SALT:HASH``."""
    salt = secrets.token_bytes(16) if salt is None else salt
    made = hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_WAYS)
    return f"scrypt:{_COST}:{_BLOCK}:{_WAYS}:{salt.hex()}:{made.hex()}"


def is_password(shown: str, kept: str) -> bool:
    """Whether a password is the one that is kept, hashed or, as nsupdate-web has it, plain."""
    hashed = _HASHED.fullmatch(kept)
    if hashed is None:
        return hmac.compare_digest(shown.encode(), kept.encode())
    cost, block, ways, salt, wanted = hashed.groups()
    made = hashlib.scrypt(
        shown.encode(), salt=bytes.fromhex(salt), n=int(cost), r=int(block), p=int(ways)
    )
    return hmac.compare_digest(made.hex(), wanted)


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a token, and the names that are theirs."""

    name: str
    fingerprint: str
    names: re.Pattern[str]


class Accounts:
    """The hosts, each with a password for its own name, and the owners with their tokens.

    None says that there is no file of them. A file that names nobody lets nobody in.
    """

    def __init__(self, hosts: dict[str, str] | None, owners: tuple[Owner, ...] | None) -> None:
        self.anybody = hosts is None and owners is None
        """Nobody has to sign in."""
        self._hosts = hosts or {}
        self._owners = owners or ()
        self._nobody = hash_password(secrets.token_hex(8))

    @property
    def plain(self) -> int:
        """How many passwords are kept as they are."""
        return sum(_HASHED.fullmatch(kept) is None for kept in self._hosts.values())

    def is_host(self, host: str, password: str) -> bool:
        """Takes as long for a host that is not known as for one with a hashed password."""
        known = is_password(password, self._hosts.get(host, self._nobody))
        return known and host in self._hosts

    def owner_of(self, token: str) -> Owner | None:
        """Whose token it is."""
        shown = "sha256:" + hashlib.sha256(token.encode()).hexdigest()
        found = None
        for owner in self._owners:
            if hmac.compare_digest(shown, owner.fingerprint):
                found = owner
        return found


def read_hosts(path: Path) -> dict[str, str]:
    """Read nsupdate-web's file of hosts: a JSON object of names and passwords. Raises `BadSetting`."""
    allowed = '{"HOST": "PASSWORD", ...}; `leasehold dns password` hashes one'
    try:
        hosts = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadSetting(f"--host-list {path}: {why}; allowed: {allowed}") from None
    for host, kept in hosts.items():
        try:
            is_password("", kept)
        except (ValueError, MemoryError):
            found = f"the hash of {host} cannot be reckoned with"
            raise BadSetting(f"--host-list {path}: {found}; allowed: {allowed}") from None
    return hosts


def read_owners(path: Path) -> tuple[Owner, ...]:
    """Read a TOML file of owners, a table each with `token` and `names`. Raises `BadSetting`."""
    where = f"--owners {path}"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{where}: {getattr(error, 'strerror', None) or error}") from None
    found = []
    for name, table in tables.items():
        if not isinstance(table, dict) or table.keys() != {"token", "names"}:
            raise BadSetting(f'{where}: [{name}]; allowed: token = "sha256:...", names = "REGEX"')
        token, names = str(table["token"]), str(table["names"])
        if not _FINGERPRINT.fullmatch(token):
            allowed = "sha256: and 64 digits, as `leasehold token NAME` prints it"
            raise BadSetting(f"{where}: [{name}] token; allowed: {allowed}")
        rule = pattern(names, f"{where}: [{name}] names")
        found.append(Owner(name=name, fingerprint=token, names=rule))
    return tuple(found)
