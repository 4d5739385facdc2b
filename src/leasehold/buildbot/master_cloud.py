"""One cloud of one master, as its workers share it: a service in the reactor's thread."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from buildbot.util.service import SharedService
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, succeed
from twisted.internet.task import LoopingCall
from twisted.python import log

from leasehold.buildbot.estate import Estate
from leasehold.buildbot.machine import Heard, Machine, Order
from leasehold.buildbot.recipe import Recipe, Site, resolve, rows_for
from leasehold.buildbot.standing import Standing, standing_of
from leasehold.buildbot.threads import deferred, in_thread, logged
from leasehold.buildbot.wish import Wish
from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.ledger import new_id
from leasehold.engine.row import Row, State

SWEEP_INTERVAL = 60.0
"""Seconds between two looks for what nobody holds."""

END_PATIENCE = 15.0
"""Seconds that a master which stops waits for the cloud to take its deletes. What is left then is
deleted when the master starts again."""

CONSOLE_PATIENCE = 5.0


class MasterCloud(SharedService):
    """Gives servers of one cloud to the workers of one master."""

    def __init__(self, name: str, sign_in: Mapping[str, Any]) -> None:
        super().__init__()
        self.cloud_name = name
        self._estate = Estate(name, sign_in, self._changed)
        self._waiting: list[Deferred[None]] = []
        self._is_open = False
        self._rows: dict[ObjectId, Row] = {}
        """What is there or on its way, in or out."""
        self._machines: dict[ObjectId, CloudMachine] = {}
        """By each object that they hold."""
        self._limits: dict[str, Mapping[str, int]] = {}
        self._refused: dict[str, Callable[[], None]] = {}
        self._sweeping = LoopingCall(self._sweep)
        self._ended: Deferred[None] | None = None

    @classmethod
    def getName(cls, name: str, _sign_in: Mapping[str, Any]) -> str:  # noqa: N802 - Buildbot's
        """Whatever their passwords, workers of the same project share one."""
        return f"leasehold-{name}"

    def startService(self) -> "Deferred[None]":  # noqa: N802 - Twisted's
        """Open the ledger, and give up what an earlier process left. Fails with `StoreError`."""
        return ensureDeferred(self._start())

    async def _start(self) -> None:
        await super().startService()
        path = Path(self.master.basedir).absolute() / "leasehold" / f"{self.cloud_name}.db"
        rows = await in_thread(self._reactor, lambda: self._estate.open(path))
        self._rows |= {row.id: row for row in rows}
        if rows:
            log.msg(f"leasehold: {len(rows)} objects of an earlier start in {self.cloud_name} go")
        self._is_open = True
        self._hold_to_limits()
        self._sweeping.clock = self._reactor
        self._sweeping.start(SWEEP_INTERVAL, now=False)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def stopService(self) -> "Deferred[None]":  # noqa: N802 - Twisted's
        """Give the cloud a moment to take the deletes, then stop the engine."""
        return ensureDeferred(self._stop())

    async def _stop(self) -> None:
        if self._sweeping.running:
            self._sweeping.stop()
        if self._is_open:
            await self._until_deletes_are_taken()
            await in_thread(self._reactor, self._estate.close)
            self._is_open = False
        await super().stopService()

    # -- for workers -----------------------------------------------------------------------------

    def sign_in(self, arguments: Mapping[str, Any]) -> None:
        """Reach the cloud with these arguments from now on."""
        self._estate.sign_in(arguments)

    def limit(self, worker: str, limits: Mapping[str, int] | None) -> None:
        """Take in what a worker says of the limits: the lowest that any says counts."""
        if limits:
            self._limits[worker] = limits
        else:
            self._limits.pop(worker, None)
        if self._is_open:
            self._hold_to_limits()

    def forget(self, worker: str) -> None:
        """See `Source.forget`."""
        self._refused.pop(worker, None)
        self.limit(worker, None)

    def has_room(self, worker: str, tell: Callable[[], None]) -> bool:
        """See `Source.has_room`. Only servers are counted here; the engine counts the rest."""
        most = self._lowest().get("servers")
        servers = sum(row.kind is Kind.SERVER for row in self._rows.values())
        if most is None or servers < most:
            self._refused.pop(worker, None)
            return True
        self._refused[worker] = tell
        return False

    def obtain(self, order: Order, heard: Heard) -> "Deferred[Machine]":
        """See `Source.obtain`."""
        return ensureDeferred(self._obtain(order, heard))

    async def _obtain(self, order: Order, heard: Heard) -> Machine:
        if not self._is_open:
            opened: Deferred[None] = Deferred()
            self._waiting.append(opened)
            await opened
        recipe = await in_thread(self._reactor, lambda: self._choose(order.wish))
        site = Site(cloud=self.cloud_name, now=SystemClock().now(), new_id=new_id)
        rows = rows_for(order.wish, recipe, order.zone, order.user_data, site)
        machine = CloudMachine(self, rows, _about(self.cloud_name, order, recipe), heard)
        self._rows |= {row.id: row for row in rows}
        self._machines |= {row.id: machine for row in rows}
        try:
            await deferred(self._reactor, self._estate.plan(rows))
        except CancelledError:
            machine.give_back()
            raise
        except Exception:
            self._forget(machine)
            raise
        return machine

    def _choose(self, wish: Wish) -> Recipe:
        return self._estate.choose(lambda offers: resolve(wish, offers, self._estate.size_of))

    def let_go(self, machine: "CloudMachine") -> "Deferred[None]":
        """Have a machine deleted. What the ledger does not take now is swept later."""
        for object_id in machine.rows:
            self._machines.pop(object_id, None)
        if not self._is_open:
            return succeed(None)
        given_up = deferred(self._reactor, self._estate.give_up(machine.rows))
        return logged(given_up, "leasehold: a server will be swept later")

    def peek(self) -> None:
        """Look soon whether every server is still there."""
        if self._is_open:
            self._estate.peek()

    def console(self, server_id: str) -> "Deferred[str]":
        found = in_thread(self._reactor, lambda: self._estate.console(server_id))
        found.addTimeout(CONSOLE_PATIENCE, self._reactor)
        found.addErrback(lambda _: "")
        return found

    # -- inside ----------------------------------------------------------------------------------

    @property
    def _reactor(self) -> Any:
        return self.master.reactor

    def _changed(self, rows: list[Row]) -> None:
        """In the engine's thread."""
        self._reactor.callFromThread(self._take, rows)

    def _take(self, rows: Collection[Row]) -> None:
        touched: dict[CloudMachine, None] = {}
        for row in rows:
            if row.state is State.GONE:
                self._rows.pop(row.id, None)
            else:
                self._rows[row.id] = row
            machine = self._machines.get(row.id)
            if machine is not None:
                machine.rows[row.id] = row
                touched[machine] = None
        for machine in touched:
            machine.tell()
        if any(row.state is State.GONE for row in rows):
            self._tell_of_room()
        self._tell_of_end()

    def _forget(self, machine: "CloudMachine") -> None:
        for object_id in machine.rows:
            self._machines.pop(object_id, None)
            self._rows.pop(object_id, None)

    def _tell_of_room(self) -> None:
        refused, self._refused = self._refused, {}
        for tell in refused.values():
            tell()

    def _lowest(self) -> dict[str, int]:
        lowest: dict[str, int] = {}
        for limits in self._limits.values():
            for name, most in limits.items():
                lowest[name] = min(most, lowest.get(name, most))
        return lowest

    def _hold_to_limits(self) -> None:
        self._estate.limit(self._lowest())
        self._tell_of_room()

    def _sweep(self) -> None:
        self._estate.sweep(frozenset(self._machines))

    def _until_deletes_are_taken(self) -> "Deferred[None]":
        self._sweep()
        self._ended = Deferred()
        self._ended.addTimeout(END_PATIENCE, self._reactor)
        self._ended.addErrback(
            lambda _: log.msg(f"leasehold: {len(self._rows)} objects in {self.cloud_name} go later")
        )
        self._tell_of_end()
        return self._ended

    def _tell_of_end(self) -> None:
        """Servers whose end was asked for go by themselves; ports and addresses only after them."""
        if self._ended is None or self._ended.called:
            return
        rows = self._rows.values()
        if all(row.kind is Kind.SERVER and row.state is State.DELETING for row in rows):
            self._ended.callback(None)


