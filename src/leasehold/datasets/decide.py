"""What to do now about one dataset, and why not more. Pure: no I/O, no clock, no chance."""

from collections.abc import Callable

import msgspec

from leasehold.datasets.book import DatasetRow, Former
from leasehold.datasets.model import DatasetState, Source
from leasehold.datasets.place import ATTACH_PATIENCE, Placing
from leasehold.datasets.view import Decision, View
from leasehold.engine.cloud import Kind, ObjectId, VolumeSpec
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import backoff

VOLUME_PATIENCE = 600.0
"""Seconds that a blank volume may take; one with data in it gets `COPY_PATIENCE` for each GiB more."""

COPY_PATIENCE = 60.0

_FOR_GOOD = frozenset({Cause.QUOTA, Cause.NOT_FOUND, Cause.REFUSED, Cause.CREDENTIALS})
"""What a person has to see to; it is tried again all the same, once in five minutes."""


def decide(view: View, new_id: Callable[[Kind], ObjectId]) -> Decision:
    """Decide for one dataset; called again until nothing changes."""
    pass_ = _Pass(view, new_id)
    pass_.run()
    return pass_.decision()


class _Pass(Placing):
    """One look at one dataset, its volume first."""

    def run(self) -> None:
        self.tidy()
        if self.row.state is DatasetState.GONE:
            return
        if not self.view.configured:
            text = f"its cloud, {self.row.cloud}, is not in the configuration"
            step = f"put [clouds.{self.row.cloud}] back into leasehold.toml"
            reason = Reason(cause=Cause.NEEDS, text=text)
            self.stand(self.row.state, step, reason, troubled=True)
            return
        if self.has_volume():
            self.place()

    def tidy(self) -> None:
        """End holds and former volumes whose time is over."""
        hold = self.row.hold
        if hold is not None and self.is_due(hold.until):
            self.change(hold=None)
        row = self.row
        over = [
            each
            for each in row.former
            if row.usable_at is not None and each.volume != row.restore_former
            if self.is_due(each.until)
        ]
        if over:
            self.drop += [each.volume for each in over]
            self.change(former=tuple(each for each in self.row.former if each not in over))

    # -- the volume ------------------------------------------------------------------------------

    def has_volume(self) -> bool:
        """See to the volume; True if it is there."""
        row, volume = self.row, self.view.volume
        if row.restoring and row.usable_at is None and row.deleted_at is None:
            self.swap()  # what is being made is wanted no more
            return False
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
            self.change(usable_at=self.now, tries=0, wake_at=None, former=self.replaced())
        if row.usable_at is None and volume.state is State.AILING:
            self.failed(volume)
            return False
        if self.row.usable_at is None:
            return self.building(volume)
        asked = volume.spec.size_gib if isinstance(volume.spec, VolumeSpec) else 0
        self.change(
            size_gib=max(row.size_gib, volume.size_gib or 0)
        )  # an adopted one tells its own
        if self.row.size_gib != asked:  # less, where a growth was taken back
            self.grow = self.row.size_gib
        return True

    def replaced(self) -> tuple[Former, ...]:
        """Former volumes, when the one that took their place is there: now their time begins."""
        until = self.now + self.view.grace
        return tuple(
            msgspec.structs.replace(each, until=until) if each.until is None else each
            for each in self.row.former
        )

    def begin(self) -> None:
        """Ask for a volume, unless the last try was a moment ago."""
        row = self.row
        if row.deleted_at is not None:
            if row.former:
                self.deleted()  # one that was to be replaced may hold all that there is
            else:
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
        if row.destroying:
            self.change(attachment=None, attached_node=None, attached_server=None, want=None)
            self.stand(DatasetState.GONE, "")
        elif row.deleted_at is not None:
            self.deleted()  # it may be but a listing that lacks it
        elif row.usable_at is None and volume is not None:
            self.failed(volume)
        elif row.restoring and volume is not None:
            if self.is_off():
                self.swap()
        else:
            text = "the volume vanished from the cloud without our doing"
            reason = (volume.failure if volume else None) or Reason(cause=Cause.LOST, text=text)
            step = "find out who deleted it; restore a snapshot, or delete the dataset"
            self.stand(DatasetState.DETACHED, step, reason, troubled=True)

    def is_off(self) -> bool:
        """Whether a volume that vanished is on no server any more either."""
        attachment = self.view.attachment
        if attachment is not None and attachment.state is not State.GONE:
            step = "the ledger takes note that it is on no server"
            self.stand(DatasetState.DETACHING, step, attachment.reason, ATTACH_PATIENCE)
            return False
        return self.row.attachment is None or self.came_off(attachment)

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
            other = "restore another snapshot or a former volume" if row.former else "delete it"
            step += f"; see to the reason, or {other}"
        self.stand(DatasetState.CREATING, step, reason, troubled=for_good)
        self.change(last_error=reason, last_error_at=self.now)

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
        """Take another volume: one of a snapshot, or one that it had. The old one stays a while."""
        row = self.row
        if row.volume is not None and row.usable_at is None:
            self.drop.append(row.volume)  # it never was of use
        elif row.volume is not None:
            replaced = Former(volume=row.volume, source=row.source)
            self.change(former=(*row.former, replaced))
        if row.restore_former is not None:
            self.go_back(row.restore_former)
        else:
            self.change(
                volume=None,
                usable_at=None,
                source_id=row.restore_id,
                source=Source(snapshot=row.restore),
            )
        self.change(
            written=True, restore=None, restore_id=None, restore_former=None, tries=0, wake_at=None
        )
        if self.row.volume is None:
            self.begin()

    def go_back(self, volume: ObjectId) -> None:
        """Take a former volume. It was of use once, so it is never replaced by itself."""
        (again,) = (each for each in self.row.former if each.volume == volume)
        self.change(
            volume=volume,
            usable_at=self.now,
            source=again.source,
            source_id=None,
            former=tuple(each for each in self.replaced() if each.volume != volume),
        )


def _patience(row: DatasetRow) -> float:
    return VOLUME_PATIENCE + (COPY_PATIENCE * row.size_gib if row.source else 0.0)


def _volume_of(row: DatasetRow) -> VolumeSpec:
    source = row.source or Source()
    return VolumeSpec(
        name=f"leasehold-{row.name}",
        size_gib=row.restore_gib or row.size_gib,
        volume_type=row.volume_type,
        availability_zone=row.availability_zone,
        metadata={"leasehold-dataset": row.id, "leasehold-dataset-name": row.name},
        keep=True,
        snapshot_id=row.source_id if source.snapshot else None,
        source_id=row.source_id if source.dataset else None,
        adopt_id=source.volume,
    )
