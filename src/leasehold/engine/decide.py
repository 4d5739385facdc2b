"""What to do now with each row of one cloud, and why not more. Pure: no I/O, no clock, no chance."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudId,
    Kind,
    ObjectId,
    RecordSpec,
    record_id,
)
from leasehold.engine.quota import NOTHING, Snapshot, Use, shortage, use_of
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import Event, backoff, fail, step

DELETE_PATIENCE = 30.0
"""Seconds that a delete that the cloud took may be without effect before it is sent again; doubles."""


DETACH_PATIENCE = 60.0
"""Seconds that the cloud may take to detach the volumes of a deleted server by itself."""


class Verb(StrEnum):
    MAKE = "make"
    DELETE = "delete"
    GROW = "grow"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One call to leave now. Its row has been changed to say so, and is committed first."""

    verb: Verb
    row: Row


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision about one cloud depends on."""

    now: float
    due: Collection[Row]
    """The rows that are not settled."""
    rows: Mapping[ObjectId, Row]
    """Every row, to look up what a due one needs."""
    dependents: Mapping[ObjectId, Collection[ObjectId]]
    """By object: the rows that need it."""
    in_flight: Collection[ObjectId]
    """Rows with a call under way."""
    allowance: int
    """How many calls the budget lets leave now."""
    next_call_at: float | None
    """When the next one may leave; None: when one of those under way ends."""
    snapshot: Snapshot | None = None
    ceiling: Snapshot | None = None
    """Limits of ours, beside the cloud's."""
    ours: Use = NOTHING
    """What our rows count against the quota by now."""
    shut: Mapping[Kind, Reason] = {}
    """Kinds of which the cloud refused to make more a moment ago; `until` says how long."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    changed: tuple[Row, ...]
    actions: tuple[Action, ...]
    wake_at: float | None
    """When time alone can change the outcome; None: only news can."""


def decide(view: View) -> Decision:
    """Decide for every due row: deletes first, then by age."""
    pass_ = _Pass(view)
    ordered = sorted(view.due, key=lambda row: (not row.doomed, row.created_at, row.id))
    for row in ordered:
        pass_.consider(row)
    return pass_.decision()


class _Pass:
    """One run over the due rows, with what is already spent."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.now = view.now
        self.allowance = view.allowance
        self.ours = view.ours
        self.changed: dict[ObjectId, Row] = {}
        self.actions: list[Action] = []
        self.wakes: list[float] = []

    def decision(self) -> Decision:
        return Decision(
            changed=tuple(self.changed.values()),
            actions=tuple(self.actions),
            wake_at=min(self.wakes, default=None),
        )

    def consider(self, row: Row) -> None:
        if row.id in self.view.in_flight:
            return
        match row.state:
            case State.PLANNED:
                after = self.planned(row)
            case State.MAKING:
                after = unanswered(row, self.now)  # its call is not under way: we died meanwhile
            case State.BUILDING:
                after = self.building(row)
            case State.UP if not row.doomed:
                after = self.growing(row) if row.too_small else row
            case State.GROWING if not row.doomed:
                after = self.grown(row)
            case State.UP | State.GROWING | State.AILING if row.doomed:
                after = self.leaving(step(row, Event.DROPPED, self.now))
            case State.LEAVING:
                after = self.leaving(row)
            case State.DELETING:
                after = self.deleting(row)
            case _:
                after = row
        if after is not row:
            self.changed[row.id] = after

    def planned(self, row: Row) -> Row:
        if row.doomed and row.kind is Kind.RECORD and row.cloud_id is not None:
            return self.leaving(step(row, Event.RECALLED, self.now))
        if row.doomed or row.failure is not None:
            return step(row, Event.DROPPED, self.now, reason=row.failure)
        blocked = self.unmet(row)
        if blocked is not None:
            if blocked.cause is Cause.NEEDS:
                return explain(row, blocked)
            return fail(row, blocked, self.now)
        wish = use_of(row.spec)
        short = self.short(wish)
        self.ours += wish  # also if it does not fit: who comes later must not overtake it for ever
        if short is not None and short.cause is Cause.QUOTA:
            return fail(row, short, self.now)
        short = short or self.view.shut.get(row.kind)
        if short is not None:
            self.wake(_timestamp(short.until))
            return explain(row, short)
        if self.held_back(row):
            return row
        if not self.spend():
            return explain(row, self.out_of_budget())
        started = step(row, Event.START, self.now, calls=row.calls + 1, cloud_id=self.identity(row))
        self.actions.append(Action(verb=Verb.MAKE, row=started))
        return started

    def short(self, wish: Use) -> Reason | None:
        """Why a wish does not fit into the limits."""
        for limits in (self.view.ceiling, self.view.snapshot):
            found = shortage(limits, self.ours, wish) if limits else None
            if found is not None:
                return found
        return None

    def building(self, row: Row) -> Row:
        if row.doomed:
            return self.leaving(step(row, Event.DROPPED, self.now))
        ends = row.since + row.patience
        if self.now < ends:
            self.wake(ends)
            return row
        text = (
            f"still {row.status or 'unseen'} after {row.patience:.0f} s, which is all it may take"
        )
        late = Reason(cause=Cause.DEADLINE, text=text, have=self.now - row.since, want=row.patience)
        given_up = fail(row, late, self.now)
        return self.leaving(given_up) if given_up.state is State.LEAVING else given_up

    def growing(self, row: Row) -> Row:
        """A volume that is to become larger."""
        if self.held_back(row):
            return row
        if not self.spend():
            return explain(row, self.out_of_budget())
        news = {"calls": row.calls + 1, "called_at": self.now}
        started = step(row, Event.GROW, self.now, **news)
        self.actions.append(Action(verb=Verb.GROW, row=started))
        return started

    def grown(self, row: Row) -> Row:
        """A volume that grows, for as long as it may."""
        ends = row.since + row.patience
        if self.now < ends:
            self.wake(ends)
            return row
        text = f"did not grow within {row.patience:.0f} s; it is tried again"
        late = Reason(cause=Cause.DEADLINE, text=text, have=self.now - row.since, want=row.patience)
        again = self.now + backoff(row.calls)
        return step(row, Event.PUT_OFF, self.now, calls=row.calls, reason=late, wake_at=again)

    def leaving(self, row: Row) -> Row:
        waits_for = self.in_the_way(row)
        if waits_for is not None:
            return explain(row, waits_for)
        if self.held_back(row):
            return row
        if not self.spend():
            return explain(row, self.out_of_budget())
        news = {"calls": row.calls + 1, "called_at": self.now, "reason": row.failure}
        called = step(row, Event.CALL_DELETE, self.now, **news)
        self.actions.append(Action(verb=Verb.DELETE, row=called))
        return called

    def deleting(self, row: Row) -> Row:
        again_at = (row.called_at or row.since) + backoff(row.calls - 1, first=DELETE_PATIENCE)
        if self.now < again_at:
            self.wake(again_at)
            return row
        return self.leaving(
            step(row, Event.STILL_THERE, self.now, calls=row.calls, reason=row.reason)
        )

    def unmet(self, row: Row) -> Reason | None:
        """What a planned row waits for (NEEDS), or why it can never be made."""
        for object_id in row.needs:
            need = self.changed.get(object_id) or self.view.rows.get(object_id)
            if need is None or need.state is State.GONE or need.doomed:
                why = need.failure if need else None
                text = f"the {name(need) if need else 'object'} that it needs is not to be had"
                return why or Reason(cause=Cause.LOST, text=text)
            if need.state is not State.UP:
                return Reason(cause=Cause.NEEDS, text=f"waits for its {name(need)}")
        return None

    def in_the_way(self, row: Row) -> Reason | None:
        """What must go, or does the work, before `row` can be deleted."""
        if isinstance(row.spec, AttachmentSpec) and not row.spec.foreign:
            server = self.view.rows.get(row.needs[0]) if row.needs else None
            if server is not None and server.doomed and not self.should_be_loose(server):
                return Reason(cause=Cause.NEEDS, text="goes with its server")
        for object_id in self.view.dependents.get(row.id, ()):
            other = self.changed.get(object_id) or self.view.rows[object_id]
            if other.state is State.GONE:
                continue
            if row.kind is Kind.SERVER and other.kind is Kind.ATTACHMENT:
                continue  # it goes with its server
            return Reason(cause=Cause.NEEDS, text=f"stays until its {name(other)} is gone")
        return None

    def should_be_loose(self, server: Row) -> bool:
        """Whether a server has been gone so long that its volumes should have come off by now."""
        if server.state is not State.GONE:
            return False
        ends = server.since + DETACH_PATIENCE
        if self.now < ends:
            self.wake(ends)
        return self.now >= ends

    def identity(self, row: Row) -> CloudId | None:
        """Attachments are known by what they join, records by their name, before they are made."""
        if isinstance(row.spec, RecordSpec):
            return record_id(row.spec, row.id)
        if not isinstance(row.spec, AttachmentSpec):
            return None
        *mine, volume = (self.view.rows[each].cloud_id for each in row.needs)
        server = row.spec.server if row.spec.foreign else mine[0]
        return CloudId(f"{server}/{volume}")

    def held_back(self, row: Row) -> bool:
        if row.wake_at is None or row.wake_at <= self.now:
            return False
        self.wake(row.wake_at)
        return True

    def spend(self) -> bool:
        if self.allowance < 1:
            self.wake(self.view.next_call_at)
            return False
        self.allowance -= 1
        return True

    def wake(self, at: float | None) -> None:
        if at is not None:
            self.wakes.append(at)

    def out_of_budget(self) -> Reason:
        return Reason(
            cause=Cause.API_BUDGET, text="the calls allowed to this cloud are spent for now"
        )


def explain(row: Row, reason: Reason) -> Row:
    """The row with its reason told, and the same row if that is no news."""
    told = row.reason
    if told is not None and (told.cause, told.text) == (reason.cause, reason.text):
        return row
    return msgspec.structs.replace(row, reason=reason)


def unanswered(row: Row, now: float) -> Row:
    """A row whose make call was under way when we stopped, and whose answer nobody will hear."""
    text = "we were stopped during the call; a listing will tell"
    reason = Reason(cause=Cause.UNSURE, text=text)
    return step(row, Event.NO_ANSWER, now, called_at=now, calls=row.calls, reason=reason)


def whose(row: Row) -> str:
    """Who has a row's object, as a person would say it."""
    return "name server" if row.kind is Kind.RECORD else "cloud"


def name(row: Row) -> str:
    """What a row is, as a person would say it."""
    return row.kind.value.replace("_", " ")


def moment(at: float) -> datetime:
    """Unix seconds as an aware datetime."""
    return datetime.fromtimestamp(at, UTC)


def _timestamp(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def is_due(row: Row) -> bool:
    """Whether something is left to do for the row."""
    if row.state in (State.UP, State.AILING):
        return row.doomed or (row.state is State.UP and row.too_small)
    return row.state is not State.GONE
