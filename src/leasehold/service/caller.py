"""Who is asking: by token, or on a service for this machine alone by the name they give."""

import getpass
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

import msgspec

from leasehold.lab.rights import Right, Role, demand, may
from leasehold.service.token import Token

OWNER_HEADER = "leasehold-owner"
COOKIE = "leasehold"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """On whose behalf a request acts, and what they may do."""

    owner: str
    role: Role | None
    """None: nobody known, on one of the few paths that are for everybody."""
    token: Token | None = None
    """What proves it. None: the caller says so, which is enough only on loopback."""

    @property
    def proven(self) -> bool:
        return self.token is not None

    def may(self, right: Right) -> bool:
        return self.role is not None and may(self.role, right)

    def demand(self, right: Right) -> None:
        """Raise `NotAllowed` unless the caller has the right."""
        assert self.role is not None, "the door lets nobody else in"
        demand(self.owner, self.role, right)

    def force(self, wanted: bool) -> bool:
        """Whether to act on what others hold: as wanted, if it is the caller's right."""
        if wanted:
            self.demand(Right.OVERRULE)
        return wanted


def local_owner() -> str:
    """``user@host`` of this process: the owner when nobody says another."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no entry for this uid, as in many a container
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def is_loopback(host: str) -> bool:
    """Whether a host, as written in an address or a Host header, can only be this machine.

    Names other than ``localhost`` are not looked up: what they mean may change at any time, and
    that is what a DNS rebinding attack lives on.
    """
    bare = host.strip("[]")
    if bare.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """The host in a Host header: without its port, brackets of IPv6 kept off."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an ASGI request, by their names in lower case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def foreign_origin(method: str, headers: Mapping[str, str]) -> str | None:
    """The page of another origin that a request to change something comes from; None: no such."""
    origin = headers.get("origin")
    if method in SAFE or origin is None or origin.partition("://")[2] == headers.get("host"):
        return None
    return origin
