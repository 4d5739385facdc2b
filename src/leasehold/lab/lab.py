"""The lab: lock nodes, look at them, give them back. The one door for the API and the command line."""

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout

import asyncssh
import structlog

from leasehold.engine.choice import near
from leasehold.engine.decide import moment
from leasehold.engine.engine import Engine
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State
from leasehold.lab import history, records, views
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import format_duration, parse_duration
from leasehold.lab.errors import (
    BadWish,
    NotYours,
    TooMany,
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
    LeaseState,
    MachineType,
    Node,
    NodeName,
    NodeState,
    Step,
    Story,
    Wish,
)
from leasehold.lab.prober import Prober
from leasehold.lab.recipe import resolve
from leasehold.lab.steward import STORE_RETRY, Steward
from leasehold.store import StoreFailed, StoreLost

log = structlog.get_logger()

GRACE_OF_A_COMMIT = 30.0
"""Seconds to wait for a write to become durable before the caller is told that it did not."""


class Lab:
    """All methods are thread-safe and quick: a write waits for one commit, nothing for a cloud."""

    def __init__(self, steward: Steward, engine: Engine, prober: Prober) -> None:
        self._steward = steward
        self._engine = engine
        self._prober = prober
        self._stopping = threading.Event()
        self._nudge = threading.Event()
        self._thread = threading.Thread(target=self._keep_time, name="leasehold-lab", daemon=True)
        self._subscribers: set[Callable[[], None]] = set()
        steward.journal.on_commit = self._wake_subscribers
        self.on_lost: Callable[[StoreLost], None] = lambda _: None
        """Called when another process has taken the ledger over; from then on nothing works."""
        steward.database.on_lost = lambda error: self.on_lost(error)

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start to work: from now on the clouds follow the ledger."""
        self._steward.stock.warm()
        self._prober.start()
        self._engine.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop working. What exists goes on existing; a restart picks it up."""
        self._stopping.set()
        self._nudge.set()
        if self._thread.is_alive():
            self._thread.join()
        self._engine.stop()
        self._prober.stop()
        self._steward.database.close()

    def _keep_time(self) -> None:
        """Turn when time alone changes something: a lease ends, patience is over."""
        steward = self._steward
        while not self._stopping.is_set():
            with steward.lock:
                try:
                    if steward.wake_at <= steward.clock.now():
                        steward.wake()
                except Exception:
                    log.exception("lab.turn_broke")  # leases must go on ending
                    steward.wake_at = steward.clock.now() + STORE_RETRY
                wait = steward.wake_at - steward.clock.now()
            self._nudge.wait(timeout=min(max(wait, 0.05), 5.0))
            self._nudge.clear()

    # -- leases ----------------------------------------------------------------------------------

    def lock(self, wish: Wish) -> Lease:
        """Lease `wish.count` nodes, all or none; returns at once, WAITING or PREPARING.

        A wish with the key of an earlier one of the same owner returns that one's lease. Raises
        `BadWish`, `UnknownMachineType`, `TooMany`, `NotOffered` or `Impossible`; then nothing was
        locked.
        """
        config = self._check(wish)
        steward = self._steward
        if self._asked_before(wish) is None:
            use = steward.stock.use
            use(config.cloud, lambda offers: resolve(wish.machine_type, config, offers))
        with steward.lock:
            lease = self._asked_before(wish)
            if lease is None:
                lease = self._new_lease(wish, config)
                steward.add_lease(lease)
                durable = steward.turn()
            else:
                durable = steward.journal.sync()
        self._wait(durable)
        self._nudge.set()
        return self.lease(lease.id)

    def _new_lease(self, wish: Wish, config: MachineTypeConfig) -> LeaseRow:
        steward = self._steward
        steward.epoch += 1
        return LeaseRow(
            id=LeaseId(f"lease-{secrets.token_hex(5)}"),
            epoch=steward.epoch,
            machine_type=wish.machine_type,
            count=wish.count,
            owner=wish.owner,
            purpose=wish.purpose,
            key=wish.key,
            public_keys=wish.public_keys,
            seconds=wish.seconds or parse_duration(config.duration),
            state=LeaseState.WAITING,
            created_at=steward.clock.now(),
        )

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
            rows = sorted(steward.book.leases.values(), key=lambda each: each.epoch)
        found = []
        for row in rows:
            with steward.lock:  # for one at a time: nobody should wait until all are looked at
                now = steward.book.leases.get(row.id)
                if now is not None and owner in (None, now.owner):
                    found.append(self._view(now))
        return found

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
        steward = self._steward
        with steward.lock:
            for name in names:
                self._config_of(name)
            holds = [steward.book.holds[name] for name in names if name in steward.book.holds]
            for hold in holds:
                holder = steward.book.leases[hold.lease].owner
                _demand(f"node {hold.node}", holder, owner, force=force)
            for lease_id in {hold.lease for hold in holds}:
                lease = steward.book.leases[lease_id]
                going = {hold.node for hold in holds if hold.lease == lease_id}
                staying = [h for h in steward.book.held_by(lease_id) if h.node not in going]
                if not staying:
                    steward.end(lease, LeaseState.RELEASED, _released(owner or lease.owner))
                    continue
                for hold in holds:
                    if hold.lease == lease_id:
                        steward.let_go(hold)
                steward.change_lease(lease, count=len(staying))
            durable = steward.turn()
        self._wait(durable)
        with steward.lock:  # one that is configured no more has ceased to be
            return [self.node(name) for name in names if steward.machine_type_of(name)]

    def extend(
        self, lease: LeaseId, seconds: int, *, owner: str | None = None, force: bool = False
    ) -> Lease:
        """Let a lease last `seconds` longer. Raises `UnknownLease`, `NotYours` or `BadWish`."""
        steward = self._steward
        with steward.lock:
            found = steward.book.leases.get(lease)
            if found is not None:
                _demand(f"lease {lease}", found.owner, owner, force=force)
                self._check_extension(found, seconds)
                until = None if found.until is None else found.until + seconds
                steward.change_lease(found, seconds=found.seconds + seconds, until=until)
                durable = steward.turn()
            else:
                durable = steward.journal.sync()
        self._wait(durable)
        if found is None:
            ended = self._find(lease).state.value
            raise BadWish("lease", ended, "a lease that has not ended")
        return self.lease(lease)

    def _check_extension(self, lease: LeaseRow, seconds: int) -> None:
        config = self._steward.config.machine_types.get(lease.machine_type)
        most = parse_duration(config.max_duration) if config else lease.seconds
        if seconds < 1 or lease.seconds + seconds > most:
            left = max(0, most - lease.seconds)
            raise BadWish("seconds", seconds, f"1 to {left} ({format_duration(left)} more)")

    # -- looking ---------------------------------------------------------------------------------

    def nodes(
        self,
        *,
        machine_type: str | None = None,
        state: NodeState | None = None,
        owner: str | None = None,
    ) -> list[Node]:
        """Nodes in the order of the configuration."""
        found = [
            self.node(name)
            for kind, names in self._steward.nodes.items()
            if machine_type in (None, kind)
            for name in names
        ]
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

    def clouds(self) -> list[str]:
        return list(self._engine.watches)

    def plan(self) -> list[Step]:
        """What would be done now, and what waits for what."""
        found = self._engine.look().result(GRACE_OF_A_COMMIT)
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

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, in some thread, after new events; returns how to end that."""
        self._subscribers.add(wake)
        return lambda: self._subscribers.discard(wake)

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

    def _wake_subscribers(self) -> None:
        for wake in tuple(self._subscribers):
            try:
                wake()
            except Exception:
                log.exception("lab.subscriber_broke")  # the others have to hear of it

    def _check(self, wish: Wish) -> MachineTypeConfig:
        types = self._steward.config.machine_types
        config = types.get(wish.machine_type)
        if config is None:
            likely = near(wish.machine_type, types)
            raise UnknownMachineType(wish.machine_type, likely, list(types))
        if wish.count < 1:
            raise BadWish("count", wish.count, "1 or more")
        if wish.count > config.count:
            raise TooMany(wish.machine_type, wish.count, config.count)
        if not wish.owner:
            raise BadWish("owner", wish.owner, "who locks, for example user@host")
        for field in ("owner", "purpose", "key"):
            if "\0" in (getattr(wish, field) or ""):
                raise BadWish(
                    field, getattr(wish, field), "text without NUL, which no ledger keeps"
                )
        most = parse_duration(config.max_duration)
        if wish.seconds is not None and not 1 <= wish.seconds <= most:
            raise BadWish("seconds", wish.seconds, f"1 to {most} ({config.max_duration})")
        for key in wish.public_keys:
            try:
                asyncssh.import_public_key(key)
            except (asyncssh.KeyImportError, ValueError):
                raise BadWish("public_keys", key[:40], "OpenSSH public keys") from None
        return config

    def _asked_before(self, wish: Wish) -> LeaseRow | None:
        """The lease of an earlier wish with the same key: what memory lacks is durable."""
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
        if (found.machine_type, found.purpose) != (wish.machine_type, wish.purpose):
            allowed = "a fresh key for each wish; this one belongs to a different one"
            raise BadWish("key", wish.key, allowed)
        return found

    def _find(self, lease: LeaseId) -> LeaseRow:
        steward = self._steward
        with steward.lock:
            found = steward.book.find(lease)
            known = list(steward.book.leases)
        if found is None:
            with steward.database.read() as connection:
                found = records.find_lease(connection, lease)
        if found is None:
            raise UnknownLease(lease, near(lease, [str(each) for each in known]))
        return found

    def _view(self, row: LeaseRow) -> Lease:
        return views.lease(self._steward, row)

    def _config_of(self, name: NodeName) -> MachineTypeConfig:
        config = self._steward.machine_type_of(name)
        if config is None:
            known = [str(each) for each in self._steward.type_names]
            raise UnknownNode(name, near(name, known), known)
        return config

    def _known_cloud(self, cloud: str) -> None:
        if cloud not in self._engine.watches:
            known = list(self._engine.watches)
            raise UnknownCloud(cloud, near(cloud, known), known)


def _released(by: str) -> Reason:
    return Reason(cause=Cause.RELEASED, text=f"given back by {by}")


def _demand(what: str, holder: str, owner: str | None, *, force: bool) -> None:
    if owner is not None and owner != holder and not force:
        raise NotYours(what, holder)
