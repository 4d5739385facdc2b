"""Names that may be set, and the record that stands under one. Pure."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Collection
from typing import Literal

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import msgspec

from leasehold.dns.errors import BadName

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST_LETTERS = "a host name: letters, digits and inner hyphens, at most 63 between dots"

RecordType = Literal["A", "AAAA", "PTR", "SSHFP"]

_SSHFP_ALGORITHM = {
    "ssh-rsa": 1,
    "ssh-dss": 2,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "ssh-ed25519": 4,
    "ssh-ed448": 6,
}
_SHA256 = 2


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All values of one type under one name: what DNS calls an RRset."""

    name: str
    """In full, lower case, without the last dot."""
    type: RecordType
    values: tuple[str, ...]
    """As in a zone file."""
    ttl: int = 60
    """Seconds that others may remember it."""


def host_label(text: str) -> str:
    """One label of a host name, in lower case: no dot, wildcard, underscore or control character.

    Raises `BadName`.
    """
    label = text.lower()
    if not (
        text.isascii() and _LABEL.fullmatch(label)
    ):  # lower() makes an ASCII k of the Kelvin sign
        raise BadName(text, "one host name without dots: letters, digits and inner hyphens")
    return label


def host_name(text: str) -> str:
    """A host name of one or more labels, in lower case, without its last dot. Raises `BadName`."""
    name = text.lower().removesuffix(".")
    if (
        not text.isascii()
        or len(name) > 230
        or not all(_LABEL.fullmatch(label) for label in name.split("."))
    ):
        raise BadName(text, _HOST_LETTERS)
    return name


def reverse_name(address: str) -> str:
    """The name under which an address is looked up: 7.0.0.10.in-addr.arpa."""
    return ipaddress.ip_address(address).reverse_pointer


def address_type(address: str) -> Literal["A", "AAAA"]:
    return "A" if ipaddress.ip_address(address).version == 4 else "AAAA"


def zone_of(name: str, zones: Collection[str]) -> str | None:
    """The innermost of `zones` that `name` is in."""
    holding = [zone for zone in zones if name == zone or name.endswith(f".{zone}")]
    return max(holding, key=len, default=None)


def fingerprint(host_key: str) -> str | None:
    """The SSHFP value (RFC 4255, SHA-256) of a key in OpenSSH form; None for a kind without one."""
    kind, _, rest = host_key.partition(" ")
    algorithm = _SSHFP_ALGORITHM.get(kind)
    if algorithm is None:
        return None
    digest = hashlib.sha256(base64.b64decode(rest.split(" ")[0])).hexdigest()
    return f"{algorithm} {_SHA256} {digest}"


def plain(type_: str, value: str) -> str:
    """A value in the one form in which two of them can be compared."""
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(type_), value).to_text()
