"""What the name server says to each message."""

from collections.abc import Iterator, Mapping

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update

from leasehold.emulator.names.zone import RefusedUpdate, Zone

_TRANSFERS = (dns.rdatatype.AXFR, dns.rdatatype.IXFR)
_HEAD_BYTES = 12
_IS_ANSWER, _OPCODE = 0x80, 0x78
"""Bits of the third byte (RFC 1035, 4.1.1)."""
_ON_A_PAGE = 200
"""RRsets in one message of a transfer; it must stay below 64 kB."""


class Answers:
    """The zones of one server, and the key that may change and transfer them."""

    def __init__(self, zones: Mapping[dns.name.Name, Zone], key: dns.tsig.Key) -> None:
        self._zones = zones
        self._key = key

    def to(self, wire: bytes) -> Iterator[bytes]:
        """The answer to a message, in as many messages as it takes; none to what is no question."""
        if len(wire) < _HEAD_BYTES or wire[2] & _IS_ANSWER:
            return
        try:
            yield from self._to(wire)
        except dns.exception.DNSException:
            yield _bare(wire, dns.rcode.FORMERR)

    def _to(self, wire: bytes) -> Iterator[bytes]:
        try:
            asked = dns.message.from_wire(wire, keyring={self._key.name: self._key})
        except dns.tsig.BadTime:
            yield self._not_signed_right(wire, dns.rcode.BADTIME)
            return
        except dns.tsig.BadSignature:
            yield self._not_signed_right(wire, dns.rcode.BADSIG)
            return
        except dns.message.UnknownTSIGKey:
            yield self._not_signed_right(wire, dns.rcode.BADKEY)
            return
        if isinstance(asked, dns.update.UpdateMessage):
            yield _with(asked, self._update(asked))
        elif asked.opcode() != dns.opcode.QUERY or len(asked.question) != 1:
            yield _with(asked, dns.rcode.NOTIMP)
        elif asked.question[0].rdtype in _TRANSFERS:
            yield from self._transfer(asked)
        else:
            yield self._answer(asked)

    def _not_signed_right(self, wire: bytes, error: dns.rcode.Rcode) -> bytes:
        """RFC 8945, 5.2: NOTAUTH, with what is wrong beside the signature."""
        asked = dns.message.from_wire(wire, keyring=False)
        answer = dns.message.make_response(asked)
        answer.set_rcode(dns.rcode.NOTAUTH)
        answer.use_tsig(self._key, asked.keyname, tsig_error=error)
        return answer.to_wire()

    def _update(self, asked: dns.update.UpdateMessage) -> dns.rcode.Rcode:
        if not asked.had_tsig:
            return dns.rcode.REFUSED
        if len(asked.zone) != 1:
            return dns.rcode.FORMERR
        zone = self._zones.get(asked.zone[0].name)
        if zone is None:
            return dns.rcode.NOTAUTH
        try:
            zone.update(asked.prerequisite, asked.update)
        except RefusedUpdate as no:
            return no.rcode
        return dns.rcode.NOERROR

    def _transfer(self, asked: dns.message.Message) -> Iterator[bytes]:
        """Everything, also to who asks for changes only, unless nothing changed (RFC 1995, 4)."""
        zone = self._zones.get(asked.question[0].name)
        if zone is None or not asked.had_tsig:
            yield _with(asked, dns.rcode.NOTAUTH if zone is None else dns.rcode.REFUSED)
            return
        pages: list[list[dns.rrset.RRset]] = [[zone.soa]]
        if not _has_newest(asked, zone):
            rrsets = [zone.soa, *zone.records()]
            pages = [rrsets[n : n + _ON_A_PAGE] for n in range(0, len(rrsets), _ON_A_PAGE)]
            pages.append([zone.soa])
        context = None
        for page in pages:
            answer = dns.message.make_response(asked)
            answer.flags |= dns.flags.AA
            answer.answer += page
            yield answer.to_wire(multi=True, tsig_ctx=context)
            context = answer.tsig_ctx

    def _answer(self, asked: dns.message.Message) -> bytes:
        name, type_ = asked.question[0].name, asked.question[0].rdtype
        zone = self._zone_of(name)
        if zone is None:
            return _with(asked, dns.rcode.REFUSED)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.AA
        found = zone.get(name, type_)
        if found is not None:
            answer.answer.append(found)
        else:
            answer.authority.append(zone.soa)
            answer.set_rcode(dns.rcode.NOERROR if zone.has(name) else dns.rcode.NXDOMAIN)
        return answer.to_wire()

    def _zone_of(self, name: dns.name.Name) -> Zone | None:
        holding = [zone for origin, zone in self._zones.items() if name.is_subdomain(origin)]
        return max(holding, key=lambda zone: len(zone.origin), default=None)


def _has_newest(asked: dns.message.Message, zone: Zone) -> bool:
    if asked.question[0].rdtype != dns.rdatatype.IXFR or not asked.authority:
        return False
    return int(asked.authority[0][0].serial) == zone.serial


def _with(asked: dns.message.Message, rcode: dns.rcode.Rcode) -> bytes:
    answer = dns.message.make_response(asked)
    answer.set_rcode(rcode)
    return answer.to_wire()


def _bare(wire: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """An answer to a message that cannot be read: its head alone."""
    return wire[:2] + bytes([_IS_ANSWER | wire[2] & _OPCODE, rcode]) + bytes(8)
