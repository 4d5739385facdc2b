"""Looking at the lab: leases, nodes, clouds and what happened to them. Nothing is changed here."""

from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout

import msgspec

from leasehold.engine.choice import near
from leasehold.engine.condition import Condition
from leasehold.engine.decide import moment
from leasehold.engine.engine import Engine
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State
from leasehold.lab import boot_records, history, records, views
from leasehold.lab.book import LeaseRow
from leasehold.lab.boot import Boot, BootReport
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.errors import (
    UnknownBoot,
    UnknownCloud,
    UnknownLease,
    UnknownMachineType,
    UnknownNode,
)
from leasehold.lab.model import (
    Audit,
    Event,
    Lease,
    LeaseId,
    MachineType,
    Node,
    NodeName,
    NodeState,
    Step,
    Story,
)
from leasehold.lab.node_row import ANYTHING, NodeRow, Want
from leasehold.lab.steward import Steward
from leasehold.store import LARGEST_ID

WEEK = 7 * 86400.0

GRACE_OF_A_LOOK = 30.0
"""Seconds to wait for the engine to say what it would do now."""

AT_A_LOOK = 100
"""Nodes that are looked at in one go: nobody should wait until all are."""


class Looking:
    """All methods are thread-safe; only `audit` and `settle` wait for a cloud."""

    def __init__(self, steward: Steward, engine: Engine) -> None:
        self._steward = steward
        self._engine = engine

    def lease(self, lease: LeaseId) -> Lease:
        """A lease, ended or not. Raises `UnknownLease`."""
        with self._steward.lock:
            return self._view(self._find(lease))

    def leases(self, *, owner: str | None = None, ended: bool = False) -> list[Lease]:
        """Open leases by age, or the last ones that ended."""
        steward = self._steward
        if ended:
            with steward.database.read() as connection:
                rows = records.ended_leases(connection, owner, limit=500)
            return [self._view(each) for each in rows]
        with steward.lock:
            open_ones = [each for each in steward.book.leases.values() if not each.spare]
            rows = sorted(open_ones, key=lambda each: each.epoch)
        found = []
        for row in rows:
            with steward.lock:  # for one at a time: nobody should wait until all are looked at
                now = steward.book.leases.get(row.id)
                if now is not None and owner in (None, now.owner):
                    found.append(self._view(now))
        return found

    def nodes(
        self,
        *,
        machine_type: str | None = None,
        state: NodeState | None = None,
        owner: str | None = None,
        up: bool | None = None,
        want: Want = ANYTHING,
        description: str | None = None,
    ) -> list[Node]:
        """Nodes type by type, in the order of people. `machine_type` may be several, ``a|b``."""
        steward = self._steward
        types = machine_type.split("|") if machine_type is not None else None
        with steward.lock:
            mine = None if owner is None else steward.book.nodes_of(owner)
            names = [
                row.name
                for row in steward.inventory.rows(types)
                if up in (None, row.up)
                and (mine is None or row.name in mine)
                and (description is None or description in (row.description or ""))
                and (want is ANYTHING or want.fits(row))
            ]
        found: list[Node] = []
        for begin in range(0, len(names), AT_A_LOOK):
            with steward.lock:
                found += views.nodes(steward, names[begin : begin + AT_A_LOOK])
        return [
            node for node in found if state in (None, node.state) and owner in (None, node.owner)
        ]

    def node(self, name: NodeName) -> Node:
        """One node. Raises `UnknownNode` with the near matches."""
        with self._steward.lock:
            return views.node(self._steward, name, self._config_of(name))

    def story(self, name: NodeName) -> Story:
        """A node with its objects and its history. Raises `UnknownNode`."""
        node = self.node(name)
        with self._steward.lock:
            rows = self._steward.rows_of(name)
        return Story(
            node=node,
            lease=self.lease(node.lease) if node.lease else None,
            objects=tuple(views.cloud_object(row) for row in rows if row.state is not State.GONE),
            history=tuple(self.events(node=name, newest=True, limit=200)),
        )

    def events(
        self,
        *,
        after: int = 0,
        lease: LeaseId | None = None,
        node: NodeName | None = None,
        limit: int = 500,
        newest: bool = False,
    ) -> list[Event]:
        """History in order: what follows event `after`, or the `newest` lines."""
        with self._steward.database.read() as connection:
            return history.read(
                connection, after=after, lease=lease, node=node, limit=limit, newest=newest
            )

    def machine_types(self) -> list[MachineType]:
        """What can be locked, and how much of it is free."""
        return views.machine_types(self._steward)

    def boots(
        self, *, machine_type: str | None = None, since: float | None = None, limit: int = 100
    ) -> BootReport:
        """How boots went since a time (Unix seconds; by default a week ago), and which failed.

        Raises `UnknownMachineType`.
        """
        steward = self._steward
        if machine_type is not None:
            self._known_type(machine_type)
        now = steward.clock.now()
        since = now - WEEK if since is None else since
        with steward.database.read() as connection:
            rates = boot_records.rates(connection, machine_type=machine_type, since=since)
            failed = boot_records.failed(
                connection, machine_type=machine_type, since=since, limit=limit
            )
        with steward.lock:
            paused = {
                each.machine_type: steward.boots.pause(each.machine_type, now) for each in rates
            }
        replace = msgspec.structs.replace
        return BootReport(
            since=moment(since),
            rates=tuple(replace(each, paused=paused[each.machine_type]) for each in rates),
            failed=tuple(failed),
        )

    def boot(self, number: int) -> Boot:
        """One boot with what its server printed. Raises `UnknownBoot`."""
        if number > LARGEST_ID:
            raise UnknownBoot(str(number))
        with self._steward.database.read() as connection:
            found = boot_records.find(connection, number)
        if found is None:
            raise UnknownBoot(str(number))
        return found

    def clouds(self) -> list[str]:
        return list(self._engine.watches)

    def conditions(self) -> list[Condition]:
        """How each cloud and name server is: quota, budget of calls, errors."""
        return self._engine.conditions().result(GRACE_OF_A_LOOK)

    def plan(self) -> list[Step]:
        """What would be done now, and what waits for what."""
        found = self._engine.look().result(GRACE_OF_A_LOOK)
        return views.plan(self._steward, self._engine, found)

    def audit(self, cloud: str, *, timeout: float = 60.0) -> Audit:
        """List everything in a cloud afresh, and say whose it is.

        Raises `UnknownCloud`; `Impossible` if the cloud has not answered within `timeout` seconds.
        """
        self._known_cloud(cloud)
        watch = self._engine.watches[cloud]
        try:
            survey = self._engine.audit(cloud).result(timeout)
        except (FutureTimeout, CancelledError) as error:
            stopped = isinstance(error, CancelledError)
            text = f"cloud {cloud} did not answer within {timeout:.0f} s"
            text = "the service is being stopped" if stopped else text
            why = watch.trouble or Reason(cause=Cause.CLOUD_BUSY, text=text)
            raise Impossible(why) from None
        with self._steward.lock:
            in_use, leaving = self._steward.objects_in(cloud)
        return Audit(
            cloud=cloud,
            at=moment(survey.began_at),
            in_use=tuple(map(views.cloud_object, in_use)),
            leaving=tuple(map(views.cloud_object, leaving)),
            stray=tuple(f"{s.kind} {s.name} ({s.cloud_id})" for s in survey.strays),
            foreign=survey.foreign,
        )

    def settle(self, cloud: str, timeout: float) -> bool:
        """Wait until nothing of ours is on its way out of a cloud; False if time ran out."""
        self._known_cloud(cloud)
        steward = self._steward
        with steward.settled:
            return steward.settled.wait_for(lambda: not steward.objects_in(cloud)[1], timeout)

    # -- inside ----------------------------------------------------------------------------------

    def _find(self, lease: LeaseId) -> LeaseRow:
        steward = self._steward
        with steward.lock:
            found = steward.book.find(lease)
            known = [str(each) for each in steward.book.leases]
        if found is None:
            with steward.database.read() as connection:
                found = records.find_lease(connection, lease)
        if found is None:
            raise UnknownLease(lease, near(lease, known), known)
        return found

    def _view(self, row: LeaseRow) -> Lease:
        return views.lease(self._steward, row)

    def _config_of(self, name: NodeName) -> MachineTypeConfig:
        config = self._steward.machine_type_of(name)
        if config is None:
            known = [str(row.name) for row in self._steward.inventory.rows()]
            raise UnknownNode(name, near(name, known), known)
        return config

    def _row_of(self, name: NodeName) -> NodeRow:
        row = self._steward.inventory.row(name)
        if row is None:
            known = [str(each.name) for each in self._steward.inventory.rows()]
            raise UnknownNode(name, near(name, known), known)
        return row

    def _known_type(self, name: str) -> None:
        types = self._steward.machine_types
        if name not in types:
            raise UnknownMachineType(name, near(name, types), list(types))

    def _known_cloud(self, cloud: str) -> None:
        if cloud not in self._engine.watches:
            known = list(self._engine.watches)
            raise UnknownCloud(cloud, near(cloud, known), known)
