"""What a request asks for, and whether its caller may: everything before DNS is touched.

Answers are nsupdate-web's own: its callers read them.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Sequence

import msgspec

from leasehold.dns.errors import BadName
from leasehold.dns.gateway.accounts import Accounts
from leasehold.dns.gateway.settings import Network, Settings
from leasehold.dns.names import host_label


class Refusal(Exception):
    """The request is answered so, and nothing else happens."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came."""

    name: str | None
    addresses: tuple[str, ...]
    authorization: str = ""
    real_ip: str = ""
    """The X-Real-IP header."""
    peer: str = ""
    """Where the connection comes from; empty for a Unix socket."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may be carried out."""

    label: str
    addresses: tuple[str, ...]
    who: str
    """For the audit line."""


class _Caller(msgspec.Struct, frozen=True, kw_only=True):
    who: str
    host: str | None = None
    """The only name that is theirs: a host signed in with its password."""
    names: re.Pattern[str] | None = None
    """The names that are theirs; None: all that the gateway allows."""


def check(asked: Asked, settings: Settings, accounts: Accounts, *, remove: bool = False) -> Wish:
    """Sign the caller in, check name and addresses. Raises `Refusal`. Slow: passwords are hashed."""
    caller = _caller(asked.authorization, accounts)
    name = caller.host or asked.name
    if not name:
        raise Refusal(400, "Must specify 'name'")
    try:
        label = host_label(name.removesuffix(f".{settings.domain}") if caller.host else name)
    except BadName as error:
        raise Refusal(400, str(error)) from None
    if caller.names is not None and not caller.names.fullmatch(label):
        raise Refusal(403, f"{label} is none of the names of {caller.who}")
    if settings.allow is not None and not settings.allow.fullmatch(label):
        raise Refusal(403, f"{label} does not match the allow_hosts regex")
    addresses = () if remove else _addresses(asked, settings)
    return Wish(label=label, addresses=addresses, who=caller.who)


def _caller(authorization: str, accounts: Accounts) -> _Caller:
    scheme, _, rest = authorization.partition(" ")
    if accounts.anybody:
        return _Caller(who="anybody")
    if scheme.lower() == "bearer" and (owner := accounts.owner_of(rest.strip())):
        return _Caller(who=owner.name, names=owner.names)
    if scheme.lower() == "basic":
        host, password = _basic(rest)
        if accounts.is_host(host, password):
            return _Caller(who=f"host {host}", host=host)
    raise Refusal(401, "no auth" if not authorization else "wrong host, password or token")


def _basic(text: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refusal(401, "broken Basic sign-in") from None
    host, _, password = plain.partition(":")
    return host, password


def _addresses(asked: Asked, settings: Settings) -> tuple[str, ...]:
    given: Sequence[str] = asked.addresses
    if not given and asked.real_ip and _is_proxy(asked.peer, settings.proxies):
        given = (asked.real_ip,)
    if not given:
        raise Refusal(400, "Must specify 'ip': no address")
    if len(given) > settings.most_addresses:
        raise Refusal(400, f"too many addresses: {len(given)}, at most {settings.most_addresses}")
    found = []
    for text in given:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise Refusal(400, f"broken address {text[:60]!r}") from None
        if getattr(address, "scope_id", None):
            raise Refusal(400, f"broken address {text[:60]!r}: it has a scope")
        found.append(address.compressed)
    return tuple(found)


def _is_proxy(peer: str, proxies: Sequence[Network]) -> bool:
    """A Unix socket is reached by whom its mode lets; that is as good as a name."""
    if not peer:
        return True
    address = ipaddress.ip_address(peer)
    return any(address in network for network in proxies)
