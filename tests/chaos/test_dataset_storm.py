"""Datasets in a storm: crashes, lost replies, servers that vanish or stop, agents that die, clouds that
refuse and lie. Nothing is ever attached twice, taken away while it is mounted, or formatted over."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from leasehold.datasets.errors import DatasetError
from leasehold.datasets.model import DatasetState
from leasehold.engine.cloud import (
    CloudBusy,
    CloudError,
    CloudId,
    CloudRefused,
    CloudUnsure,
    Kind,
    Refusal,
)
from leasehold.engine.memory_cloud import Fault
from tests.simulation.datasets import DatasetWorld

names = st.sampled_from(["a", "b", "c"])
nodes = st.sampled_from(["n1", "n2", "n3"])
errors = st.sampled_from(
    [
        CloudUnsure("the reply was lost"),
        CloudBusy("503"),
        CloudRefused("not now", why=Refusal.CONFLICT),
        CloudRefused("quota", why=Refusal.QUOTA),
    ]
)


class Storm(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.world = DatasetWorld(Path(self._directory.name), nodes=3, boot=3.0, end=2.0)

    def _ask(self, deed) -> None:
        """What people ask for may be refused, and then changes nothing."""
        try:
            deed()
        except DatasetError:
            return

    @initialize()
    def calm_before(self) -> None:
        self.world.create("a", "n1")
        self.world.create("b", "n2")
        self.world.run(60)

    @rule(name=names, node=st.none() | nodes)
    def create(self, name: str, node: str | None) -> None:
        self._ask(lambda: self.world.create(name, node))

    @rule(name=names, node=st.none() | nodes)
    def move(self, name: str, node: str | None) -> None:
        self._ask(lambda: self.world.commands.move(name, node))

    @rule(name=names, node=nodes, seconds=st.sampled_from([0, 30, 120]))
    def move_in_time(self, name: str, node: str, seconds: int) -> None:
        self._ask(lambda: self.world.commands.move(name, node))
        self.world.run(seconds, poll=20.0)

    @rule(name=names, node=nodes, status=st.sampled_from(["ACTIVE", "REBOOT", "PAUSED"]))
    def move_from_a_silent_agent(self, name: str, node: str, status: str) -> None:
        shown = self.world.control.shelf.named(name)
        if shown is None or shown.attached_node is None:
            return
        agent = self.world.agent_of[shown.attached_node]
        if agent.alive:
            agent.alive = False
            self.world.cloud.mark(CloudId(agent.server), status)
        self._ask(lambda: self.world.commands.move(name, node))
        self.world.run(150, poll=20.0)

    @rule(name=names, size=st.integers(10, 40))
    def grow(self, name: str, size: int) -> None:
        self._ask(lambda: self.world.commands.grow(name, size))

    @rule(name=names)
    def snapshot(self, name: str) -> None:
        self._ask(lambda: self.world.commands.snapshot(name))

    @rule(name=names, copy=names, node=nodes)
    def clone(self, name: str, copy: str, node: str) -> None:
        self._ask(lambda: self.world.create(copy, node, size_gib=None, dataset=name))

    @rule(name=names, number=st.integers(1, 3))
    def restore(self, name: str, number: int) -> None:
        self._ask(lambda: self.world.commands.restore(name, f"{name}-{number}"))

    @rule(name=names, last=st.booleans())
    def restore_former(self, name: str, last: bool) -> None:
        """Back to a volume from before a restore; or the restore is called off."""
        shown = self.world.control.shelf.named(name) and self.world.show(name)
        if not shown:
            return
        volume = shown.former[-1].volume_id if last and shown.former else shown.volume_id
        self._ask(lambda: self.world.commands.restore_former(name, volume or "none yet"))

    @rule(name=names)
    def delete_snapshot(self, name: str) -> None:
        self._ask(lambda: self.world.commands.delete_snapshot(name, f"{name}-1"))

    @rule(name=names)
    def delete(self, name: str) -> None:
        self._ask(lambda: self.world.commands.delete(name, with_snapshots=True))

    @rule(name=names)
    def undelete(self, name: str) -> None:
        self._ask(lambda: self.world.commands.undelete(name))

    @rule(arrive=st.booleans())
    def crash(self, arrive: bool) -> None:
        self.world.crash(calls_arrive=arrive)

    @rule(verb=st.sampled_from(["make", "delete", "grow"]), error=errors, after=st.booleans())
    def fault(self, verb: str, error: CloudError, after: bool) -> None:
        lost = isinstance(error, CloudUnsure) and after
        self.world.cloud.faults.append(Fault(verb=verb, error=error, after_effect=lost))

    @rule(node=nodes)
    def agent_dies(self, node: str) -> None:
        self.world.agent_of[node].alive = False

    @rule(node=nodes, busy=st.booleans())
    def agent_is_busy(self, node: str, busy: bool) -> None:
        self.world.agent_of[node].busy = busy

    @rule(node=nodes)
    def server_boots(self, node: str) -> None:
        agent = self.world.agent_of[node]
        if self._is_there(agent.server):
            self.world.cloud.mark(CloudId(agent.server), "ACTIVE")
            agent.reboot()

    @rule(node=nodes)
    def server_stops(self, node: str) -> None:
        agent = self.world.agent_of[node]
        if self._is_there(agent.server):
            agent.alive = False
            agent.let_go()
            self.world.cloud.mark(CloudId(agent.server), "SHUTOFF")

    @rule(node=nodes, status=st.sampled_from(["REBOOT", "PAUSED", "MIGRATING", "ERROR"]))
    def server_is_odd(self, node: str, status: str) -> None:
        agent = self.world.agent_of[node]
        if self._is_there(agent.server) and agent.alive:
            self.world.cloud.mark(CloudId(agent.server), status)

    @rule(node=nodes)
    def server_vanishes(self, node: str) -> None:
        if self._is_there(self.world.agent_of[node].server):
            self.world.kill(node)

    @rule(node=nodes)
    def server_is_replaced(self, node: str) -> None:
        if not self._is_there(self.world.agent_of[node].server):
            self.world.add_node(node)

    @rule()
    def listings_lie(self) -> None:
        self.world.cloud.hide = lambda _: True

    @rule()
    def listings_are_true(self) -> None:
        self.world.cloud.hide = lambda _: False

    @rule(on=st.booleans())
    def detaches(self, on: bool) -> None:
        self.world.cloud.detaches = on

    @rule(seconds=st.sampled_from([1, 10, 60, 200]))
    def time_passes(self, seconds: int) -> None:
        self.world.run(seconds, poll=20.0)

    @invariant()
    def nothing_is_harmed(self) -> None:
        self.world.check()

    def _is_there(self, server: str) -> bool:
        return any(each.cloud_id == server for each in self.world.cloud.alive(Kind.SERVER))

    def teardown(self) -> None:
        try:
            self.arrive()
        finally:
            self.world.database.close()
            self._directory.cleanup()

    def arrive(self) -> None:
        """When the storm is over, everything arrives where it was sent."""
        world = self.world
        world.cloud.hide = lambda _: False
        world.cloud.detaches = True
        world.cloud.faults.clear()
        for node in ("n1", "n2", "n3"):
            if not self._is_there(world.agent_of[node].server):
                world.add_node(node)
            agent = world.agent_of[node]
            agent.busy = False
            world.cloud.mark(CloudId(agent.server), "ACTIVE")
            if not agent.alive:
                agent.reboot()
        world.run(2000, poll=60.0)
        for row in world.control.shelf.datasets.values():
            shown = world.commands.show(row.id)
            if row.deleted_at is not None:
                assert shown.state in (DatasetState.DELETED, DatasetState.GONE), shown
            elif row.node is None:
                assert shown.state is DatasetState.DETACHED, shown
            else:
                assert (shown.state, shown.attached_node) == (DatasetState.MOUNTED, row.node), shown
                assert shown.actual_gib == row.size_gib


Storm.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


TestStorm = Storm.TestCase
