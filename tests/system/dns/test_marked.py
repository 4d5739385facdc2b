"""Marked records, on a real BIND and on the emulator's name server."""

import subprocess

import pytest

from leasehold.dns import (
    Denied,
    Key,
    MarkedZones,
    NoAnswer,
    Record,
    Refused,
    Server,
    Taken,
    Unreachable,
    fingerprint,
)
from tests.system.dns.bind import REVERSE, REVERSE_V6, ZONE, Bind, Primary

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFF0dGB2QjkRVqXmjEOMzZMJjLJkqDD2Bc4gfpsRXPbD"
ZONES = (ZONE, REVERSE, REVERSE_V6)


def a_record(
    name: str = "web1", type_: str = "A", value: str = "10.0.0.7", ttl: int = 60
) -> Record:
    full = name if "." in name else f"{name}.{ZONE}"
    return Record(name=full, type=type_, values=(value,), ttl=ttl)


def never(_: str) -> bool:
    return False


@pytest.fixture
def zones(primary: Primary) -> MarkedZones:
    return MarkedZones(primary.server(), ZONES)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_record_is_written_read_back_listed_and_removed(primary: Primary, transport: str) -> None:
    zones = MarkedZones(primary.server(transport=transport), ZONES)
    records = [
        a_record(ttl=17),
        a_record(type_="AAAA", value="2001:db8::7"),
        a_record("7.0.0.10.in-addr.arpa", "PTR", f"web1.{ZONE}."),
        a_record(f"7{'.0' * 23}.8.b.d.0.1.0.0.2.ip6.arpa", "PTR", f"web1.{ZONE}."),
        a_record(type_="SSHFP", value=fingerprint(KEY) or ""),
    ]
    for record in records:
        assert zones.write(record, "us/record-1", may_replace=never).intact
    assert primary.dig("A", f"web1.{ZONE}") == ["10.0.0.7"]
    assert primary.dig("AAAA", f"web1.{ZONE}") == ["2001:db8::7"]
    assert primary.dig("-x", "10.0.0.7") == [f"web1.{ZONE}."]
    assert primary.dig("-x", "2001:db8::7") == [f"web1.{ZONE}."]
    assert primary.dig("SSHFP", f"web1.{ZONE}")[0].startswith("4 2 ")
    seen = zones.list()
    assert {(each.name, each.type) for each in seen} == {(r.name, r.type) for r in records}
    assert all(each.intact and each.tag == "us/record-1" for each in seen)
    for record in records:
        assert zones.remove(record.name, record.type, "us/record-1")
    assert zones.list() == ()
    assert primary.names() == set()


def test_the_time_to_live_is_as_asked(primary: Primary, zones: MarkedZones) -> None:
    zones.write(a_record(ttl=17), "us/1", may_replace=never)
    assert primary.dig("+ttlid", f"web1.{ZONE}") == ["10.0.0.7"]
    assert " 17 " in _answer(primary, f"web1.{ZONE}")


def test_a_name_that_somebody_else_set_is_left_alone(primary: Primary, zones: MarkedZones) -> None:
    primary.nsupdate(
        f"update add web1.{ZONE} 60 A 10.9.9.9", f"update add web2.{ZONE} 60 CNAME ns.{ZONE}."
    )
    for name in ("web1", "web2"):
        with pytest.raises(Taken, match=f"{name}.{ZONE} A is there and carries no mark of ours"):
            zones.write(a_record(name), "us/1", may_replace=lambda _: True)
    assert primary.dig("A", f"web1.{ZONE}") == ["10.9.9.9"]
    assert zones.list() == ()


def test_another_installations_record_is_left_alone(primary: Primary, zones: MarkedZones) -> None:
    zones.write(a_record(), "them/1", may_replace=never)
    with pytest.raises(Taken, match="marked as 'them/1'"):
        zones.write(a_record(value="10.0.0.8"), "us/1", may_replace=lambda tag: tag[:3] == "us/")
    assert not zones.remove(f"web1.{ZONE}", "A", "us/1")
    assert primary.dig("A", f"web1.{ZONE}") == ["10.0.0.7"]


