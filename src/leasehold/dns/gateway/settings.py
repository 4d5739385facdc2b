"""How one gateway is set up."""

import ipaddress
import re
from pathlib import Path

import msgspec

from leasehold.dns.server import Server
from leasehold.errors import LeaseholdError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadSetting(LeaseholdError):
    """An option of the gateway that cannot be used: which, what was found, what is allowed."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway may do, and for whom."""

    server: Server
    domain: str
    reverse_zones: tuple[str, ...] = ()
    """Zones of PTR records that the key may change as well."""
    allow: re.Pattern[str] | None = None
    """The whole label must match it; None allows every label to who has signed in."""
    ttl: int = 300
    most_addresses: int = 32
    proxies: tuple[Network, ...] = ()
    """Whose X-Real-IP is believed."""
    get: bool = True
    """Whether nsupdate-web's GET is answered."""


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """Where the gateway listens."""

    address: str = "127.0.0.1"
    """An IP address, or the path of a Unix socket."""
    port: int = 8080
    mode: int = 0o660
    """Of the Unix socket."""
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def is_socket(self) -> bool:
        return "/" in self.address


def pattern(rule: str, option: str) -> re.Pattern[str]:
    """A rule for whole labels. Raises `BadSetting`."""
    try:
        return re.compile(rule)
    except re.error as error:
        raise BadSetting(f"{option}: found {rule!r} ({error}); allowed: a regex") from None


def networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks of proxies. Raises `BadSetting`."""
    try:
        return tuple(ipaddress.ip_network(each) for each in proxies)
    except ValueError as error:
        raise BadSetting(f"--proxy: {error}; allowed: an address or ADDRESS/BITS") from None
