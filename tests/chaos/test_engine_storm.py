"""The engine in bad weather: whatever happens, in whatever order, the promises hold."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    Installation,
    Kind,
    Limit,
    Limits,
    ObjectId,
    RecordSpec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row, State
from leasehold.engine.table import OPEN_STATES
from leasehold.store import Place
from leasehold.store.sqlite import SqliteFile
from tests.chaos.weather import faults, late, lies, name_faults
from tests.postgres import the_cluster
from tests.simulation.storm import Storm
from tests.simulation.world import HandClock, World

EXAMPLES = int(os.environ.get("LEASEHOLD_CHAOS", "40"))
"""How many stories are told; a long run sets it to thousands."""

AFTER_THE_STORM = 1200.0
"""Seconds until all is as it should be: two audits of an idle cloud, after the slowest retry."""

IN_USE = (State.UP, State.AILING)
"""A server that was up and shows ERROR stays until it is dropped: somebody may be on it."""


class EngineStorm(RuleBasedStateMachine):
    groups = Bundle("groups")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.cloud = Storm(HandClock())
        self.names = Storm(self.cloud.clock, end=0.0)
        self.world = World(self.directory, self.cloud, self.names, self.a_place())
        self.planned: list[Row] = []
        self.dropped: set[ObjectId] = set()
        self.neighbours = 0

    def a_place(self) -> Place:
        return SqliteFile(path=self.directory / "ledger.db")

    # -- what people do --------------------------------------------------------------------------

    @rule(target=groups, count=st.integers(1, 3))
    def plan_servers(self, count: int):
        made = [self.world.plan_server(f"n{len(self.planned)}-{n}") for n in range(count)]
        self.planned += [row for pair in made for row in pair]
        return multiple(*made)

    @rule(target=groups)
    def plan_server_with_volume(self):
        port, server = self.world.plan_server(f"v{len(self.planned)}")
        (volume,) = self.world.plan(VolumeSpec(name="v", size_gib=1))
        (attachment,) = self.world.plan(AttachmentSpec(server=server.id, volume=volume.id))
        rows = (port, server, volume, attachment)
        self.planned += rows
        return rows

    @rule(target=groups)
    def plan_record(self):
        spec = RecordSpec(name=f"r{len(self.planned)}.lab", record_type="A", values=("10.0.0.7",))
        rows = tuple(self.world.plan(spec))
        self.planned += rows
        return rows

    @rule(rows=groups)
    def drop(self, rows: tuple[Row, ...]) -> None:
        self.world.drop(*rows)
        self.dropped.update(row.id for row in rows)

    # -- time ------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 3.0, 16.0, 70.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.run(seconds)

    @rule(seconds=st.floats(0.0, 3.0))
    def turn(self, seconds: float) -> None:
        self.world.clock.time += seconds
        self.world.turn()

    @rule(data=st.data())
    def one_call_is_answered(self, data: st.DataObject) -> None:
        if self.world.calls.waiting:
            number = data.draw(st.integers(0, len(self.world.calls.waiting) - 1))
            self.world.calls.arrive_one(number)

    @rule()
    def what_hung_arrives(self) -> None:
        self.world.calls.let_go()

    @rule(calls_arrive=st.booleans())
    def crash(self, calls_arrive: bool) -> None:
        self.world.crash(calls_arrive=calls_arrive)

    # -- the weather -----------------------------------------------------------------------------

    @rule(fault=faults | late)
    def something_fails(self, fault) -> None:
        self.cloud.faults.append(fault)

    @rule(fault=name_faults)
    def a_name_server_fails(self, fault) -> None:
        self.names.faults.append(fault)

    @rule()
    def faults_pass(self) -> None:
        self.cloud.faults.clear()
        self.names.faults.clear()

    @rule(lie=lies, of_names=st.booleans())
    def listings_lie(self, lie, of_names: bool) -> None:
        (self.names if of_names else self.cloud).lie = lie

    @rule(number=st.integers(0, 20), removed=st.booleans())
    def somebody_edits_the_zone(self, number: int, removed: bool) -> None:
        found = self.names.ours()
        if not found:
            return
        cloud_id = found[number % len(found)].cloud_id
        if removed:
            self.names.vanish(cloud_id)
        else:
            self.names.mark(cloud_id, "CHANGED")

    @rule(number=st.integers(0, 20))
    def a_neighbour_has_a_name(self, number: int) -> None:
        self.names.add_neighbour(Kind.RECORD, f"r{number}.other")

    @rule(end=st.sampled_from([0.0, 4.0, 1e9]), boot=st.sampled_from([0.0, 8.0, 1e9]))
    def the_cloud_slows_down_or_hurries(self, end: float, boot: float) -> None:
        self.cloud.end, self.cloud.boot = end, boot

    @rule(total=st.sampled_from([None, 0, 1, 3]))
    def quota_changes(self, total: int | None) -> None:
        self.cloud.quota = Limits(servers=Limit(total=total))

    @rule(number=st.integers(0, 20), fault=st.sampled_from(["No valid host", None]))
    def a_server_fails(self, number: int, fault: str | None) -> None:
        found = [each for each in self.cloud.ours() if each.kind is Kind.SERVER]
        if found:
            self.cloud.mark(found[number % len(found)].cloud_id, "ERROR", fault)

    @rule(number=st.integers(0, 20))
    def something_vanishes(self, number: int) -> None:
        found = [each for each in self.cloud.ours() if each.kind is not Kind.ATTACHMENT]
        if found:
            self.cloud.vanish(found[number % len(found)].cloud_id)

    @rule(
        kind=st.sampled_from([Kind.SERVER, Kind.PORT, Kind.VOLUME]),
        number=st.integers(0, 20),
        marked=st.booleans(),
    )
    def a_neighbour_comes(self, kind: Kind, number: int, marked: bool) -> None:
        """Of the same name as ours, and perhaps made by another Leasehold with our very ids."""
        row = self.planned[number % len(self.planned)] if self.planned else None
        name = getattr(row.spec, "name", "n") if row else "n"
        other = Tag(installation=Installation("another"), object=row.id if row else ObjectId("x"))
        self.cloud.add_neighbour(kind, name, other if marked else None)

    @rule(number=st.integers(0, 20))
    def an_order_shows_up_late(self, number: int) -> None:
        rows = [row for row in self.planned if row.kind in (Kind.SERVER, Kind.PORT)]
        if rows:
            row = rows[number % len(rows)]
            tag = Tag(installation=self.world.engine.installation, object=row.id)
            self.cloud.add_foreign(row.kind, "late", tag)

    # -- the promises ----------------------------------------------------------------------------

    @invariant()
    def nothing_of_others_is_touched(self) -> None:
        assert not self.cloud.wrong_deletes()
        assert not self.names.wrong_deletes()
        assert self.names.foreign <= {each.cloud_id for each in self.names.alive(Kind.RECORD)}
        assert self.cloud.foreign <= {each.cloud_id for k in Kind for each in self.cloud.alive(k)}

    @invariant()
    def no_object_serves_two_rows(self) -> None:
        used: dict[CloudId, ObjectId] = {}
        for row in self.world.engine.ledger.rows.values():
            if row.cloud_id and row.state in (State.BUILDING, *IN_USE):
                assert used.setdefault(row.cloud_id, row.id) == row.id

    @invariant()
    def what_was_dropped_stays_dropped(self) -> None:
        with self.world.database.read() as connection:
            found = connection.exec_driver_sql("select id from objects where wanted").all()
        assert not self.dropped & {ObjectId(each) for (each,) in found}

    @invariant()
    def who_waits_has_a_reason_or_a_next_step(self) -> None:
        engine = self.world.engine
        in_flight = {each for watch in engine.watches.values() for each in watch.in_flight}
        for row in engine.ledger.due("c") + engine.ledger.due("dns.lab"):
            assert row.state in OPEN_STATES or row.doomed
            if row.state is State.UNSURE and row.id not in in_flight:
                assert row.reason is not None

    def teardown(self) -> None:
        try:
            self._settle()
        finally:
            self.world.database.close()
            shutil.rmtree(self.directory)

    def _settle(self) -> None:
        self.cloud.clear_up()
        self.names.clear_up()
        self.cloud.boot = 8.0
        self.cloud.quota = Limits()
        self.world.calls.let_go()
        self.world.run(AFTER_THE_STORM)
        there = {each.cloud_id for each in self.cloud.ours() + self.names.ours()}
        assert {each.status for each in self.names.ours()} <= {"SET"}
        rows = [self.world.row(each) for each in self.planned]
        for row in rows:
            assert row.state in (*IN_USE, State.GONE) or self._is_needed(row), f"{row} is stuck"
            if row.state in IN_USE and row.kind is not Kind.ATTACHMENT:
                assert row.cloud_id in there
            if row.state is State.GONE:
                assert row.doomed
            if row.state is State.AILING:
                assert row.kind is Kind.SERVER
        used = {row.cloud_id for row in rows if row.state is not State.GONE}
        assert there <= used, "everything is either in use or gone"
        self.world.drop(*self.planned)
        self.world.run(AFTER_THE_STORM)
        assert self.cloud.ours() + self.names.ours() == ()
        assert all(self.world.state(row) is State.GONE for row in self.planned)
        self.nothing_of_others_is_touched()

    def _is_needed(self, row: Row) -> bool:
        """Whether a row that has to go stays for something that is in use."""
        dependents = self.world.engine.ledger.dependents[row.id]
        in_use = any(self.world.engine.ledger.rows[each].state in IN_USE for each in dependents)
        waits = row.reason is not None and row.reason.cause is Cause.NEEDS
        return row.state is State.LEAVING and row.doomed and waits and in_use


class EngineStormOnPostgres(EngineStorm):
    def a_place(self) -> Place:
        return the_cluster().the_database()


EngineStorm.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=30)
test_the_engine_keeps_its_promises_in_any_weather = pytest.mark.timeout(0)(EngineStorm.TestCase)
EngineStormOnPostgres.TestCase.settings = settings(
    max_examples=max(4, EXAMPLES // 4), stateful_step_count=30
)
test_the_engine_keeps_them_on_postgresql = pytest.mark.timeout(0)(EngineStormOnPostgres.TestCase)
