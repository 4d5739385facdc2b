"""Asking for leases, keeping them longer, giving them back."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial

from leasehold.engine.engine import Engine
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason
from leasehold.lab import records
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import format_duration
from leasehold.lab.effects import Grant
from leasehold.lab.errors import BadWish, NotEnough, NotYours
from leasehold.lab.looking import Looking
from leasehold.lab.model import Lease, LeaseId, LeaseState, Node, NodeName, Wish
from leasehold.lab.queue import serve
from leasehold.lab.recipe import resolve
from leasehold.lab.steward import Steward
from leasehold.lab.taking import new_lease_id
from leasehold.lab.wishes import Recipes, Wishes, check_priority, check_text, longest, seconds_of
from leasehold.store import StoreFailed

Changes = dict[str, object]
"""New values for fields of a lease."""

_LASTING = (
    *("machine_type", "count", "nodes", "os_type", "os_version", "arch"),
    *("purpose", "public_keys"),
)
"""By what of a lease the wish for it is known again: its length and its priority may have changed."""

GRACE_OF_A_COMMIT = 30.0
"""Seconds to wait for a write to become durable before the caller is told that it did not."""


class Leasing(Looking):
    """A method that changes something waits for one commit, and for nothing else."""

    def __init__(self, steward: Steward, engine: Engine) -> None:
        super().__init__(steward, engine)
        self._nudge = threading.Event()
        """Set when the keeper of time has to look again."""
        self._wishes = Wishes(steward.machine_types, steward.inventory, steward.config.limits)

    def lock(self, wish: Wish) -> Lease:
        """Lease `wish.count` nodes, all or none; returns at once, WAITING or PREPARING.

        A wish with the key of an earlier one of the same owner returns that one's lease. Raises
        `BadWish`, `UnknownMachineType`, `UnknownNode`, `UnknownSystem`, `TooMany`, `OverLimit`,
        `NotEnough` (a wish that shall not wait), `NotOffered` or `Impossible`; then nothing was
        locked.
        """
        steward = self._steward
        with steward.lock:
            wish, recipes = self._wishes.check(wish)
        if self._asked_before(wish) is None:
            self._choose(recipes)
        with steward.lock:
            lease = self._asked_before(wish)
            if lease is None:
                lease = self._new_lease(wish)
                self._demand_possible(lease)
                if not wish.wait:
                    self._demand_enough(lease)
                steward.epoch = lease.epoch
                steward.add_lease(lease)
                durable = steward.turn()
            else:
                durable = steward.journal.sync()
        self._wait(durable)
        self._nudge.set()
        return self.lease(lease.id)

    def _choose(self, recipes: Recipes) -> None:
        """See that a cloud offers what is asked for; of several machine types, one has to."""
        failed: Impossible | None = None
        for name, recipe in recipes.items():
            if recipe.kind == "fixed":
                return
            try:
                self._steward.stock.use(recipe.cloud, partial(resolve, name, recipe))
            except Impossible as error:
                failed = failed or error
            else:
                return
        if failed is not None:
            raise failed

    def _demand_possible(self, lease: LeaseRow) -> None:
        """Raise `Impossible` if a cloud's quota is less than a lease needs: waiting cannot help."""
        if len(lease.machine_types) > 1:
            return  # what one cannot have, another may
        short = self._steward.lacking(lease, lease.machine_types * lease.count, at_best=True)
        never = next((each for each in short if each.cause is Cause.QUOTA), None)
        if never is not None:
            raise Impossible(never)

    def _demand_enough(self, lease: LeaseRow) -> None:
        """Raise `NotEnough` if a lease would have to wait."""
        steward = self._steward
        queue = steward.queue(lease.machine_type, lease)
        served = serve(queue, lease.created_at)
        blocks = served.blocked.get(lease.id)
        if not blocks:
            nodes = [
                node
                for each in served.effects
                if isinstance(each, Grant) and each.lease == lease.id
                for node in each.nodes
            ]
            types = [steward.type_name_of(node) for node in nodes]
            blocks = steward.lacking(lease, filter(None, types))
        if blocks:
            raise NotEnough(blocks)

    def _new_lease(self, wish: Wish) -> LeaseRow:
        steward = self._steward
        return LeaseRow(
            id=new_lease_id(),
            epoch=steward.epoch + 1,
            machine_type=wish.machine_type,
            count=wish.count,
            owner=wish.owner,
            purpose=wish.purpose,
            key=wish.key,
            public_keys=wish.public_keys,
            seconds=wish.seconds,
            nodes=wish.nodes,
            os_type=wish.os_type,
            os_version=wish.os_version,
            arch=wish.arch,
            priority=wish.priority,
            state=LeaseState.WAITING,
            created_at=steward.clock.now(),
        )

    def release(self, lease: LeaseId, *, owner: str | None = None, force: bool = False) -> Lease:
        """Give a lease and all its nodes back; an ended one is returned as it is.

        Raises `UnknownLease`; `NotYours` when `owner` is given, another, and `force` is not.
        """
        steward = self._steward
        with steward.lock:
            found = steward.book.leases.get(lease)
            if found is not None:
                _demand(f"lease {lease}", found.owner, owner, force=force)
                ended = steward.end(found, LeaseState.RELEASED, _released(owner or found.owner))
                durable = steward.turn()
            else:
                durable = steward.journal.sync()
        self._wait(durable)
        return self._view(ended) if found is not None else self.lease(lease)

    def unlock(
        self, names: Sequence[NodeName], *, owner: str | None = None, force: bool = False
    ) -> list[Node]:
        """Give these nodes back, all or none; a lease without nodes ends. Free ones stay free.

        Raises `UnknownNode`, or `NotYours` as `release` does.
        """
        steward, names = self._steward, list(dict.fromkeys(names))
        with steward.lock:
            for name in names:
                self._config_of(name)
            holds = [steward.book.holds[name] for name in names if name in steward.book.holds]
            leases = steward.book.leases
            holds = [hold for hold in holds if force or not leases[hold.lease].spare]
            for hold in holds:
                holder = steward.book.leases[hold.lease].owner
                _demand(f"node {hold.node}", holder, owner, force=force)
            for lease_id in {hold.lease for hold in holds}:
                lease = steward.book.leases[lease_id]
                going = [hold for hold in holds if hold.lease == lease_id]
                steward.give_back(lease, going, _released(owner or lease.owner))
            durable = steward.turn()
        self._wait(durable)
        with steward.lock:  # one that is configured no more has ceased to be
            return [self.node(name) for name in names if steward.machine_type_of(name)]

    def extend(
        self, lease: LeaseId, seconds: int, *, owner: str | None = None, force: bool = False
    ) -> Lease:
        """Let a lease last `seconds` longer. Raises `UnknownLease`, `NotYours` or `BadWish`."""

        def longer(found: LeaseRow) -> Changes:
            total = self._extended(found, seconds)
            until = None if found.until is None else found.until + seconds
            return {"seconds": total, "until": until}

        return self._change(lease, longer, owner=owner, force=force)

    def hold(self, lease: LeaseId, *, owner: str | None = None, force: bool = False) -> Lease:
        """Take a lease's end away, until `unhold`. Raises `UnknownLease`, `NotYours` or `BadWish`."""
        endless: Changes = {"seconds": None, "until": None}
        return self._change(lease, lambda _: endless, owner=owner, force=force)

    def unhold(
        self,
        lease: LeaseId,
        seconds: int | None = None,
        *,
        owner: str | None = None,
        force: bool = False,
    ) -> Lease:
        """Give a held lease an end again: so many seconds from now, or what its machine type says.

        One that has an end keeps it. Raises `UnknownLease`, `NotYours` or `BadWish`.
        """

        def ending(found: LeaseRow) -> Changes:
            if found.seconds is not None:
                return {}
            given = seconds_of(self._recipes(found), seconds)
            ready = found.ready_at is not None
            return {"seconds": given, "until": self._steward.clock.now() + given if ready else None}

        return self._change(lease, ending, owner=owner, force=force)

    def amend(
        self,
        lease: LeaseId,
        *,
        purpose: str | None = None,
        priority: int | None = None,
        owner: str | None = None,
        force: bool = False,
    ) -> Lease:
        """Change what a lease is for, or how early it is served. None: as it is.

        Raises `UnknownLease`, `NotYours` or `BadWish`; a priority can be changed while it waits.
        """
        check_text("purpose", purpose)
        check_priority(priority)

        def amended(found: LeaseRow) -> Changes:
            if priority not in (None, found.priority) and found.state is not LeaseState.WAITING:
                raise BadWish("priority", priority, f"none: {found.id} does not wait any more")
            given = {"purpose": purpose, "priority": priority}
            return {name: value for name, value in given.items() if value is not None}

        return self._change(lease, amended, owner=owner, force=force)

    def _change(
        self,
        lease: LeaseId,
        change: Callable[[LeaseRow], Changes],
        *,
        owner: str | None,
        force: bool,
    ) -> Lease:
        """Change a lease that has not ended. Raises `UnknownLease`, `NotYours` or `BadWish`."""
        steward = self._steward
        with steward.lock:
            found = steward.book.leases.get(lease)
            if found is not None:
                _demand(f"lease {lease}", found.owner, owner, force=force)
                after = steward.change_lease(found, **change(found))
                if told := _difference(found, after):
                    text = f"{told}, by {owner or found.owner}"
                    reason = Reason(cause=Cause.CHANGED, text=text)
                    steward.note("changed", steward.clock.now(), lease=lease, reason=reason)
                durable = steward.turn()
            else:
                durable = steward.journal.sync()
        self._wait(durable)
        if found is None:
            ended = self._find(lease).state.value
            raise BadWish("lease", ended, "a lease that has not ended")
        return self.lease(lease)

    def _extended(self, lease: LeaseRow, seconds: int) -> int:
        """How long a lease lasts with so many seconds more."""
        if lease.seconds is None:
            raise BadWish("lease", "held, without end", "a lease with an end; unhold gives it one")
        recipes = self._recipes(lease)
        most = longest(recipes) if recipes else lease.seconds
        if seconds < 1 or lease.seconds + seconds > most:
            left = max(0, most - lease.seconds)
            raise BadWish("seconds", seconds, f"1 to {left} ({format_duration(left)} more)")
        return lease.seconds + seconds

    def _recipes(self, lease: LeaseRow) -> list[MachineTypeConfig]:
        types = self._steward.machine_types
        return [types[each] for each in lease.machine_types if each in types]

    def resume(self, machine_type: str) -> None:
        """Boot servers of a machine type again though they failed. Raises `UnknownMachineType`."""
        self._known_type(machine_type)
        steward = self._steward
        with steward.lock:
            steward.boots.resume(machine_type)
            steward.journal.draft.resume(machine_type)
            steward.stirred.add(("queue", machine_type))
            durable = steward.turn()
        self._wait(durable)
        self._nudge.set()

    # -- inside ----------------------------------------------------------------------------------

    def _wait(self, durable: "Future[None]") -> None:
        """Wait for a commit. Raises `StoreFailed` if it did not come, or did not come in time."""
        try:
            durable.result(GRACE_OF_A_COMMIT)
        except FutureTimeout:
            raise StoreFailed(
                f"the ledger took longer than {GRACE_OF_A_COMMIT:.0f} s to write, and may still do "
                "it; look at what you hold before you try again"
            ) from None

    def _asked_before(self, wish: Wish) -> LeaseRow | None:
        """The lease of an earlier wish with the same key: what memory lacks is durable.

        Raises `BadWish` if that was a wish for something else.
        """
        if wish.key is None:
            return None
        steward = self._steward
        with steward.lock:
            found = steward.book.find_key(wish.owner, wish.key)
            if found is None:
                with steward.database.read() as connection:
                    found = records.find_lease_by_key(connection, wish.owner, wish.key)
        if found is None:
            return None
        if any(getattr(found, each) != getattr(wish, each) for each in _LASTING):
            allowed = "a fresh key for each wish; this one belongs to a different one"
            raise BadWish("key", wish.key, allowed)
        return found


def _difference(before: LeaseRow, after: LeaseRow) -> str:
    """What a change of a lease says to whoever follows it; nothing if there is none."""
    told = []
    if after.seconds != before.seconds:
        if after.seconds is None:
            told.append("held without end")
        elif before.seconds is None:
            told.append(f"held no longer, but for {format_duration(after.seconds)}")
        else:
            told.append(f"{format_duration(after.seconds - before.seconds)} longer")
    if after.purpose != before.purpose:
        told.append(f"purpose: {after.purpose or 'none'}")
    if after.priority != before.priority:
        told.append(f"priority {after.priority}")
    return "; ".join(told)


def _released(by: str) -> Reason:
    return Reason(cause=Cause.RELEASED, text=f"given back by {by}")


def _demand(what: str, holder: str, owner: str | None, *, force: bool) -> None:
    if owner is not None and owner != holder and not force:
        raise NotYours(what, holder)
