"""One authoritative name server: questions, updates (RFC 2136) and transfers, signed with TSIG.

The only place that speaks DNS. Nothing is retried here: an update whose answer was lost may have had
effect, and only the caller knows what that means.
"""

import contextlib
import socket
from collections.abc import Iterator
from typing import Literal

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import dns.xfr
import dns.zone

from leasehold.dns.errors import Denied, DnsError, NoAnswer, Paused, Refused, Taken, Unreachable
from leasehold.dns.key import Key

Transport = Literal["tcp", "udp"]

_TAKEN = {dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN}
_DENIED = {dns.rcode.REFUSED, dns.rcode.NOTAUTH}
_LARGE = 1232
"""Bytes that a UDP answer may have and still cross every network whole."""


class Server:
    """Where one server is, and with which key it is spoken to. Thread-safe."""

    def __init__(
        self,
        place: str,
        key: Key | None = None,
        *,
        transport: Transport = "tcp",
        timeout: float = 5.0,
    ) -> None:
        """`place` is HOST or HOST:PORT, an IPv6 address with a port in brackets."""
        self.place = place
        self.host, self.port = split_place(place)
        self.key = key
        self.transport = transport
        self.timeout = timeout
        self._taking: set[str] = set()
        """Zones of which it took an update."""

    def ask(self, name: str, type_: str) -> tuple[str, ...]:
        """The values under a name, sorted; none if it or they do not exist. Raises `DnsError`.

        The server is asked for what it has itself, not for what it can find out.
        """
        question = dns.message.make_query(
            dns.name.from_text(name), type_, use_edns=0, payload=_LARGE, flags=0
        )
        answer = self._exchange(question, f"the question for {name} {type_}")
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise self._no(answer.rcode(), f"the question for {name} {type_}")
        wanted = dns.rdatatype.from_text(type_)
        found = [
            each.to_text()
            for rrset in answer.answer
            if rrset.rdtype == wanted and rrset.name == question.question[0].name
            for each in rrset
        ]
        return tuple(sorted(found))

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 and then the IPv6 addresses under a name, each sorted. Raises as `ask` does."""
        return self.ask(name, "A") + self.ask(name, "AAAA")

    def update(self, message: dns.update.UpdateMessage) -> None:
        """Send an update, all of which happens or nothing. Raises `DnsError`."""
        zone = message.zone[0].name.to_text(omit_final_dot=True)
        what = f"an update of {zone}"
        answer = self._exchange(message, what)
        if answer.rcode() == dns.rcode.REFUSED and zone in self._taking:
            hint = f"it took updates before: `rndc thaw {zone}`, if the zone is frozen"
            raise Paused(self.place, f"{what}: REFUSED", hint, rcode="REFUSED")
        if answer.rcode() != dns.rcode.NOERROR:
            raise self._no(answer.rcode(), what)
        self._taking.add(zone)

    def transfer(self, zone: dns.zone.Zone) -> None:
        """Bring a copy of a zone up to date: what changed since its serial, or all of it."""
        origin = zone.origin
        assert origin is not None
        what = f"a transfer of {origin.to_text(omit_final_dot=True)}"
        key = self.key.tsig if self.key else None
        with self._told(what):
            query, _ = dns.xfr.make_query(zone, keyring=key)
            dns.query.inbound_xfr(
                self._address(), zone, query, self.port, self.timeout, 4 * self.timeout
            )

    def _exchange(self, message: dns.message.Message, what: str) -> dns.message.Message:
        if self.key is not None:
            message.use_tsig(self.key.tsig)
        with self._told(what):
            where = self._address()
            if self.transport == "udp":
                with contextlib.suppress(dns.message.Truncated):
                    return dns.query.udp(
                        message, where, self.timeout, self.port, raise_on_truncation=True
                    )
            return dns.query.tcp(message, where, self.timeout, self.port)

    def _address(self) -> str:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return str(found[0][4][0])

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Map what dnspython and sockets raise to our own errors."""
        try:
            yield
        except dns.xfr.TransferError as error:
            raise self._no(error.rcode, what) from error
        except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.message.UnknownTSIGKey) as error:
            hint = "compare name, algorithm and secret of the key, and the clocks, on both sides"
            raise Denied(self.place, f"{what}: {_words(error)}", hint, rcode="NOTAUTH") from error
        except (ConnectionRefusedError, socket.gaierror) as error:
            hint = "see that it runs, and that the place is right"
            raise Unreachable(self.place, f"{what}: {error.strerror}", hint) from error
        except dns.exception.Timeout as error:
            found = f"{what}: no answer within {self.timeout:g} s"
            raise NoAnswer(self.place, found, "see that it runs and can be reached") from error
        except (dns.exception.DNSException, OSError, EOFError) as error:
            hint = "its log says more"
            raise NoAnswer(self.place, f"{what}: {_words(error)}", hint) from error

    def _no(self, rcode: int, what: str) -> DnsError:
        text = dns.rcode.to_text(dns.rcode.Rcode.make(rcode))
        found = f"{what}: {text}"
        if rcode in _TAKEN:
            hint = "somebody else has set the name, or changed it in this moment"
            return Taken(self.place, found, hint, rcode=text)
        if rcode in _DENIED:
            key = f"the key {self.key.name}" if self.key else "us without a key"
            hint = f"let it allow {key} (update-policy, allow-transfer), and serve the zone itself"
            return Denied(self.place, found, hint, rcode=text)
        if rcode == dns.rcode.SERVFAIL:
            return NoAnswer(self.place, found, "its log says why", rcode=text)
        return Refused(self.place, found, "its log says why", rcode=text)


def split_place(place: str) -> tuple[str, int]:
    """HOST and port of HOST, HOST:PORT or [V6]:PORT. Raises ValueError."""
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    elif place.count(":") == 1:
        host, port = place.split(":")
    else:
        host, port = place, ""
    if not host or (port and not port.isdecimal()) or not 0 < int(port or 53) < 65536:
        raise ValueError(f"found {place!r}; allowed: HOST, HOST:PORT or [IPV6]:PORT")
    return host, int(port or 53)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
