"""``[flocker]``: the listener for clients of Flocker."""

import msgspec


class FlockerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[flocker]``: Flocker's REST API for datasets, on a listener of its own with mutual TLS.

    Without this table nothing listens; an empty one is enough."""

    listen: str = "127.0.0.1:4523"
    """ADDRESS:PORT. Whoever calls needs a certificate from `leasehold ca user NAME`."""
    certificates: str = "flocker"
    """Directory of the authority and the service's own certificate, as `leasehold ca init` and
    `leasehold ca control HOST` leave them; relative to the configuration file."""
    host: str | None = None
    """Which ``control-HOST.crt`` to show, where there are several."""
