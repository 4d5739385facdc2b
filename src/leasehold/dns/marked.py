"""Records of ours among those of others: each stands beside a mark that says whose it is.

DNS has no place to note who made a record. So beside ``web.lab A`` stands ``_leasehold-a.web.lab
TXT "TAG" "DIGEST"``, written and removed in the same update: the tag says for whom, the digest what
was written, so that a change by somebody else shows. What has no mark is never touched: prerequisites
make the server itself refuse.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import cast

import dns.name
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.update
import dns.zone
import msgspec

from leasehold.dns.errors import DnsError, Refused, Taken
from leasehold.dns.names import Record, RecordType, plain, zone_of
from leasehold.dns.server import Server

_PREFIX = "_leasehold-"
_WHOLE_AFTER = 200
"""Transfers of changes only, until a zone is fetched whole again."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A marked record as the server has it."""

    name: str
    type: RecordType
    tag: str
    intact: bool
    """The record is as it was written."""
    values: tuple[str, ...]


class MarkedZones:
    """The marked records in some zones of one server. Thread-safe."""

    def __init__(self, server: Server, zones: Collection[str]) -> None:
        self._server = server
        self._zones = tuple(zones)
        self._copies = {zone: _Copy(zone) for zone in zones}

    def write(self, record: Record, tag: str, *, may_replace: Callable[[str], bool]) -> Seen:
        """Set a record and its mark, and read it back.

        A marked one is replaced if `may_replace` says so of its tag; another is left alone. Raises
        `Taken` then, or another `DnsError`. Sent twice it has the effect of once.
        """
        zone = self._zone_of(record.name)
        mark = mark_name(record.name, record.type)
        found = self._server.ask(mark, "TXT")
        message = dns.update.UpdateMessage(zone)
        if not found:
            message.absent(_absolute(mark))
            message.absent(_absolute(record.name), record.type)
            message.absent(_absolute(record.name), "CNAME")
        elif len(found) == 1 and may_replace(_tag_in(found[0])):
            message.present(_absolute(mark), "TXT", found[0])
        else:
            raise self._taken(record, f"is marked as {_tag_in(found[0])!r}")
        rdata = [plain(record.type, value) for value in record.values]
        message.delete(_absolute(record.name), record.type)
        message.delete(_absolute(mark))
        for value in rdata:
            message.add(_absolute(record.name), record.ttl, record.type, value)
        text = f'"{tag}" "{digest(record.type, rdata)}"'
        message.add(_absolute(mark), record.ttl, "TXT", text)
        try:
            self._server.update(message)
        except Taken as error:
            if found:
                raise
            raise self._taken(record, "is there and carries no mark of ours") from error
        return self._read_back(record, tag)

    def remove(self, name: str, type_: RecordType, tag: str) -> bool:
        """Remove a record and its mark, if it carries just this tag; False if it does not."""
        mark = mark_name(name, type_)
        found = self._server.ask(mark, "TXT")
        if len(found) != 1 or _tag_in(found[0]) != tag:
            return False
        message = dns.update.UpdateMessage(self._zone_of(name))
        message.present(_absolute(mark), "TXT", found[0])
        message.delete(_absolute(name), type_)
        message.delete(_absolute(mark))
        self._server.update(message)
        return True

    def list(self) -> tuple[Seen, ...]:
        """Every marked record in every zone, whosoever mark it is. Raises `DnsError`.

        The server must allow transfers to the key; only what changed is transferred.
        """
        return tuple(each for copy in self._copies.values() for each in copy.renew(self._server))

    def _read_back(self, record: Record, tag: str) -> Seen:
        values = self._server.ask(record.name, record.type)
        wanted = tuple(sorted(plain(record.type, each) for each in record.values))
        return Seen(
            name=record.name, type=record.type, tag=tag, intact=values == wanted, values=values
        )

    def _zone_of(self, name: str) -> str:
        zone = zone_of(name, self._zones)
        if zone is None:
            zones = ", ".join(self._zones)
            hint = f"configure the zone that it is in; there are: {zones}"
            raise Refused(self._server.place, f"{name} is in no zone of ours", hint)
        return zone

    def _taken(self, record: Record, found: str) -> DnsError:
        what = f"{record.name} {record.type} {found}"
        return Taken(self._server.place, what, Taken.LEFT_ALONE)


class _Copy:
    """A copy of a zone, kept up to date by transfers of what changed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._zone: dns.zone.Zone | None = None
        self._renewed = 0
        self._seen: tuple[int, tuple[Seen, ...]] = (-1, ())
        """The serial of the copy that was last read, and what was in it."""
        self._lock = threading.Lock()

    def renew(self, server: Server) -> tuple[Seen, ...]:
        with self._lock:
            zone, self._zone = self._zone, None  # a transfer that breaks leaves nothing half done
            self._renewed = (self._renewed + 1) % _WHOLE_AFTER
            if zone is None or self._renewed == 0:
                zone = dns.zone.Zone(self._name, relativize=False)
            server.transfer(zone)
            self._zone = zone
            serial = int(zone.get_soa().serial)
            if self._renewed == 0 or self._seen[0] != serial:
                self._seen = (serial, tuple(_marked(zone)))
            return self._seen[1]


def mark_name(name: str, type_: str) -> str:
    """Where the mark of a record stands."""
    return f"{_PREFIX}{type_.lower()}.{name}"


def digest(type_: str, values: Iterable[str]) -> str:
    """What a mark says of the values that were written."""
    text = "\n".join([type_, *sorted(values)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _marked(zone: dns.zone.Zone) -> Iterator[Seen]:
    for owner, rdataset in zone.iterate_rdatasets(dns.rdatatype.TXT):
        label = owner.labels[0].decode("ascii", "replace")
        type_ = label.removeprefix(_PREFIX).upper()
        if not label.startswith(_PREFIX) or type_ not in ("A", "AAAA", "PTR", "SSHFP"):
            continue
        if len(rdataset) != 1:
            continue  # none of ours has two
        strings = cast("dns.rdtypes.txtbase.TXTBase", rdataset[0]).strings
        tag, wanted = _strings(strings)
        name = owner.parent()
        found = zone.get_rdataset(name, type_)
        values = tuple(sorted(each.to_text() for each in found or ()))
        yield Seen(
            name=name.to_text(omit_final_dot=True).lower(),
            type=cast("RecordType", type_),
            tag=tag,
            intact=digest(type_, values) == wanted,
            values=values,
        )


def _strings(strings: tuple[bytes, ...]) -> tuple[str, str]:
    texts = [each.decode("utf-8", "replace") for each in strings]
    return (texts[0], texts[1]) if len(texts) == 2 else (" ".join(texts), "")


def _tag_in(text: str) -> str:
    """The tag of a mark in the form of a zone file: ``"TAG" "DIGEST"``."""
    return text.split('"')[1] if text.startswith('"') else text


def _absolute(name: str) -> dns.name.Name:
    return dns.name.from_text(name)
