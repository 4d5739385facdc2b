"""``[paddles]``: the listener for clients of paddles."""

import ipaddress
import re
from pathlib import Path

import msgspec

from leasehold.lab.config.values import LABEL, Duration, is_duration
from leasehold.lab.table import ConfigError

_FINGERPRINT = re.compile("sha256:[0-9a-f]{64}", re.IGNORECASE)


class PaddlesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[paddles]``: paddles' node API on a listener of its own, for teuthology and what else knows it.

    paddles has no sign-in. Without this table nothing listens; an empty one is enough."""

    listen: str = "127.0.0.1:8081"
    """ADDRESS:PORT. Any address but loopback demands `secret` or `allow`."""
    secret: str | None = None
    """``sha256:HEX`` of a secret that all clients share; `leasehold token paddles` makes both. It is
    the password in their ``lock_server: http://any:SECRET@HOST:8081/``."""
    allow: tuple[str, ...] = ()
    """Addresses and networks that need no secret, such as ``10.1.0.0/16``."""
    domain: str | None = None
    """What clients add to names without a dot, as ``lab_domain`` in teuthology.yaml does."""
    patience: Duration = "30m"
    """How long ``lock_many`` is held while servers boot; then all is given back and it answers
    503."""

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        return tuple(ipaddress.ip_network(each) for each in self.allow)


def check_paddles(paddles: PaddlesConfig, path: Path) -> None:
    """Raise `ConfigError` for what its type alone does not forbid."""

    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(path, f"paddles.{key}", found, allowed)

    if paddles.secret is not None and not _FINGERPRINT.fullmatch(paddles.secret):
        allowed = "sha256: and 64 hexadecimal digits; `leasehold token paddles` makes a line"
        refuse("secret", "another text (not shown)", allowed)
    for each in paddles.allow:
        try:
            ipaddress.ip_network(each)
        except ValueError as error:
            refuse("allow", repr(each), f"addresses and networks, as 10.1.0.0/16 ({error})")
    if paddles.domain is not None and not all(map(LABEL.fullmatch, paddles.domain.split("."))):
        refuse("domain", repr(paddles.domain), "a domain name in lower case, as front.example.org")
    if not is_duration(paddles.patience):
        allowed = "1s or more: a number with a unit (s, m, h, d), as in 90s, 30m, 2h or 1h30m"
        refuse("patience", repr(paddles.patience), allowed)
