"""``[service]``: where the service listens and what it keeps, and whom it lets in."""

import re
from pathlib import Path

import msgspec

from leasehold.lab.config.values import Duration, is_duration
from leasehold.lab.duration import parse_duration
from leasehold.lab.rights import Role
from leasehold.lab.table import ConfigError

FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}", re.IGNORECASE)

FOREVER = "forever"


class TokenConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[service.tokens]``: a token with a role, or for another owner than its name."""

    hash: str
    """``sha256:HEX``, as `leasehold token NAME` prints it."""
    role: Role = Role.USER
    """``user``, ``operator`` or ``admin``."""
    owner: str | None = None
    """Whom nodes locked with it belong to; left out, the token's name."""


class ServiceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[service]``: where the service listens and keeps its files."""

    listen: str = "127.0.0.1:8484"
    """ADDRESS:PORT. Any address but loopback demands a token."""
    state: str = ".leasehold"
    """Directory of the ledger, keys and known hosts, relative to the configuration file."""
    database: str = "ledger.db"
    """The ledger: a SQLite file, relative to `state`, or ``postgresql://USER@HOST/DATABASE``
    without a password."""
    database_password_file: str | None = None
    """File with the password for PostgreSQL, relative to the configuration file; left out, it is
    found in ``PGPASSWORD`` or ``~/.pgpass``."""
    tokens: dict[str, str | TokenConfig] = {}
    """Who may call, beside the tokens in the ledger: a name and ``sha256:HEX`` of the token, for
    the role ``user``, or a table. `leasehold token NAME` makes both."""
    history: str = FOREVER
    """How long lines of the history of nodes, leases and objects are kept: a duration, or
    ``forever``."""
    audit_log: Duration = "365d"
    """How long the audit log is kept."""

    @property
    def history_seconds(self) -> float | None:
        """None: for ever."""
        return None if self.history == FOREVER else float(parse_duration(self.history))


def check_service(service: ServiceConfig, path: Path) -> None:
    """Raise `ConfigError` for what the types alone do not forbid."""
    for name, token in service.tokens.items():
        hashed = token if isinstance(token, str) else token.hash
        if not FINGERPRINT.fullmatch(hashed):
            # What stands there may be the token itself, so it is not shown.
            found, allowed = "no fingerprint", "sha256: and 64 hexadecimal digits"
            raise ConfigError(path, f"service.tokens.{name}", found, allowed)
    if service.history != FOREVER and not is_duration(service.history):
        allowed = f"{FOREVER!r}, or 1s or more: a number with a unit (s, m, h, d), as in 90d"
        raise ConfigError(path, "service.history", repr(service.history), allowed)
    if not is_duration(service.audit_log):
        allowed = "1s or more: a number with a unit (s, m, h, d), as in 90d"
        raise ConfigError(path, "service.audit_log", repr(service.audit_log), allowed)
