"""``[service]``: where the service listens and what it keeps."""

import msgspec


class ServiceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[service]``: where the service listens and keeps its files."""

    listen: str = "127.0.0.1:8484"
    """ADDRESS:PORT. Any address but loopback demands `tokens`."""
    state: str = ".leasehold"
    """Directory of the ledger, keys and known hosts, relative to the configuration file."""
    database: str = "ledger.db"
    """The ledger: a SQLite file, relative to `state`, or ``postgresql://USER@HOST/DATABASE``
    without a password."""
    database_password_file: str | None = None
    """File with the password for PostgreSQL, relative to the configuration file; left out, it is
    found in ``PGPASSWORD`` or ``~/.pgpass``."""
    tokens: dict[str, str] = {}
    """Who may call: a name, and ``sha256:HEX`` of the token; `leasehold token NAME` makes both."""
