"""What becomes of every boot: written down for people, and counted to know when to pause."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from leasehold.engine.cloud import ObjectId
from leasehold.engine.decide import moment
from leasehold.engine.reason import Reason
from leasehold.engine.row import Row
from leasehold.lab import boot_records
from leasehold.lab.book import Hold
from leasehold.lab.boot_records import BootRow
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.streak import FINE, WORTH_A_RETRY, Streak, after, pause

T = TypeVar("T")

MOST_CONSOLE = 20_000
"""Characters of a console that are kept: its end."""

MOST_SERVERS = 1000
"""Servers of which a console or a dossier is awaited at once; the oldest are given up."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[^\n\t -~\u00a0-\U0010ffff]")
"""Colours and other orders to a terminal, which a page or a shell should not get to see."""


class Boots:
    """The streaks of all machine types, and the dossiers under way. Guarded by the lab's lock.

    It is the engine's `Reader` too: what a server printed arrives before or after its dossier is
    written, and belongs into it either way.
    """

    def __init__(self) -> None:
        self.on_console: Callable[[ObjectId, str], None] = lambda _server, _text: None
        """Called, in the engine's thread, with a console whose dossier is written already."""
        self._streaks: dict[str, Streak] = {}
        self._awaited: OrderedDict[ObjectId, None] = OrderedDict()
        self._printed: OrderedDict[ObjectId, str] = OrderedDict()

    def load(self, connection: Connection, types: Mapping[str, MachineTypeConfig]) -> None:
        """Read back how the machine types stand."""
        self._streaks = {
            name: _fold(boot_records.streak_of(connection, name), config.pause_after)
            for name, config in types.items()
        }

    def ended(
        self,
        hold: Hold,
        machine_type: str,
        config: MachineTypeConfig,
        now: float,
        *,
        server_id: str | None,
        failure: Reason | None,
    ) -> BootRow:
        """A server has become ready, or with `failure` is given up; returns what to write down."""
        row = BootRow(
            machine_type=machine_type,
            server=hold.server,
            ok=failure is None,
            cause=None if failure is None else failure.cause.value,
            planned_at=hold.planned_at,
            ended_at=now,
            facts={
                "cloud": config.cloud,
                "node": hold.node,
                "lease": hold.lease,
                "attempt": hold.attempt,
                "server_id": server_id,
                "reason": msgspec.to_builtins(failure),
                "image": hold.image,
                "flavor": hold.flavor,
                "zone": hold.zone,
                "taken_at": hold.built_at and moment(hold.built_at),
                "reached_at": hold.reached_at and moment(hold.reached_at),
            },
            console=self._printed.pop(hold.server, None),
        )
        if failure is not None and row.console is None:
            _keep(self._awaited, hold.server, None)
        streak = self._streaks.get(machine_type, FINE)
        self._streaks[machine_type] = _next(streak, row, config.pause_after)
        return row

    def resume(self, machine_type: str) -> None:
        """Let the failures up to now count no more."""
        self._streaks[machine_type] = FINE

    def pause(self, machine_type: str, now: float) -> Reason | None:
        """Why no server of a machine type is ordered for those who wait; None if it is."""
        return pause(self._streaks.get(machine_type, FINE), machine_type, now)

    # -- what servers printed: in the engine's thread ----------------------------------------------

    def wants(self, row: Row) -> bool:
        """See `Reader.wants`: boots that failed, in the cloud's eyes or in ours."""
        return row.failure is not None or row.id in self._awaited

    def heard(self, server: ObjectId, text: str) -> None:
        """See `Reader.heard`."""
        shown = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[-MOST_CONSOLE:]
        if server in self._awaited:
            del self._awaited[server]
            self.on_console(server, shown)
        else:
            _keep(self._printed, server, shown)


def _fold(rows: Iterable[BootRow], pause_after: int) -> Streak:
    streak = FINE
    for row in rows:
        streak = _next(streak, row, pause_after)
    return streak


def _next(streak: Streak, row: BootRow, pause_after: int) -> Streak:
    if not row.ok and row.cause not in WORTH_A_RETRY:
        return streak
    reason = boot_records.reason_of(row)
    return after(
        streak,
        ok=row.ok,
        planned_at=row.planned_at,
        ended_at=row.ended_at,
        text=reason.text if reason else "",
        pause_after=pause_after,
    )


def _keep(into: OrderedDict[ObjectId, T], server: ObjectId, value: T) -> None:
    into[server] = value
    if len(into) > MOST_SERVERS:
        into.popitem(last=False)
