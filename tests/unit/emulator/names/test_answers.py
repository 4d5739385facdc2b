"""The emulator's name server keeps the rules of RFC 2136, and nothing that is sent breaks it."""

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.tsig
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.names.answers import Answers
from leasehold.emulator.names.zone import Zone

KEY = dns.tsig.Key("lab", b"0123456789abcdef0123456789abcdef", dns.tsig.HMAC_SHA256)


@pytest.fixture
def zone() -> Zone:
    zone = Zone("lab.test")
    update(zone, lambda m: m.add("web1", 60, "A", "10.0.0.1"))
    return zone


def told(zone: Zone, message: dns.message.Message, *, signed: bool = True) -> dns.message.Message:
    if signed:
        message.use_tsig(KEY)
    (answer,) = Answers({zone.origin: zone}, KEY).to(message.to_wire())
    mac = message.mac if signed else b""
    return dns.message.from_wire(answer, keyring=KEY if signed else None, request_mac=mac)


def update(zone: Zone, *steps, of: str = "lab.test", signed: bool = True) -> dns.rcode.Rcode:
    message = dns.update.UpdateMessage(of)
    for step in steps:
        step(message)
    return told(zone, message, signed=signed).rcode()


def test_a_prerequisite_that_does_not_hold_keeps_every_change_out(zone: Zone) -> None:
    before = zone.names()
    for wish, rcode in (
        (lambda m: m.absent("web1"), dns.rcode.YXDOMAIN),
        (lambda m: m.absent("web1", "A"), dns.rcode.YXRRSET),
        (lambda m: m.present("web2"), dns.rcode.NXDOMAIN),
        (lambda m: m.present("web1", "AAAA"), dns.rcode.NXRRSET),
        (lambda m: m.present("web1", "A", "10.0.0.2"), dns.rcode.NXRRSET),
    ):
        assert update(zone, wish, lambda m: m.add("web3", 60, "A", "10.0.0.3")) == rcode
    assert zone.names() == before


def test_a_prerequisite_that_holds_lets_changes_in_and_raises_the_serial(zone: Zone) -> None:
    before = zone.serial
    done = update(
        zone,
        lambda m: m.present("web1"),
        lambda m: m.present("web1", "A", "10.0.0.1"),
        lambda m: m.absent("web2"),
        lambda m: m.absent("web1", "AAAA"),
        lambda m: m.add("web1", 60, "A", "10.0.0.2"),
        lambda m: m.delete("web1", "A", "10.0.0.1"),
    )
    assert done == dns.rcode.NOERROR
    assert [each.to_text() for each in zone.get(dns.name.from_text("web1.lab.test"), "A")] == [
        "10.0.0.2"
    ]
    assert zone.serial == before + 1


def test_an_address_beside_an_alias_is_passed_over_without_a_word(zone: Zone) -> None:
    update(zone, lambda m: m.add("web2", 60, "CNAME", "web1"))
    assert update(zone, lambda m: m.add("web2", 60, "A", "10.0.0.2")) == dns.rcode.NOERROR
    assert "web2.lab.test A" not in zone.names()


def test_who_has_no_key_may_ask_but_neither_change_nor_transfer(zone: Zone) -> None:
    add = update(zone, lambda m: m.add("x", 60, "A", "10.0.0.9"), signed=False)
    assert add == dns.rcode.REFUSED
    whole = told(zone, dns.message.make_query("lab.test", "AXFR"), signed=False)
    assert whole.rcode() == dns.rcode.REFUSED
    asked = told(zone, dns.message.make_query("web1.lab.test", "A"), signed=False)
    assert asked.answer[0][0].to_text() == "10.0.0.1"
    assert asked.flags & dns.flags.AA


def test_other_zones_are_not_its_own(zone: Zone) -> None:
    add = update(zone, lambda m: m.add("x", 60, "A", "10.0.0.9"), of="other.test")
    assert add == dns.rcode.NOTAUTH
    outside = update(zone, lambda m: m.add(dns.name.from_text("x.other."), 60, "A", "10.0.0.9"))
    assert outside == dns.rcode.NOTZONE
    asked = told(zone, dns.message.make_query("web1.other.test", "A"), signed=False)
    assert asked.rcode() == dns.rcode.REFUSED


def test_the_head_of_the_zone_stays(zone: Zone) -> None:
    update(zone, lambda m: m.delete(zone.origin))
    assert zone.get(zone.origin, "SOA")
    assert zone.get(zone.origin, "NS")


@given(wire=st.binary(max_size=200))
def test_nothing_that_is_sent_breaks_it(wire: bytes) -> None:
    zone = Zone("lab.test")
    list(Answers({zone.origin: zone}, KEY).to(wire))
    assert zone.names() == []


@given(place=st.integers(0, 150), value=st.integers(0, 255))
def test_a_signed_update_that_was_tampered_with_changes_nothing_else(
    place: int, value: int
) -> None:
    zone = Zone("lab.test")
    message = dns.update.UpdateMessage("lab.test")
    message.add("web1", 60, "A", "10.0.0.1")
    message.use_tsig(KEY)
    wire = bytearray(message.to_wire())
    at = 2 + place % (len(wire) - 2)  # the first two bytes may change on the way: RFC 8945, 4.3.1
    wire[at] = value
    list(Answers({zone.origin: zone}, KEY).to(bytes(wire)))
    assert zone.names() in ([], ["web1.lab.test A"])
