"""The lab: lock nodes, look at them, give them back. The one door for the API and the command line."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence

import structlog

from leasehold.engine.engine import Engine
from leasehold.lab import records
from leasehold.lab.config import Config
from leasehold.lab.model import NodeName
from leasehold.lab.neighbour import Neighbour
from leasehold.lab.prober import Prober
from leasehold.lab.prompt import Prompt
from leasehold.lab.registering import Registering
from leasehold.lab.steward import STORE_RETRY, Steward
from leasehold.lab.takeover import NodeThere, TakeoverReport, carry_out, report
from leasehold.lab.takeover import plan as plan_takeover
from leasehold.store import Database, StoreLost

log = structlog.get_logger()


class Lab(Registering):
    """What can be looked at and leased, and the threads that keep it alive."""

    def __init__(
        self,
        steward: Steward,
        engine: Engine,
        prober: Prober,
        neighbour: Neighbour | None = None,
    ) -> None:
        super().__init__(steward, engine)
        self._prober = prober
        self._prompt = Prompt(steward, engine, self._nudge)
        self.neighbour = neighbour
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_time, name="leasehold-lab", daemon=True)
        self._subscribers: set[Callable[[], None]] = set()
        steward.journal.on_commit = self._wake_subscribers
        self.on_lost: Callable[[StoreLost], None] = lambda _: None
        """Called when another process has taken the ledger over; from then on nothing works."""
        steward.database.on_lost = lambda error: self.on_lost(error)

    @property
    def config(self) -> Config:
        return self._steward.config

    @property
    def database(self) -> Database:
        """The ledger's, for what else is kept there."""
        return self._steward.database

    def start(self) -> None:
        """Start to work: from now on the clouds follow the ledger."""
        self._steward.stock.warm()
        self._prober.start()
        self._engine.start()
        if self.neighbour is not None:
            self.neighbour.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop working. What exists goes on existing; a restart picks it up."""
        self._stopping.set()
        self._nudge.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.neighbour is not None:
            self.neighbour.stop()
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

    @contextlib.contextmanager
    def promptly(self) -> Iterator[Prompt]:
        """Look and act in one go, under the lab's lock, without waiting for the ledger."""
        with self._steward.lock:
            self._prompt.kept = None
            yield self._prompt

    def recall(self, names: Sequence[NodeName]) -> None:
        """Look up in the ledger who held these nodes last, before this process had it."""
        with self._steward.database.read() as connection:
            found = records.last_holders(connection, names)
        with self._steward.lock:
            for name in names:
                self._steward.last_holders.setdefault(name, found.get(name))

    def take_over(
        self, found: Sequence[NodeThere], *, by: str, follow: bool = False, dry_run: bool = False
    ) -> TakeoverReport:
        """Have the nodes and locks of another lock server; returns what changed, or would.

        One transaction. With a conflict, nothing is changed; with `follow`, a lock that differs from
        the one there is none, but gives way to it. Raises `BadWish` for a node or lock that cannot
        be.
        """
        steward = self._steward
        with self.promptly() as prompt:
            made = {name for name, each in steward.machine_types.items() if each.kind == "cloud"}
            here = {entry.row.name: entry for entry in prompt.entries()}
            planned = plan_takeover(found, here, made, follow=follow)
            if dry_run or planned.conflicts:
                return report(planned, done=False)
            carry_out(steward, planned, by=by)
            durable = steward.turn()
        self._wait(durable)
        return report(planned, done=True)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called, in some thread, after new events; returns how to end that."""
        self._subscribers.add(wake)
        return lambda: self._subscribers.discard(wake)

    def _wake_subscribers(self) -> None:
        for wake in tuple(self._subscribers):
            try:
                wake()
            except Exception:
                log.exception("lab.subscriber_broke")  # the others have to hear of it