class CloudMachine:
    """A server, with the ports and addresses that are its own."""

    def __init__(
        self, cloud: MasterCloud, rows: Collection[Row], about: dict[str, str], heard: Heard
    ) -> None:
        self.rows = {row.id: row for row in rows}
        self.about = about
        self._cloud = cloud
        self._heard: Heard | None = heard
        self._told = self.standing

    @property
    def standing(self) -> Standing:
        return standing_of(self.rows.values())

    def tell(self) -> None:
        """Let the worker know what is new."""
        standing = self.standing
        if self._heard is not None and standing != self._told:
            self._told = standing
            self._heard(standing)

    def peek(self) -> None:
        """See `Machine.peek`."""
        self._cloud.peek()

    def give_back(self) -> "Deferred[None]":
        """See `Machine.give_back`."""
        self._heard = None
        return self._cloud.let_go(self)

    def console(self) -> "Deferred[str]":
        """See `Machine.console`."""
        server_id = self.standing.server_id
        return succeed("") if server_id is None else self._cloud.console(server_id)


def _about(cloud: str, order: Order, recipe: Recipe) -> dict[str, str]:
    told = {
        "cloud": cloud,
        "image": recipe.image,
        "flavor": recipe.flavor.name,
        "zone": order.zone,
    }
    return {name: value for name, value in told.items() if value is not None}
