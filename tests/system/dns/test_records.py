"""The engine's records on a real BIND, and through a gateway: nothing of others is touched, nothing
of ours is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.dns import MarkedZones, Server
from leasehold.dns.nsupdate_web import NsupdateWeb
from leasehold.engine import ledger
from leasehold.engine.cloud import (
    CloudBusy,
    CloudRefused,
    CloudUnsure,
    Installation,
    Kind,
    ObjectId,
    RecordSpec,
    Refusal,
    Tag,
    record_id,
)
from leasehold.engine.dns_records import NsupdateRecords, ZoneRecords
from leasehold.engine.row import State
from tests.simulation.world import World
from tests.system.dns.bind import REVERSE, ZONE, Bind
from tests.system.dns.gateway import a_gateway

NAME = f"web1.{ZONE}"
OURS = Installation("ours")


def a_spec(name: str = NAME, record_type: str = "A", value: str = "10.0.0.7") -> RecordSpec:
    return RecordSpec(name=name, record_type=record_type, values=(value,))


def a_tag(number: int = 1, installation: str = "ours") -> Tag:
    return Tag(installation=Installation(installation), object=ObjectId(f"record-{number}"))


@pytest.fixture
def records(bind: Bind) -> ZoneRecords:
    return ZoneRecords(MarkedZones(bind.server(), (ZONE, REVERSE)), OURS)


@pytest.fixture
def world(bind: Bind, tmp_path: Path) -> Iterator[World]:
    """An engine whose name server is BIND."""
    directory = tmp_path / "ledger"
    directory.mkdir()
    found = World(directory)
    zones = MarkedZones(bind.server(), (ZONE, REVERSE))
    found.name_server = ZoneRecords(zones, found.engine.installation)
    found.crash()
    yield found
    found.database.close()


def test_a_record_is_made_listed_with_its_tag_and_deleted(records: ZoneRecords, bind: Bind) -> None:
    made = records.make(a_spec(), a_tag())
    assert (made.status, made.tag) == ("SET", a_tag())
    assert made.cloud_id == record_id(a_spec(), a_tag().object)
    assert records.list(Kind.RECORD).sightings == (made,)
    assert records.delete(Kind.RECORD, made.cloud_id)
    assert not records.delete(Kind.RECORD, made.cloud_id)
    assert bind.names() == set()


def test_what_the_server_says_is_told_in_the_engines_words(
    records: ZoneRecords, bind: Bind, silent: str
) -> None:
    records.make(a_spec(), a_tag(installation="them"))
    with pytest.raises(CloudRefused, match="marked as 'them/record-1'") as refused:
        records.make(a_spec(), a_tag())
    assert refused.value.why is Refusal.CONFLICT
    with pytest.raises(CloudRefused, match="is in no zone of ours") as refused:
        records.make(a_spec("web1.other.test"), a_tag())
    assert refused.value.why is Refusal.BAD_REQUEST
    keyless = ZoneRecords(MarkedZones(Server(bind.place), (ZONE,)), OURS)
    with pytest.raises(CloudRefused, match="REFUSED") as refused:
        keyless.make(a_spec(f"web2.{ZONE}"), a_tag())
    assert refused.value.why is Refusal.CREDENTIALS
    hanging = ZoneRecords(MarkedZones(Server(silent, timeout=0.2), (ZONE,)), OURS)
    with pytest.raises(CloudUnsure, match="no answer"):
        hanging.make(a_spec(), a_tag())
    bind.stop()
    with pytest.raises(CloudBusy, match="Connection refused"):
        records.make(a_spec(), a_tag())


def test_an_engine_sets_puts_back_and_removes_while_others_edit_the_zone(
    world: World, bind: Bind
) -> None:
    bind.nsupdate(f"update add mail.{ZONE} 60 A 10.9.9.9")
    rows = world.plan(a_spec(), a_spec("7.0.0.10.in-addr.arpa", "PTR", f"{NAME}."))
    world.run(5)
    assert bind.dig("A", NAME) == ["10.0.0.7"]
    assert bind.dig("-x", "10.0.0.7") == [f"{NAME}."]
    bind.nsupdate(f"update delete {NAME}", f"update add {NAME} 60 A 10.6.6.6")
    world.run(60)
    assert bind.dig("A", NAME) == ["10.0.0.7"]
    bind.nsupdate(f"update delete {NAME}", f"update delete _leasehold-a.{NAME}")
    world.run(120)
    assert bind.dig("A", NAME) == ["10.0.0.7"]
    world.drop(*rows)
    world.run(30)
    assert bind.names() == {f"mail.{ZONE}. A"}


def test_a_bind_that_is_down_delays_and_loses_nothing(world: World, bind: Bind) -> None:
    bind.stop()
    (row,) = world.plan(a_spec())
    world.run(60)
    assert world.state(row) is State.PLANNED
    assert "Connection refused" in world.row(row).reason.text
    bind.start()
    world.run(60)
    assert world.state(row) is State.UP
    bind.stop()
    world.drop(row)
    world.run(60)
    assert world.row(row).doomed
    bind.start()
    world.run(120)
    assert world.state(row) is State.GONE
    assert bind.names() == set()


def test_a_frozen_zone_delays_a_record_and_says_how_to_go_on(world: World, bind: Bind) -> None:
    world.plan(a_spec())
    world.run(5)
    bind.rndc("freeze", ZONE)
    (row,) = world.plan(a_spec(f"web2.{ZONE}"))
    world.run(30)
    assert world.state(row) is State.PLANNED
    assert "rndc thaw lab.test" in world.row(row).reason.text
    bind.rndc("thaw", ZONE)
    world.run(120)
    assert world.state(row) is State.UP
    assert bind.dig("A", f"web2.{ZONE}") == ["10.0.0.7"]


def test_a_record_of_ours_that_the_ledger_does_not_know_is_found_and_removed(
    world: World, bind: Bind
) -> None:
    tag = Tag(installation=world.engine.installation, object=ObjectId("record-of-an-old-ledger"))
    for spec in (a_spec(), a_spec("7.0.0.10.in-addr.arpa", "PTR", f"{NAME}.")):
        world.name_server.make(spec, tag)
    world.name_server.make(a_spec(f"theirs.{ZONE}"), a_tag(installation="them"))
    world.run(700)
    assert bind.names() == {f"theirs.{ZONE}. A", f"_leasehold-a.theirs.{ZONE}. TXT"}


@pytest.mark.parametrize("arrives", [True, False])
def test_an_engine_killed_at_each_step_sets_one_record_and_leaves_none(
    world: World, bind: Bind, arrives: bool
) -> None:
    for steps in range(5):
        (row,) = world.plan(a_spec())
        for _ in range(steps):
            world.turn()
            if world.calls.waiting:
                world.calls.arrive_one()
        world.crash(calls_arrive=arrives)
        world.run(60)
        assert world.state(row) is State.UP
        assert bind.dig("A", NAME) == ["10.0.0.7"]
        world.drop(row)
        world.turn()
        world.crash(calls_arrive=arrives)
        world.run(60)
        assert world.state(row) is State.GONE
        assert bind.names() == set()


def test_through_a_gateway_an_engine_sets_puts_back_and_removes(bind: Bind, tmp_path: Path) -> None:
    directory = tmp_path / "ledger"
    directory.mkdir()
    with a_gateway(bind, "-a", "web[0-9]+") as gateway:
        world = World(directory)
        world.name_server = NsupdateRecords(NsupdateWeb(gateway.url, ZONE, Server(bind.place)))
        world.crash()
        (row,) = world.plan(a_spec())
        world.run(5)
        assert bind.dig("A", NAME) == ["10.0.0.7"]
        bind.nsupdate(f"update delete {NAME}", f"update add {NAME} 60 A 10.6.6.6")
        world.run(60)
        assert bind.dig("A", NAME) == ["10.0.0.7"]
        world.name_server = NsupdateRecords(NsupdateWeb(gateway.url, ZONE, Server(bind.place)))
        world.crash()
        world.run(120)
        assert world.state(row) is State.UP
        world.drop(row)
        world.run(30)
        assert world.state(row) is State.GONE
        assert bind.names() == set()
        world.database.close()


@pytest.mark.parametrize("changed", [False, True])
def test_a_name_that_was_given_up_while_the_gateway_was_down_is_removed_after_a_restart(
    bind: Bind, tmp_path: Path, changed: bool
) -> None:
    directory = tmp_path / "ledger"
    directory.mkdir()
    world = World(directory)

    def through(url: str) -> None:
        with world.database.read() as connection:
            known = ledger.records(connection, "dns.lab")
        world.name_server = NsupdateRecords(NsupdateWeb(url, ZONE, Server(bind.place)), known)
        world.crash()

    with a_gateway(bind, "-a", "web[0-9]+") as gateway:
        through(gateway.url)
        (row,) = world.plan(a_spec())
        world.run(5)
    through("http://127.0.0.1:9")
    world.drop(row)
    world.run(20)
    assert bind.dig("A", NAME) == ["10.0.0.7"]
    if changed:
        bind.nsupdate(f"update delete {NAME}", f"update add {NAME} 60 A 10.6.6.6")
    with a_gateway(bind, "-a", "web[0-9]+") as gateway:
        through(gateway.url)
        world.run(300)
        assert world.state(row) is State.GONE
        assert bind.dig("A", NAME) == (["10.6.6.6"] if changed else [])
        world.database.close()


def test_a_name_that_a_gateways_user_set_is_not_taken_over(bind: Bind) -> None:
    bind.nsupdate(f"update add {NAME} 60 A 10.9.9.9")
    with a_gateway(bind, "-a", "web[0-9]+") as gateway:
        records = NsupdateRecords(NsupdateWeb(gateway.url, ZONE, Server(bind.place)))
        with pytest.raises(CloudRefused, match=r"web1\.lab\.test is 10\.9\.9\.9"):
            records.make(a_spec(), a_tag())
    assert bind.dig("A", NAME) == ["10.9.9.9"]
