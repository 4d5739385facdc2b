"""Names in DNS: updates of a zone by RFC 2136, or by an nsupdate-web; and such a gateway itself.

It knows nothing of leases and imports nothing of ours but the root of errors.
"""

from leasehold.dns.errors import (
    BadKey,
    BadName,
    Denied,
    DnsError,
    NoAnswer,
    Paused,
    Refused,
    Taken,
    Unreachable,
)
from leasehold.dns.key import Key
from leasehold.dns.marked import MarkedZones, Seen
from leasehold.dns.names import Record, address_type, fingerprint, reverse_name
from leasehold.dns.server import Server

__all__ = [
    "BadKey",
    "BadName",
    "Denied",
    "DnsError",
    "Key",
    "MarkedZones",
    "NoAnswer",
    "Paused",
    "Record",
    "Refused",
    "Seen",
    "Server",
    "Taken",
    "Unreachable",
    "address_type",
    "fingerprint",
    "reverse_name",
]
