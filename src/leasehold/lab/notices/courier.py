"""Brings notices to one target, in order, each at least once.

How far it has come is kept in the ledger, so that a restart loses nothing and repeats at most what was
on its way. It reads the history after each commit and never holds up the lab.
"""

import random
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, delete, insert, select

from leasehold.engine.decide import moment
from leasehold.lab import history, records
from leasehold.lab.model import Event
from leasehold.lab.notices.notice import Notice, notice_of
from leasehold.store import Database, StoreError
from leasehold.store.tables import facts, holds

log = structlog.get_logger()

BATCH = 200
"""Events that are read at a time."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
MOST_TRIES = 12
"""With the pauses between them about forty minutes."""

Send = Callable[[Notice], None]
"""Brings one notice to the target. Raises `Undelivered` or `Refused`."""


class Undelivered(Exception):
    """It may work later: no connection, no answer, or one that says so."""


class Refused(Exception):
    """It never will: another try would get the same answer."""


class Courier:
    """A thread for one target.

    A notice that is `Undelivered` is tried again after 5 s, 10 s, 20 s ... at most 5 min, each
    shortened by chance by up to a fifth, 12 times in all; then, or when it is `Refused`, it is given
    up, which the log tells, and the next one is brought.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        wanted: tuple[str, ...],
        send: Send,
        *,
        pause: float = 1.0,
    ) -> None:
        """`name` is what its place in the history is kept under; `pause` stretches all pauses."""
        self.name = name
        self._database = database
        self._wanted = wanted
        self._send = send
        self._stretch = pause
        self._at: int | None = None
        """The newest event that is done with; the ledger knows it as of the last notice."""
        self._news = threading.Event()
        self._stopping = threading.Event()
        thread = f"leasehold-{name.replace(' ', '-')}"
        self._thread = threading.Thread(target=self._run, name=thread, daemon=True)

    def start(self) -> None:
        """Begin with what happens from now on, or go on where this target was before."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is on its way is finished, one answer's time later at most."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Something was written. Any thread may call this."""
        self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                while not self._stopping.is_set() and self._bring_some():
                    pass
            except StoreError as error:
                log.error("notices.store_failed", target=self.name, error=str(error))
                self._rest(FIRST_PAUSE)
                self._news.set()
            self._news.wait()

    def _bring_some(self) -> bool:
        """Bring a batch; whether there may be more."""
        if self._at is None:
            self._at = self._begin()
        with self._database.read() as connection:
            found = history.read(connection, after=self._at, limit=BATCH)
            notices = {event.id: self._notice(connection, event) for event in found}
        for event in found:
            notice = notices[event.id]
            if notice is not None:
                if not self._bring(notice):
                    return False
                self._keep(event.id)
            self._at = event.id
        return len(found) == BATCH

    def _begin(self) -> int:
        """Where it was; a target that is new begins with the newest event."""
        with self._database.read() as connection:
            place = self._place(connection)
            newest = history.read(connection, newest=True, limit=1)
        if place is None:
            place = newest[0].id if newest else 0
            self._keep(place)
        return place

    def _notice(self, connection: Connection, event: Event) -> Notice | None:
        if event.state not in self._wanted:
            return None
        lease = records.find_lease(connection, event.lease) if event.lease else None
        held = select(holds.c.node).where(holds.c.lease == event.lease).order_by(holds.c.node)
        nodes = connection.scalars(held).all() if event.lease else ()
        until = moment(lease.until) if lease and lease.until and not lease.ended else None
        return notice_of(event, lease, nodes, until, self._wanted)

    def _bring(self, notice: Notice) -> bool:
        """Until it is there or given up; False if the service ends before that."""
        pause = FIRST_PAUSE
        for tries in range(1, MOST_TRIES + 1):
            try:
                self._send(notice)
                return True
            except Refused as error:
                log.error("notices.refused", target=self.name, id=notice.id, error=str(error))
                return True
            except Undelivered as error:
                log.warning("notices.undelivered", target=self.name, id=notice.id, tries=tries,
                            error=str(error))  # fmt: skip
            except Exception:
                # It would break each time, and what comes after it must not wait for that.
                log.exception("notices.broke", target=self.name, id=notice.id)
                return True
            if self._rest(pause * random.uniform(0.8, 1.0)):
                return False
            pause = min(2 * pause, LONGEST_PAUSE)
        log.error("notices.given_up", target=self.name, id=notice.id, notice=notice.event)
        return True

    def _rest(self, seconds: float) -> bool:
        """Whether the service ends meanwhile."""
        return self._stopping.wait(seconds * self._stretch)

    @property
    def _fact(self) -> str:
        return f"notices:{self.name}"

    def _place(self, connection: Connection) -> int | None:
        found = connection.scalar(select(facts.c.value).where(facts.c.name == self._fact))
        return None if found is None else int(found)

    def _keep(self, place: int) -> None:
        def work(connection: Connection) -> None:
            connection.execute(delete(facts).where(facts.c.name == self._fact))
            connection.execute(insert(facts).values(name=self._fact, value=str(place)))

        self._database.write(work).result()
