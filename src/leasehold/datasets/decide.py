"""What to do now about one dataset, and why not more. Pure: no I/O, no clock, no chance.

One rule stands above all: a volume leaves a server only when nothing there can write to it any more.
That is so if its agent was never told to mount it, if the agent of this very server reports, obeying
the newest order, that it is not mounted, if the cloud proves the server gone or stopped after that
order, or if an operator says so.
"""

from collections.abc import Callable

import msgspec

from leasehold.datasets.book import AgentRow, DatasetRow, End, Fate, Former, Heard
from leasehold.datasets.model import DatasetState, Source
from leasehold.datasets.protocol import Want
from leasehold.engine.cloud import AttachmentSpec, Kind, ObjectId, VolumeSpec
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import backoff

VOLUME_PATIENCE = 600.0
"""Seconds that a blank volume may take; one with data in it gets `COPY_PATIENCE` for each GiB more."""

COPY_PATIENCE = 60.0

ATTACH_PATIENCE = 300.0
"""Seconds that an attachment may take to come, and to go."""

MOUNT_PATIENCE = 180.0
"""Seconds that an agent may take to mount. A check of a large filesystem takes longer; it is shown as
trouble then, and goes on."""

UNMOUNT_PATIENCE = 120.0

SILENCE = 75.0
"""Seconds without a word from an agent after which the cloud is asked what became of its server."""

LOST_PAUSE = 30.0
"""Seconds until an attachment that vanished is believed to be gone: a listing may have lied."""

