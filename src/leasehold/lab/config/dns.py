"""``[dns.NAME]``: the domains that nodes get names in."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from leasehold.lab.config.values import LABEL
from leasehold.lab.table import ConfigError


class DnsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[dns.NAME]``: a domain in which nodes get names, and how its zone is reached.

    Directly with a TSIG key (`key_file`), or through somebody's nsupdate-web (`nsupdate_url`)."""

    domain: str
    """What follows the node's name: ``lab.example`` makes ``demo001.lab.example``."""
    zone: str | None = None
    """The zone that the domain is in; left out, the domain itself."""
    server: str = "127.0.0.1"
    """HOST or HOST:PORT of the zone's primary; with `nsupdate_url`, of any server of the zone."""
    key_file: str | None = None
    """The TSIG key as ``tsig-keygen`` prints it; relative to the configuration file."""
    transport: Literal["tcp", "udp"] = "tcp"
    """How questions and updates travel; transfers always go over TCP."""
    reverse_zones: tuple[str, ...] = ()
    """Zones for PTR records on the same server, such as ``10.in-addr.arpa``; left out, none."""
    sshfp: bool = True
    """Publish the fingerprint of each node's host key."""
    ttl: Annotated[int, Meta(ge=0, le=86400)] = 60
    """Seconds that others may remember a name."""
    timeout: Annotated[float, Meta(gt=0, le=60)] = 5.0
    """Seconds that one answer may take."""
    nsupdate_url: str | None = None
    """An nsupdate-web or a gateway of ours that holds the key; it sets addresses only."""
    nsupdate_token_file: str | None = None
    """The token of an owner there, in a file; left out, its rule alone decides."""


def check_dns(name: str, dns: DnsConfig, path: Path) -> None:
    """Raise `ConfigError` for what its type alone does not forbid."""

    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(path, f"dns.{name}.{key}", found, allowed)

    names = {
        "domain": (dns.domain,),
        "zone": (dns.zone or dns.domain,),
        "reverse_zones": dns.reverse_zones,
    }
    for key, domains in names.items():
        for each in domains:
            if not all(LABEL.fullmatch(label) for label in each.split(".")):
                refuse(key, repr(each), "a domain name in lower case, without a dot at its end")
    if dns.zone and dns.domain != dns.zone and not dns.domain.endswith(f".{dns.zone}"):
        refuse("zone", repr(dns.zone), f"a zone that {dns.domain} is in")
    if (dns.key_file is None) == (dns.nsupdate_url is None):
        found = "neither" if dns.key_file is None else "both"
        refuse("key_file", f"{found} of key_file and nsupdate_url", "one of the two")
    if dns.nsupdate_url is not None and not dns.nsupdate_url.startswith(("http://", "https://")):
        refuse("nsupdate_url", repr(dns.nsupdate_url), "http://... or https://...")
    if dns.nsupdate_url is not None and dns.reverse_zones:
        refuse("reverse_zones", "reverse zones beside nsupdate_url", "none: it sets addresses only")
