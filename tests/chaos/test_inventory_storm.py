"""Nodes come, change, fall ill and go while they are locked: none is ever held by two."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leasehold.lab import node_records, records
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.errors import LabError, NodeConfigured, NodeExists, NodeHeld, TooMany
from leasehold.lab.model import LeaseId, LeaseState, NodeName, NodeState, Wish
from leasehold.lab.node_row import NodeChange, NodeRow, order
from leasehold.store import Place, StoreError
from leasehold.store.sqlite import SqliteFile
from tests.postgres import the_cluster
from tests.simulation.bench import Bench

EXAMPLES = int(os.environ.get("LEASEHOLD_CHAOS", "40"))

MOST = 4
TYPES = {
    "metal": MachineTypeConfig(kind="fixed", ready="none", nodes=1, queue_patience="1h"),
    "smithi": MachineTypeConfig(
        kind="fixed", nodes=1, health_every="5m", health_attempts=2, ready_patience="2m"
    ),
}
ALL_TYPES = st.sampled_from(["metal", "smithi", "demo", "bubo"])
names = st.sampled_from([*(f"x{number}" for number in range(MOST)), "demo001", "metal001"])
systems = st.sampled_from([None, "ubuntu", "centos"])


class InventoryStorm(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        patience = {"boot_patience": "1m", "ready_patience": "1m", "queue_patience": "1h"}
        self.bench = Bench(self.directory, place=self.a_place(), types=TYPES, nodes=2, **patience)
        self.epochs: dict[str, int] = {}
        self.register({"x0", "x1"}, "metal", None)

    def a_place(self) -> Place:
        return SqliteFile(path=self.directory / "ledger.db")

    # -- what people do --------------------------------------------------------------------------

    @rule(some=st.sets(names, min_size=1, max_size=3), machine_type=ALL_TYPES, system=systems)
    def register(self, some: set[str], machine_type: str, system: str | None) -> None:
        rows = [
            NodeRow(name=NodeName(name), machine_type=machine_type, os_type=system)
            for name in sorted(some, key=order)
        ]
        known = self._names()
        try:
            self.bench.lab.register_nodes(rows, by="ann", new_types=True)
        except NodeExists:
            assert known & some
            assert self._names() == known
        except StoreError:
            self._is_excused()
        else:
            assert not known & some
            assert self._names() == known | some

    @rule(
        some=st.sets(names, min_size=1, max_size=3),
        up=st.booleans(),
        system=systems,
        machine_type=st.none() | ALL_TYPES,
    )
    def change(
        self, some: set[str], up: bool, system: str | None, machine_type: str | None
    ) -> None:
        known, held = self._names(), self._held()
        change = NodeChange(up=up, os_type=system)
        if machine_type is not None:
            change = NodeChange(machine_type=machine_type)
        nodes = [NodeName(name) for name in some]
        try:
            self.bench.lab.change_nodes(nodes, change, by="ann", new_types=True)
        except NodeHeld:
            assert held & some
        except NodeConfigured:
            assert machine_type is not None
        except LabError:
            assert not some <= known
        except StoreError:
            self._is_excused()

    @rule(some=st.sets(names, min_size=1, max_size=2))
    def remove(self, some: set[str]) -> None:
        known, held = self._names(), self._held()
        try:
            self.bench.lab.remove_nodes([NodeName(name) for name in some], by="ann")
        except NodeHeld:
            assert held & some
            assert self._names() == known
        except LabError:
            assert self._names() == known
        except StoreError:
            self._is_excused()
        else:
            assert not held & some
            assert self._names() == known - some

    @rule(number=st.integers(0, 5), removed=st.booleans())
    def touch_what_is_held(self, number: int, removed: bool) -> None:
        rows = [self.bench.steward.inventory.row(NodeName(name)) for name in self._held()]
        ours = sorted((row.name for row in rows if row and row.registered), key=order)
        if not ours:
            return
        node = ours[number % len(ours)]
        lab, change = self.bench.lab, NodeChange(machine_type="somewhere-else")
        if removed:
            with pytest.raises(NodeHeld):
                lab.remove_nodes([node], by="ann")
        else:
            with pytest.raises(NodeHeld):
                lab.change_nodes([node], change, by="ann", new_types=True)

    @rule(machine_type=ALL_TYPES, count=st.integers(1, 4))
    def lock(self, machine_type: str, count: int) -> None:
        exist = self.bench.steward.inventory.count(machine_type).all
        wish = Wish(machine_type=machine_type, count=count, owner="bob", seconds=900)
        try:
            lease = self.bench.lab.lock(wish)
        except TooMany:
            assert count > exist
        except LabError:
            assert exist == 0
        except StoreError:
            self._is_excused()
        else:
            assert count <= exist
            assert lease.state in (LeaseState.WAITING, LeaseState.PREPARING, LeaseState.READY)

    @rule(number=st.integers(0, 5))
    def release(self, number: int) -> None:
        leases = self.bench.lab.leases()
        if leases:
            self._try(lambda: self.bench.lab.release(leases[number % len(leases)].id))

    @rule(some=st.sets(names, min_size=1, max_size=2))
    def unlock(self, some: set[str]) -> None:
        self._try(lambda: self.bench.lab.unlock([NodeName(name) for name in some]))

    # -- nodes and time --------------------------------------------------------------------------

    @rule(number=st.integers(0, 5))
    def a_node_answers(self, number: int) -> None:
        targets = sorted(self.bench.prober.targets)
        if targets:
            self.bench.answer_ssh(targets[number % len(targets)], ready=True)

    @rule(number=st.integers(0, 5), well=st.booleans())
    def a_check_ends(self, number: int, well: bool) -> None:
        checks = sorted(self.bench.prober.checks)
        if checks:
            trouble = None if well else "no answer"
            self.bench.answer_check(checks[number % len(checks)], trouble)

    @rule(seconds=st.sampled_from([0.5, 20.0, 130.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.run(seconds)

    @rule(full=st.booleans())
    def the_disk_is_full_or_not(self, full: bool) -> None:
        self.bench.database.full = full

    @rule(calls_arrive=st.booleans())
    def crash(self, calls_arrive: bool) -> None:
        self.bench.restart(calls_arrive=calls_arrive)

    # -- the promises ----------------------------------------------------------------------------

    @invariant()
    def no_node_is_held_by_two_and_a_lease_has_all_or_none(self) -> None:
        holders: dict[str, LeaseId] = {}
        for lease in self.bench.lab.leases():
            waits = lease.state is LeaseState.WAITING
            assert len(lease.nodes) == (0 if waits else lease.count)
            for node in lease.nodes:
                assert holders.setdefault(node.name, lease.id) == lease.id
                assert node.lease == lease.id
        for node in self.bench.lab.nodes():
            assert node.lease == holders.get(node.name)

    @invariant()
    def an_old_holder_can_be_told_from_a_new_one(self) -> None:
        for lease in self.bench.lab.leases():
            for node in lease.nodes:
                assert lease.epoch >= self.epochs.get(node.name, 0)
                self.epochs[node.name] = lease.epoch

    @invariant()
    def memory_says_what_the_database_says(self) -> None:
        self.bench.flush()
        if self._is_behind():
            return
        with self.bench.database.read() as connection:
            book = records.load(connection)
            kept = {row.name: row for row in node_records.load(connection)}
        steward = self.bench.steward
        assert book.holds == steward.book.holds
        assert book.leases == steward.book.leases
        told = {row.name: row for row in steward.inventory.rows() if row.told or row.registered}
        assert kept == told

    @invariant()
    def the_free_are_up_held_by_nobody_and_nothing_is_left_of_them(self) -> None:
        steward = self.bench.steward
        for machine_type in steward.inventory.machine_types():
            rows = list(steward.inventory.rows([machine_type]))
            assert [row.name for row in rows] == sorted((row.name for row in rows), key=order)
            free = [
                row.name
                for row in rows
                if row.up and row.name not in steward.book.holds and not steward.rows_of(row.name)
            ]
            assert steward.inventory.free(machine_type) == free
            assert steward.inventory.count(machine_type).all == len(rows)
            assert machine_type in steward.machine_types

    @invariant()
    def nobody_waits_while_what_they_wait_for_is_free(self) -> None:
        if self._is_behind() or self.bench.database.full:
            return
        steward = self.bench.steward
        for machine_type in {lease.machine_type for lease in self.bench.lab.leases()}:
            waiting = [
                lease
                for lease in self.bench.lab.leases()
                if lease.machine_type == machine_type and lease.state is LeaseState.WAITING
            ]
            if waiting:
                first = min(waiting, key=lambda lease: lease.epoch)
                assert first.count > len(steward.inventory.free(machine_type))

    @invariant()
    def who_is_not_given_out_says_why(self) -> None:
        for node in self.bench.lab.nodes():
            assert node.reason is not None or node.state in (NodeState.FREE, NodeState.READY)
            assert (node.state is NodeState.DOWN) <= (not node.up and node.lease is None)

    # -- after the storm -------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self.bench.database.full = False
            self.bench.run(6)
            for lease in self.bench.lab.leases():
                self.bench.lab.release(lease.id)
            self.bench.run(1800)
            ours = [row.name for row in self.bench.steward.inventory.rows() if row.registered]
            self.bench.lab.remove_nodes(ours, by="ann")
            nodes = self.bench.lab.nodes()
            assert [node.name for node in nodes] == ["demo001", "demo002", "metal001", "smithi001"]
            assert {node.state for node in nodes} <= {NodeState.FREE, NodeState.DOWN}
            assert self.bench.servers() == []
        finally:
            self.bench.database.close()
            shutil.rmtree(self.directory)

    # -- inside ----------------------------------------------------------------------------------

    def _names(self) -> set[str]:
        return {row.name for row in self.bench.steward.inventory.rows()}

    def _held(self) -> set[str]:
        return set(self.bench.steward.book.holds)

    def _is_behind(self) -> bool:
        """Whether something was lost that has not been read back yet."""
        return self.bench.engine._inbox.qsize() > 0

    def _is_excused(self) -> None:
        assert self.bench.database.full or self._is_behind()

    def _try(self, act) -> None:
        try:
            act()
        except LabError:
            pass
        except StoreError:
            self._is_excused()


class InventoryStormOnPostgres(InventoryStorm):
    def a_place(self) -> Place:
        return the_cluster().the_database()


InventoryStorm.TestCase.settings = settings(max_examples=EXAMPLES // 2, stateful_step_count=30)
test_no_node_is_held_by_two_whatever_happens_to_the_inventory = pytest.mark.timeout(0)(
    InventoryStorm.TestCase
)
InventoryStormOnPostgres.TestCase.settings = settings(
    max_examples=max(3, EXAMPLES // 8), stateful_step_count=30
)
test_nor_on_postgresql = pytest.mark.timeout(0)(InventoryStormOnPostgres.TestCase)
