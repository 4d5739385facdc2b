"""One look at one dataset: what was decided so far, and what its agent says. Pure."""

from collections.abc import Callable

import msgspec

from leasehold.datasets.book import Heard
from leasehold.datasets.model import DatasetState
from leasehold.datasets.protocol import Want
from leasehold.datasets.view import Decision, View
from leasehold.engine.cloud import Kind, ObjectId
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row

SILENCE = 75.0
"""Seconds without a word from an agent after which the cloud is asked what became of its server."""


class Look:
    """The dataset as it is after what was decided so far."""

    def __init__(self, view: View, new_id: Callable[[Kind], ObjectId]) -> None:
        self.view = view
        self.now = view.now
        self.row = view.row
        self.new_id = new_id
        self.plan: list[Row] = []
        self.drop: list[ObjectId] = []
        self.grow: int | None = None
        self.ask = False
        self.wakes: list[float] = []

    def decision(self) -> Decision:
        return Decision(
            row=self.row,
            plan=tuple(self.plan),
            drop=tuple(self.drop),
            grow=self.grow,
            ask=self.ask,
            wake_at=min(self.wakes, default=None),
        )

    # -- small things ----------------------------------------------------------------------------

    def change(self, **changes: object) -> None:
        if any(getattr(self.row, name) != value for name, value in changes.items()):
            self.row = msgspec.structs.replace(self.row, **changes)

    def stand(
        self,
        state: DatasetState,
        next_step: str,
        reason: Reason | None = None,
        patience: float | None = None,
        *,
        troubled: bool = False,
    ) -> None:
        """Say where it stands. A state that lasts longer than its patience is trouble."""
        row = self.row
        since = row.since if row.state is state else self.now
        until = None if patience is None else since + patience
        if until is not None and self.now >= until:
            troubled = True
            text = f"still {state} after {patience:.0f} s"
            late = Reason(cause=Cause.DEADLINE, text=text, want=patience)
            reason = late if reason is None else reason
        elif until is not None:
            self.wake(until)
        if troubled and reason is not None and not _same(reason, row.last_error):
            self.change(last_error=reason, last_error_at=self.now)
        if _same(reason, row.reason):
            reason = row.reason
        self.change(
            state=state,
            since=since,
            until=until,
            next_step=next_step,
            reason=reason,
            troubled=troubled,
        )

    def is_due(self, at: float | None) -> bool:
        if at is None:
            return False
        if self.now < at:
            self.wake(at)
        return self.now >= at

    def wake(self, at: float) -> None:
        self.wakes.append(at)

    # -- what the agent says ---------------------------------------------------------------------

    def tell(self, want: Want) -> None:
        """Give a new order: from here on no older one may be obeyed."""
        self.change(want=want, epoch=self.row.epoch + 1, told_at=self.now)

    def current(self) -> Heard | None:
        """What the agent of this server, since its last boot, says under the newest order."""
        row, holder, heard = self.row, self.view.holder, self.view.heard
        if heard is None or holder is None:
            return None
        same = (
            heard.server_id == row.attached_server
            and heard.server_id == holder.server_id
            and heard.era == holder.era
        )
        told = heard.report.epoch == row.epoch
        return heard if same and told and self.is_ours(heard) else None

    def is_ours(self, heard: Heard) -> bool:
        return heard.obeys in (None, self.view.installation)

    def is_stale(self) -> bool:
        """Whether the agent knows of a newer order than ours, or obeys somebody else."""
        heard = self.view.heard
        if heard is None or heard.server_id != self.row.attached_server or self.row.force:
            return False
        return heard.report.epoch > self.row.epoch or not self.is_ours(heard)

    def stale(self) -> None:
        heard, row = self.view.heard, self.row
        assert heard is not None, "somebody must have said so"
        if self.is_ours(heard):
            text = (
                f"the agent of {row.attached_node} has obeyed order {heard.report.epoch}, and this"
                f" ledger knows only {row.epoch}: it is an old copy"
            )
        else:
            text = f"the agent of {row.attached_node} obeys another Leasehold, {heard.obeys}"
        step = "see that no other service runs; then move it, to where it is or elsewhere, with --force"
        self.stand(row.state, step, Reason(cause=Cause.UNSURE, text=text), troubled=True)

    def said_by_agent(self) -> Reason | None:
        row, heard, holder = self.row, self.current(), self.view.holder
        if heard is not None:
            return said(heard)
        seen_at = holder.seen_at if holder else None
        if seen_at is None or self.now - seen_at > SILENCE:
            text = f"the agent of {row.attached_node} is silent"
            return Reason(cause=Cause.NO_ANSWER, text=text)
        text = f"the agent of {row.attached_node} has not answered to this order yet"
        return Reason(cause=Cause.NEEDS, text=text)


def said(heard: Heard) -> Reason | None:
    """What an agent complains of."""
    report = heard.report
    if report.error is not None:
        return Reason(cause=Cause.RETRYING, text=report.error)
    if report.busy:
        return Reason(cause=Cause.NEEDS, text=f"in use by {', '.join(report.busy)}")
    return None


def _same(one: Reason | None, other: Reason | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.cause, one.text, one.until) == (other.cause, other.text, other.until)
