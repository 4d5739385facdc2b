"""The hands of the lab: they carry out what was decided."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import structlog

from leasehold.engine.cloud import RecordSpec
from leasehold.engine.errors import UnknownName
from leasehold.engine.reason import Cause, Reason
from leasehold.lab import effects, names
from leasehold.lab.book import Hold, LeaseRow
from leasehold.lab.memory import Memory
from leasehold.lab.model import LeaseState, NodeName
from leasehold.lab.node_row import Want
from leasehold.lab.planner import Plan, Planner, fixed_hold
from leasehold.lab.spare_hands import SpareHands
from leasehold.lab.streak import WORTH_A_RETRY
from leasehold.lab.user_data import BadUserData

log = structlog.get_logger()


class Hands:
    """Call everything with the lab's lock in hand."""

    def __init__(self, memory: Memory, planner: Planner) -> None:
        self._memory = memory
        self._planner = planner
        self._spares = SpareHands(memory, planner)

    def apply(self, effect: effects.Effect, now: float) -> None:
        """Carry out an effect, unless an earlier one took away what it is about."""
        match effect:
            case (
                effects.Grant()
                | effects.Explain()
                | effects.Ready()
                | effects.Warn()
                | effects.End()
            ):
                lease = self._memory.book.leases.get(effect.lease)
                if lease is not None:
                    self._apply_to_lease(lease, effect, now)
            case _:
                hold = self._memory.book.holds.get(effect.node)
                if hold is not None:
                    self._apply_to_hold(hold, effect, now)

    def _apply_to_lease(self, lease: LeaseRow, effect: effects.LeaseEffect, now: float) -> None:
        match effect:
            case effects.Grant(nodes=nodes):
                self._grant(lease, nodes, now)
            case effects.Explain(reason=reason):
                self._memory.change_lease(lease, reason=reason)
                self._memory.note("waiting", now, lease=lease.id, reason=reason)
            case effects.Ready():
                until = None if lease.seconds is None else now + lease.seconds
                news = {"ready_at": now, "until": until, "reason": None}
                self._memory.change_lease(lease, state=LeaseState.READY, **news)
                self._memory.note("ready", now, lease=lease.id)
            case effects.Warn(reason=reason):
                self._memory.change_lease(lease, warned_until=lease.until)
                self._memory.note("warning", now, lease=lease.id, reason=reason)
                log.warning(
                    "lab.lease_ends_soon", lease=lease.id, owner=lease.owner, why=str(reason)
                )
            case effects.End(state=state, reason=reason):
                self._memory.end(lease, state, reason)

    def _apply_to_hold(self, hold: Hold, effect: effects.HoldEffect, now: float) -> None:
        match effect:
            case effects.Built():
                self._memory.change_hold(hold, built_at=now)
            case effects.Usable():
                self.came_up(hold, now)
                self._memory.change_hold(hold, ready_at=now, reason=None)
            case effects.Break(reason=reason):
                self._memory.change_hold(hold, broken=reason)
            case effects.Mend():
                self._memory.change_hold(hold, broken=None)
            case effects.Name(specs=specs):
                self._name(hold, specs, now)
            case effects.Failed(reason=reason):
                self._end_of_boot(hold, now, reason)
            case effects.Swap(reason=reason):
                self._swap(hold, reason, now)
            case effects.Retry(reason=reason):
                self._retry(hold, reason, now)

    def restock(self, now: float) -> float | None:
        """Have as many warm spares as there should be; returns when to look again."""
        return self._spares.restock(now)

    def came_up(self, hold: Hold, now: float) -> None:
        """The server of a node has proved itself."""
        self._end_of_boot(hold, now, None)

    def _end_of_boot(self, hold: Hold, now: float, failure: Reason | None) -> None:
        memory = self._memory
        config, machine_type = memory.machine_type_of(hold.node), memory.type_name_of(hold.node)
        if config is None or machine_type is None or config.kind == "fixed":
            return
        server = memory.rows.get(hold.server)
        cloud_id = server.cloud_id if server else None
        row = memory.boots.ended(
            hold, machine_type, config, now, server_id=cloud_id, failure=failure
        )
        memory.journal.draft.add_boot(row)
        memory.stirred.add(("queue", machine_type))
        if failure is None:
            self._planner.zones.worked(config.cloud, hold.zone)
        elif failure.cause in WORTH_A_RETRY:
            self._planner.zones.failed(config.cloud, hold.zone, now)

    def _grant(self, lease: LeaseRow, nodes: Sequence[NodeName], now: float) -> None:
        assert lease.waits, "a lease is granted once"
        spares, rest = self._spares.exchange(lease, nodes)
        if len(spares) + len(rest) < len(nodes):  # somebody else has them since
            self._memory.stirred.add(("queue", lease.machine_type))
            return
        plans = self._plan(lease, rest, now, attempt=1)
        if plans is None:
            return
        lease = self._memory.change_lease(lease, state=LeaseState.PREPARING, reason=None)
        self._memory.note("preparing", now, lease=lease.id)
        for hold in spares:
            self._spares.pass_on(hold, lease, now)
        for hold, rows in plans:
            self._spares.clear(hold.node)
            self._memory.journal.draft.add_hold(hold)
            self._memory.take(hold, rows)

    def _retry(self, hold: Hold, reason: Reason, now: float) -> None:
        lease = self._memory.book.leases[hold.lease]
        plans = self._plan(lease, (hold.node,), now, attempt=hold.attempt + 1)
        for fresh, rows in plans or ():
            if fresh.zone != hold.zone:
                text = f"{reason.text}; it is tried in zone {fresh.zone} now"
                reason = msgspec.structs.replace(reason, text=text)
            self._memory.note("retrying", now, node=hold.node, lease=hold.lease, reason=reason)
            self._memory.drop(hold)
            self._memory.journal.draft.save_hold(fresh)
            self._memory.take(fresh, rows)

    def _swap(self, hold: Hold, reason: Reason, now: float) -> None:
        memory, lease = self._memory, self._memory.book.leases[hold.lease]
        memory.diagnose(hold.node, reason)
        memory.note("retrying", now, node=hold.node, lease=hold.lease, reason=reason)
        memory.let_go(hold)
        want = Want(os_type=lease.os_type, os_version=lease.os_version, arch=lease.arch)
        others = memory.inventory.free(hold.machine_type, want, limit=2)
        rows = [memory.inventory.row(node) for node in others if node != hold.node]
        config = memory.machine_types[hold.machine_type]
        if hold.attempt >= config.attempts or lease.nodes or not rows or rows[0] is None:
            memory.end(lease, LeaseState.FAILED, reason)
            return
        fresh = fixed_hold(lease, rows[0], config, now, attempt=hold.attempt + 1)
        memory.journal.draft.add_hold(fresh)
        self._memory.take(fresh, [])

    def _name(self, hold: Hold, specs: Sequence[RecordSpec], now: float) -> None:
        config = self._memory.machine_type_of(hold.node)
        assert config is not None
        assert config.dns is not None, "names are only set for machine types that have a domain"
        rows = names.rows_for(hold, config.dns, specs, now)
        objects = (*hold.objects, *(row.id for row in rows))
        self._memory.change_hold(hold, objects=objects)
        for row in rows:
            self._memory.put(row)
        self._memory.journal.draft.plan(rows)

    def _plan(
        self, lease: LeaseRow, nodes: Sequence[NodeName], now: float, *, attempt: int
    ) -> list[Plan] | None:
        """Plan servers; None if the lease had to be ended, because they cannot be had any more."""
        memory = self._memory
        plans: list[Plan] = []
        by_type: defaultdict[str, list[NodeName]] = defaultdict(list)
        for node in nodes:
            by_type[memory.type_name_of(node) or lease.machine_type].append(node)
        try:
            for name, several in by_type.items():
                config = memory.machine_types[name]
                if config.kind == "fixed":
                    rows = [memory.inventory.row(node) for node in several]
                    plans += [(fixed_hold(lease, row, config, now), []) for row in rows if row]
                else:
                    plans += self._planner.plan(lease, name, several, now, attempt=attempt)
            return plans
        except (UnknownName, BadUserData) as error:
            why = Reason(cause=Cause.NOT_FOUND, text=str(error))
            self._memory.end(lease, LeaseState.FAILED, why)
            return None