_FOR_GOOD = frozenset({Cause.QUOTA, Cause.NOT_FOUND, Cause.REFUSED, Cause.CREDENTIALS})
"""What a person has to see to; it is tried again all the same, once in five minutes."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision about one dataset depends on."""

    now: float
    installation: str
    row: DatasetRow
    volume: Row | None = None
    attachment: Row | None = None
    node: AgentRow | None = None
    """Where it should be."""
    holder: AgentRow | None = None
    """Whose server has it."""
    heard: Heard | None = None
    """What that agent said of it last."""
    fate: Fate | None = None
    """What became of the server that has it."""
    snapshots: tuple[ObjectId, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    row: DatasetRow
    plan: tuple[Row, ...] = ()
    drop: tuple[ObjectId, ...] = ()
    grow: int | None = None
    """GiB that its volume shall have."""
    ask: bool = False
    """The cloud should be asked what became of the server."""
    wake_at: float | None = None


def decide(view: View, new_id: Callable[[Kind], ObjectId]) -> Decision:
    """Decide for one dataset; called again until nothing changes."""
    pass_ = _Pass(view, new_id)
    pass_.run()
    return pass_.decision()


class _Pass:
    """One look at one dataset."""

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

    def run(self) -> None:
        self.tidy()
        if self.row.state is DatasetState.GONE:
            return
        if self.has_volume():
            self.place()

    def tidy(self) -> None:
        """End holds and former volumes whose time is over."""
        hold = self.row.hold
        if hold is not None and self.is_due(hold.until):
            self.change(hold=None)
        over = [each for each in self.row.former if self.is_due(each.until)]
        if over:
            self.drop += [each.volume for each in over]
            self.change(former=tuple(each for each in self.row.former if each not in over))

    # -- the volume ------------------------------------------------------------------------------

    def has_volume(self) -> bool:
        """See to the volume; True if it is there."""
        row, volume = self.row, self.view.volume
        if row.volume is None:
            self.begin()
            return False
        if volume is None or volume.state is State.GONE:
            self.missing(volume)
            return False
        if row.destroying:
            text = "the cloud deletes the volume"
            self.stand(DatasetState.DESTROYING, text, volume.reason, ATTACH_PATIENCE)
            return False
        if row.usable_at is None and volume.state in (State.UP, State.GROWING):
            self.change(usable_at=self.now, tries=0, wake_at=None)
        if row.usable_at is None and volume.state is State.AILING:
            self.failed(volume)
            return False
        if self.row.usable_at is None:
            return self.building(volume)
        asked = volume.spec.size_gib if isinstance(volume.spec, VolumeSpec) else 0
        self.change(
            size_gib=max(row.size_gib, volume.size_gib or 0)
        )  # an adopted one tells its own
        if self.row.size_gib > asked:
            self.grow = self.row.size_gib
        return True

    def begin(self) -> None:
        """Ask for a volume, unless the last try was a moment ago."""
        row = self.row
        if row.deleted_at is not None:
            self.stand(DatasetState.GONE, "")
            return
        if row.wake_at is not None and not self.is_due(row.wake_at):
            return
        volume = Row(
            id=self.new_id(Kind.VOLUME),
            cloud=row.cloud,
            spec=_volume_of(row),
            subject=row.subject,
            created_at=self.now,
            since=self.now,
            patience=_patience(row),
        )
        self.plan.append(volume)
        self.change(volume=volume.id, wake_at=None, written=row.written or row.source is not None)
        self.stand(DatasetState.CREATING, "the cloud makes the volume", None, _patience(row))

    def building(self, volume: Row) -> bool:
        if self.row.deleted_at is not None:
            self.deleted()
            return False
        text = "the cloud makes the volume"
        self.stand(DatasetState.CREATING, text, volume.reason, _patience(self.row))
        return False

    def missing(self, volume: Row | None) -> None:
        """The volume is not there: as was asked for, or it never was, or it vanished."""
        row = self.row
        if row.destroying or (row.deleted_at is not None and row.usable_at is None):
            self.change(attachment=None, attached_node=None, attached_server=None, want=None)
            self.stand(DatasetState.GONE, "")
        elif row.usable_at is None and volume is not None:
            self.failed(volume)
        else:
            text = "the volume vanished from the cloud without our doing"
            reason = (volume.failure if volume else None) or Reason(cause=Cause.LOST, text=text)
            step = "find out who deleted it; restore a snapshot, or delete the dataset"
            state = DatasetState.DELETED if row.deleted_at is not None else DatasetState.DETACHED
            if row.deleted_at is not None and self.is_due(row.destroy_at):
                state = DatasetState.GONE
            self.stand(state, step, reason, troubled=state is not DatasetState.GONE)

    def failed(self, volume: Row) -> None:
        """A volume that never was of use: another one is ordered; an adopted one is left alone."""
        row = self.row
        reason = volume.failure or volume.reason or Reason(cause=Cause.LOST, text="it vanished")
        if row.deleted_at is not None:
            self.deleted()
            return
        if row.source is not None and row.source.volume is not None:
            step = "see to this volume in the cloud, or delete the dataset"
            self.stand(DatasetState.CREATING, step, reason, troubled=True)
            return
        for_good = reason.cause in _FOR_GOOD or row.tries >= 2
        pause = 300.0 if for_good else backoff(row.tries, first=5.0)
        self.drop.append(volume.id)
        self.change(volume=None, tries=row.tries + 1, wake_at=self.now + pause)
        self.wake(self.now + pause)
        step = f"it is tried again in {pause:.0f} s"
        if for_good:
            step += "; see to the reason, or delete the dataset"
        self.stand(DatasetState.CREATING, step, reason, troubled=for_good)
        self.change(last_error=reason, last_error_at=self.now)

    # -- its place -------------------------------------------------------------------------------

    def place(self) -> None:
        """See to it that the volume is where it should be, and nowhere else."""
        attachment = self.view.attachment
        if attachment is not None and attachment.state is not State.GONE:
            self.held(attachment)
        elif self.row.attachment is not None and not self.came_off(attachment):
            return
        else:
            self.loose()

    def target(self) -> AgentRow | None:
        row = self.row
        leaves = row.deleted_at is not None or row.restore is not None or row.node is None
        return None if leaves else self.view.node

    def came_off(self, attachment: Row | None) -> bool:
        """Take down that an attachment is no more; False: not yet."""
        row = self.row
        if not row.detaching and attachment is not None:
            failure = attachment.failure or attachment.reason
            if row.want is not None and self.now < attachment.since + LOST_PAUSE:
                self.wake(attachment.since + LOST_PAUSE)
                self.stand(row.state, "listings are watched for it", failure, troubled=True)
                return False
            if failure is not None:
                pause = backoff(row.tries, first=5.0)
                self.change(
                    last_error=failure,
                    last_error_at=self.now,
                    tries=row.tries + 1,
                    wake_at=self.now + pause,
                )
        self.change(
            attachment=None,
            attached_node=None,
            attached_server=None,
            detaching=False,
            want=None,
            force=False,
            told_at=None,
            path=None,
            epoch=self.row.epoch + 1,
        )
        return True

    def loose(self) -> None:
        """It is on no server: destroy it, change its volume, leave it there, or attach it."""
        row, volume = self.row, self.view.volume
        assert volume is not None, "only a volume that is there has a place"
        if row.deleted_at is not None:
            self.deleted()
        elif row.restore is not None:
            self.swap()
        elif row.node is None:
            reason = volume.reason if volume.state is not State.UP or volume.too_small else None
            self.stand(DatasetState.DETACHED, "", reason, troubled=volume.state is State.AILING)
        elif volume.state is State.AILING:
            step = "see to the volume in the cloud, or restore a snapshot"
            self.stand(DatasetState.ATTACHING, step, volume.reason, troubled=True)
        elif volume.state is State.GROWING:
            self.stand(DatasetState.ATTACHING, "the volume grows first", volume.reason, 600.0)
        else:
            self.attach(volume)

    def deleted(self) -> None:
        """Wait for the end of the grace time, then destroy it."""
        row = self.row
        if self.is_due(row.destroy_at):
            self.drop += [each for each in (row.volume, *self.view.snapshots) if each]
            self.drop += [each.volume for each in row.former]
            self.change(destroying=True, former=())
            self.stand(DatasetState.DESTROYING, "the cloud deletes the volume")
        else:
            self.stand(DatasetState.DELETED, "it is destroyed when its grace time is over")

    def swap(self) -> None:
        """Take a new volume, of the snapshot that is to be restored; the old one stays a while."""
        row = self.row
        assert row.volume is not None, "it was there a moment ago"
        until = row.restore_until or self.now
        self.change(
            former=(*row.former, Former(volume=row.volume, until=until)),
            volume=None,
            usable_at=None,
            written=True,
            source_id=row.restore_id,
            source=Source(snapshot=row.restore),
            restore=None,
            restore_id=None,
            restore_until=None,
            tries=0,
            wake_at=None,
        )
        self.begin()

    def attach(self, volume: Row) -> None:
        row, node = self.row, self.view.node
        state = DatasetState.ATTACHING
        if node is None or node.server_id is None:
            text = f"the agent of {row.node} has never reported"
            step = f"start `leasehold agent` on {row.node}, or move the dataset elsewhere"
            self.stand(state, step, Reason(cause=Cause.NEEDS, text=text), MOUNT_PATIENCE)
        elif row.wake_at is not None and not self.is_due(row.wake_at):
            self.stand(state, "it is tried again soon", row.last_error, troubled=row.tries > 2)
        elif set(volume.attached_to) - {node.server_id}:
            text = f"its volume is attached to server {', '.join(volume.attached_to)}"
            reason = Reason(cause=Cause.NEEDS, text=f"{text}, which is not our doing")
            self.stand(state, "detach it there in the cloud", reason, troubled=True)
        else:
            spec = AttachmentSpec(server=node.server_id, volume=volume.id, foreign=True)
            made = Row(
                id=self.new_id(Kind.ATTACHMENT),
                cloud=row.cloud,
                spec=spec,
                subject=row.subject,
                created_at=self.now,
                since=self.now,
                patience=ATTACH_PATIENCE,
            )
            self.plan.append(made)
            self.change(
                attachment=made.id,
                attached_node=node.name,
                attached_server=node.server_id,
                wake_at=None,
            )
            self.stand(state, "the cloud attaches the volume", None, ATTACH_PATIENCE)

    # -- on a server -----------------------------------------------------------------------------

    def held(self, attachment: Row) -> None:
        row, target = self.row, self.target()
        if row.detaching:
            text = "the cloud takes the volume off the server"
            self.stand(DatasetState.DETACHING, text, attachment.reason, ATTACH_PATIENCE)
            return
        stays = (
            target is not None
            and target.name == row.attached_node
            and target.server_id == row.attached_server
        )
        if row.want is None:
            self.joining(attachment, stays=stays)
        elif self.is_stale():
            self.stale()
        elif stays:
            self.mount(attachment)
        else:
            self.leave()

    def joining(self, attachment: Row, *, stays: bool) -> None:
        """It is on its way to the server, where nobody was told of it yet."""
        if attachment.state is State.UP and stays:
            self.tell(Want.MOUNTED)
            self.mount(attachment)
        elif attachment.state is State.AILING:
            pause = backoff(self.row.tries, first=5.0)
            self.change(tries=self.row.tries + 1, wake_at=self.now + pause)
            self.detach()
            self.change(last_error=attachment.reason, last_error_at=self.now)
        elif not stays:
            self.detach()
        else:
            text = "the cloud attaches the volume"
            self.stand(DatasetState.ATTACHING, text, attachment.reason, ATTACH_PATIENCE)

    def mount(self, attachment: Row) -> None:
        """Have it mounted where it is."""
        if self.row.want is not Want.MOUNTED:
            self.tell(Want.MOUNTED)
        heard, volume = self.current(), self.view.volume
        if heard is not None and (heard.report.filesystem or heard.report.mounted):
            self.change(written=True)
        ailing = next((each for each in (volume, attachment) if _ails(each)), None)
        if heard is not None and heard.report.mounted:
            self.change(path=heard.report.mounted, tries=0)
            reason = ailing.reason if ailing else self.growth() or _said(heard)
            step = "see to the volume in the cloud" if ailing else ""
            self.stand(DatasetState.MOUNTED, step, reason, troubled=ailing is not None)
            return
        self.change(path=None)
        reason = (ailing.reason if ailing else None) or self.said_by_agent()
        step = (heard.report.next_step if heard else "") or "the agent mounts it"
        self.stand(DatasetState.MOUNTING, step, reason, MOUNT_PATIENCE)

    def growth(self) -> Reason | None:
        """Why its volume does not grow."""
        volume = self.view.volume
        return volume.reason if volume is not None and volume.too_small else None

    def leave(self) -> None:
        """Have it unmounted, and take it off once nothing there can write to it any more."""
        if self.row.want is not Want.UNMOUNTED:
            self.tell(Want.UNMOUNTED)
        row, heard, fate = self.row, self.current(), self.view.fate
        told_at = row.told_at or self.now
        if row.force or (heard is not None and heard.report.mounted is None):
            self.detach()
            return
        if fate is not None and fate.asked_at >= told_at and fate.end is not End.ALIVE:
            self.detach()
            return
        holder = self.view.holder
        seen_at = (holder.seen_at if holder else None) or 0.0
        other_server = holder is None or holder.server_id != row.attached_server
        if other_server or self.now >= max(seen_at, told_at) + SILENCE:
            self.ask = True
        else:
            self.wake(max(seen_at, told_at) + SILENCE)
        step = f"the agent of {row.attached_node} unmounts it"
        late = self.now >= told_at + UNMOUNT_PATIENCE
        if self.ask or late:
            step = (
                f"stop what uses it on {row.attached_node}, start its agent, or stop that server in"
                " the cloud; if nothing there can write any more, move it with --force"
            )
        self.stand(DatasetState.UNMOUNTING, step, self.kept_by(), UNMOUNT_PATIENCE)

    def kept_by(self) -> Reason | None:
        """Why it is not unmounted yet."""
        fate = self.view.fate
        reason = self.said_by_agent()
        if fate is not None and self.ask and reason is not None:
            text = f"{reason.text}; the cloud says: {fate.text}"
            return Reason(cause=reason.cause, text=text, request_id=fate.request_id)
        return reason

    def detach(self) -> None:
        attachment = self.row.attachment
        assert attachment is not None, "only what is attached can be detached"
        self.drop.append(attachment)
        self.change(detaching=True, path=None)
        text = "the cloud takes the volume off the server"
        self.stand(DatasetState.DETACHING, text, None, ATTACH_PATIENCE)

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
            return _said(heard)
        seen_at = holder.seen_at if holder else None
        if seen_at is None or self.now - seen_at > SILENCE:
            text = f"the agent of {row.attached_node} is silent"
            return Reason(cause=Cause.NO_ANSWER, text=text)
        text = f"the agent of {row.attached_node} has not answered to this order yet"
        return Reason(cause=Cause.NEEDS, text=text)

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


def _said(heard: Heard) -> Reason | None:
    """What an agent complains of."""
    report = heard.report
    if report.error is not None:
        return Reason(cause=Cause.RETRYING, text=report.error)
    if report.busy:
        return Reason(cause=Cause.NEEDS, text=f"in use by {', '.join(report.busy)}")
    return None


def _ails(row: Row | None) -> bool:
    return row is not None and row.state is State.AILING


def _same(one: Reason | None, other: Reason | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.cause, one.text, one.until) == (other.cause, other.text, other.until)


def _patience(row: DatasetRow) -> float:
    return VOLUME_PATIENCE + (COPY_PATIENCE * row.size_gib if row.source else 0.0)


def _volume_of(row: DatasetRow) -> VolumeSpec:
    source = row.source or Source()
    return VolumeSpec(
        name=f"leasehold-{row.name}",
        size_gib=row.size_gib,
        volume_type=row.volume_type,
        availability_zone=row.availability_zone,
        metadata={"leasehold-dataset": row.id, "leasehold-dataset-name": row.name},
        keep=True,
        snapshot_id=row.source_id if source.snapshot else None,
        source_id=row.source_id if source.dataset else None,
        adopt_id=source.volume,
    )