def test_an_earlier_record_of_ours_is_replaced_and_its_late_removal_does_no_harm(
    primary: Primary, zones: MarkedZones
) -> None:
    zones.write(a_record(), "us/1", may_replace=never)
    zones.write(a_record(value="10.0.0.8"), "us/2", may_replace=lambda tag: tag == "us/1")
    assert not zones.remove(f"web1.{ZONE}", "A", "us/1")
    assert primary.dig("A", f"web1.{ZONE}") == ["10.0.0.8"]


def test_a_change_by_somebody_else_shows_and_can_be_put_back(
    primary: Primary, zones: MarkedZones
) -> None:
    zones.write(a_record(), "us/1", may_replace=never)
    primary.nsupdate(f"update delete web1.{ZONE} A", f"update add web1.{ZONE} 60 A 10.9.9.9")
    assert [each.intact for each in zones.list()] == [False]
    zones.write(a_record(), "us/1", may_replace=lambda tag: tag == "us/1")
    assert [each.intact for each in zones.list()] == [True]
    assert primary.dig("A", f"web1.{ZONE}") == ["10.0.0.7"]


def test_a_listing_follows_many_changes_and_a_restart_of_the_server(bind: Bind) -> None:
    zones = MarkedZones(bind.server(), ZONES)
    for number in range(30):
        zones.write(
            a_record(f"n{number}", value=f"10.0.1.{number}"), f"us/{number}", may_replace=never
        )
        assert len(zones.list()) == number + 1
    bind.stop()
    with pytest.raises(Unreachable, match="Connection refused"):
        zones.list()
    bind.start()
    assert len(zones.list()) == 30
    assert zones.remove(f"n7.{ZONE}", "A", "us/7")
    assert len(zones.list()) == 29


def test_an_update_sent_twice_has_the_effect_of_one(primary: Primary, zones: MarkedZones) -> None:
    for _ in range(2):
        assert zones.write(a_record(), "us/1", may_replace=lambda tag: tag == "us/1").intact
    assert primary.dig("A", f"web1.{ZONE}") == ["10.0.0.7"]


def test_a_key_that_may_not_is_told_which_right_it_lacks(bind: Bind) -> None:
    weak = MarkedZones(Server(bind.place, Key.read(bind.other_key_file)), ZONES)
    with pytest.raises(Denied, match=r"REFUSED; let it allow the key other"):
        weak.write(a_record(), "us/1", may_replace=never)
    with pytest.raises(Denied, match=r"transfer of lab\.test"):
        weak.list()


def test_a_wrong_secret_is_told_as_such(primary: Primary) -> None:
    key = Key(Key.read(primary.key_file).name, "hmac-sha256", "A" * 43 + "=")
    wrong = Server(primary.place, key)
    with pytest.raises(Denied, match="compare name, algorithm and secret"):
        MarkedZones(wrong, ZONES).write(a_record(), "us/1", may_replace=never)


def test_a_name_outside_the_zones_is_refused_before_anything_is_sent(zones: MarkedZones) -> None:
    with pytest.raises(Refused, match=r"web1\.elsewhere.test is in no zone of ours"):
        zones.write(a_record("web1.elsewhere.test"), "us/1", may_replace=never)


def test_a_zone_that_the_server_does_not_serve_is_told(primary: Primary) -> None:
    zones = MarkedZones(primary.server(), ("other.test",))
    with pytest.raises(Denied, match="serve the zone itself"):
        zones.write(a_record("web1.other.test"), "us/1", may_replace=never)


def test_a_server_that_takes_the_question_and_says_nothing_ends_in_time(silent: str) -> None:
    zones = MarkedZones(Server(silent, timeout=0.3), ZONES)
    with pytest.raises(NoAnswer, match=r"no answer within 0\.3 s"):
        zones.write(a_record(), "us/1", may_replace=never)


def _answer(primary: Primary, name: str) -> str:
    command = ["dig", "@127.0.0.1", "-p", str(primary.port), "+noall", "+answer", name]
    return " ".join(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    )
