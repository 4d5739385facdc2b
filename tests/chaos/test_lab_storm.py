"""The lab in bad weather: leases stay whole, nodes are held once, and all comes back in the end."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from leasehold.engine import ledger
from leasehold.engine.cloud import CloudId, Kind, Limit, Limits
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause
from leasehold.engine.row import State
from leasehold.lab import records
from leasehold.lab.errors import BadWish, LabError
from leasehold.lab.model import LeaseId, LeaseState, NodeState
from leasehold.store import Place, StoreError
from leasehold.store.sqlite import SqliteFile
from tests.chaos.weather import faults, late, lies, name_faults
from tests.postgres import the_cluster
from tests.simulation.bench import OFFERS, Bench
from tests.simulation.clock import HandClock
from tests.simulation.storm import Storm

EXAMPLES = int(os.environ.get("LEASEHOLD_CHAOS", "40"))
"""How many stories are told; a long run sets it to thousands."""

NODES = 5
ENDED = (LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.FAILED)
AFTER_THE_STORM = 1800.0
"""Seconds until all is as it should be: every patience of the machine type, and two audits."""


class LabStorm(RuleBasedStateMachine):
    leases = Bundle("leases")
    more: ClassVar[dict[str, object]] = {}
    """What else the machine type says."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.cloud = Storm(HandClock(), offers=OFFERS)
        patience = {"boot_patience": "1m", "ready_patience": "1m", "queue_patience": "20m"}
        self.names = Storm(self.cloud.clock, end=0.0)
        recipe = {"nodes": NODES, "ready": "ssh", "dns": "lab", **patience, **self.more}
        self.bench = Bench(self.directory, self.cloud, self.names, self.a_place(), **recipe)
        self.ended: dict[LeaseId, LeaseState] = {}
        self.keys: dict[str, LeaseId] = {}

    def a_place(self) -> Place:
        return SqliteFile(path=self.directory / "ledger.db")

    # -- what people do --------------------------------------------------------------------------

    @rule(target=leases, count=st.integers(1, NODES), key=st.none() | st.sampled_from("abc"))
    def lock(self, count: int, key: str | None):
        try:
            lease = self.bench.lock(count, key=key, seconds=600)
        except StoreError:
            assert self.bench.database.full or self._is_behind()
            return multiple()
        except BadWish:
            assert key is not None
            assert self._is_behind() or self.bench.lab.lease(self.keys[key]).count != count
            return multiple()
        except Impossible as no:
            why = no.reason
            assert (why.cause, why.want) == (Cause.QUOTA, count)
            assert why.have is not None
            assert why.have < count
            return multiple()
        if key is not None:
            assert self.keys.setdefault(key, lease.id) == lease.id
        return lease.id

    @rule(lease=leases)
    def release(self, lease: LeaseId) -> None:
        try:
            assert self.bench.lab.release(lease).state in ENDED
        except StoreError:
            assert self.bench.database.full or self._is_behind()

    @rule(numbers=st.sets(st.integers(1, NODES), min_size=1))
    def unlock(self, numbers: set[int]) -> None:
        names = [f"demo{number:03}" for number in numbers]
        try:
            self.bench.lab.unlock(names)
        except StoreError:
            assert self.bench.database.full or self._is_behind()

    @rule(lease=leases, seconds=st.sampled_from([1, 300]))
    def extend(self, lease: LeaseId, seconds: int) -> None:
        try:
            self.bench.lab.extend(lease, seconds)
        except StoreError:
            assert self.bench.database.full or self._is_behind()
        except LabError:
            assert self.bench.lab.lease(lease).state in ENDED

    @rule(full=st.booleans())
    def the_disk_is_full_or_not(self, full: bool) -> None:
        self.bench.database.full = full

    @rule(lease=leases)
    def a_release_that_is_lost_has_not_happened(self, lease: LeaseId) -> None:
        self.bench.database.full = False
        self.bench.run(6)
        before = self.bench.lab.lease(lease).state
        self.bench.database.full = True
        with pytest.raises(StoreError):
            self.bench.lab.release(lease)
        self.bench.database.full = False
        self.bench.run(1)
        after = self.bench.lab.lease(lease).state
        assert (after is LeaseState.RELEASED) is (before is LeaseState.RELEASED)

    def _is_behind(self) -> bool:
        """Whether something was lost that has not been read back yet."""
        return self.bench.engine._inbox.qsize() > 0

    # -- nodes -----------------------------------------------------------------------------------

    @rule(number=st.integers(0, NODES - 1), ready=st.booleans())
    def a_node_answers(self, number: int, ready: bool) -> None:
        targets = sorted(self.bench.prober.targets)
        if targets:
            self.bench.answer_ssh(targets[number % len(targets)], ready=ready)

    # -- time ------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 3.0, 16.0, 70.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.run(seconds)

    @rule(seconds=st.floats(0.0, 3.0))
    def turn(self, seconds: float) -> None:
        self.bench.clock.time += seconds
        self.bench.turn()

    @rule(data=st.data())
    def one_call_is_answered(self, data: st.DataObject) -> None:
        waiting = self.bench.calls.waiting
        if waiting:
            self.bench.calls.arrive_one(data.draw(st.integers(0, len(waiting) - 1)))

    @rule()
    def what_hung_arrives(self) -> None:
        self.bench.calls.let_go()

    @rule(calls_arrive=st.booleans())
    def crash(self, calls_arrive: bool) -> None:
        self.bench.restart(calls_arrive=calls_arrive)

    # -- the weather -----------------------------------------------------------------------------

    @rule(fault=faults | late)
    def something_fails(self, fault) -> None:
        self.cloud.faults.append(fault)

    @rule(fault=name_faults)
    def a_name_server_fails(self, fault) -> None:
        self.names.faults.append(fault)

    @rule(number=st.integers(0, 20), removed=st.booleans())
    def somebody_edits_the_zone(self, number: int, removed: bool) -> None:
        found = self.names.ours()
        if found and removed:
            self.names.vanish(found[number % len(found)].cloud_id)
        elif found:
            self.names.mark(found[number % len(found)].cloud_id, "CHANGED")

    @rule()
    def faults_pass(self) -> None:
        self.cloud.faults.clear()
        self.names.faults.clear()

    @rule(lie=lies)
    def listings_lie(self, lie) -> None:
        self.cloud.lie = lie

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
        found = self.cloud.ours()
        if found:
            self.cloud.vanish(found[number % len(found)].cloud_id)

    @rule(kind=st.sampled_from([Kind.SERVER, Kind.PORT]), number=st.integers(1, NODES))
    def a_neighbour_comes(self, kind: Kind, number: int) -> None:
        self.cloud.add_neighbour(kind, f"demo{number:03}")

    # -- the promises ----------------------------------------------------------------------------

    @invariant()
    def nothing_of_others_is_touched(self) -> None:
        assert not self.cloud.wrong_deletes() | self.names.wrong_deletes()

    @invariant()
    def a_lease_has_all_of_its_nodes_or_none(self) -> None:
        for lease in self.bench.lab.leases():
            waits = lease.state is LeaseState.WAITING
            assert len(lease.nodes) == (0 if waits else lease.count)
            assert lease.state not in ENDED
            if waits:
                assert lease.reason is not None
                assert lease.position is not None

    @invariant()
    def memory_says_what_the_database_says(self) -> None:
        self.bench.flush()
        if self._is_behind():
            return
        with self.bench.database.read() as connection:
            book = records.load(connection)
        assert book.leases == self.bench.steward.book.leases
        assert book.holds == self.bench.steward.book.holds

    @invariant()
    def only_what_a_lease_holds_is_wanted(self) -> None:
        with self.bench.database.read() as connection:
            book = records.load(connection)
            rows = ledger.load(connection)
        held = {each for hold in book.holds.values() for each in hold.objects}
        assert {row.id for row in rows if row.wanted} <= held
        assert held <= {row.id for row in rows}
        servers: dict[str, CloudId | None] = {}
        for row in rows:
            if row.kind is Kind.SERVER and row.state in (State.BUILDING, State.UP) and row.wanted:
                assert row.subject not in servers, "one server in use for each node"
                servers[row.subject] = row.cloud_id

    @invariant()
    def the_free_are_those_that_nobody_holds_and_nothing_is_left_of(self) -> None:
        """Or those of spares, as one that is tried for a machine type whose boots failed."""
        steward = self.bench.steward
        held = {
            hold.node
            for hold in steward.book.holds.values()
            if not steward.book.leases[hold.lease].spare
        }
        spare = steward.book.holds.keys() - held
        names = [row.name for row in steward.inventory.rows() if row.up and row.name not in held]
        free = [name for name in names if name in spare or not steward.rows_of(name)]
        assert steward.inventory.free("demo") == free

    @invariant()
    def who_waits_can_see_why(self) -> None:
        settled = (NodeState.FREE, NodeState.READY, NodeState.SPARE)
        for node in self.bench.lab.nodes():
            assert node.reason is not None or node.state in settled

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        self.bench.flush()
        for lease in self.bench.lab.leases(ended=True):
            assert lease.nodes == ()
            assert self.ended.setdefault(lease.id, lease.state) is lease.state
        if not self._is_behind():
            assert not self.ended.keys() & {lease.id for lease in self.bench.lab.leases()}

    # -- after the storm -------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._settle()
        finally:
            self.bench.database.close()
            shutil.rmtree(self.directory)

    def _settle(self) -> None:
        self.cloud.clear_up()
        self.names.clear_up()
        self.bench.database.full = False
        self.cloud.boot = 8.0
        self.cloud.quota = Limits()
        self.bench.calls.let_go()
        for _ in range(60):
            self.bench.run(AFTER_THE_STORM / 60)
            for node in list(self.bench.prober.targets):
                self.bench.answer_ssh(node, ready=True)
        for lease in self.bench.lab.leases():
            assert lease.state is LeaseState.READY, f"{lease} came to no end"
            for node in lease.nodes:
                named = f"{node.name}.lab.test A" in self.bench.records()
                assert named or node.state is NodeState.BROKEN
        for lease in self.bench.lab.leases():
            self.bench.lab.release(lease.id)
        self.bench.run(AFTER_THE_STORM)
        self._see_that_all_is_back()
        assert self.bench.lab.leases() == []
        self.nothing_of_others_is_touched()

    def _see_that_all_is_back(self) -> None:
        assert self.cloud.ours() + self.names.ours() == ()
        assert {node.state for node in self.bench.lab.nodes()} == {NodeState.FREE}


class LabStormOnPostgres(LabStorm):
    def a_place(self) -> Place:
        return the_cluster().the_database()


LabStorm.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=30)
test_the_lab_keeps_its_promises_in_any_weather = pytest.mark.timeout(0)(LabStorm.TestCase)
LabStormOnPostgres.TestCase.settings = settings(
    max_examples=max(4, EXAMPLES // 4), stateful_step_count=30
)
test_the_lab_keeps_them_on_postgresql = pytest.mark.timeout(0)(LabStormOnPostgres.TestCase)
