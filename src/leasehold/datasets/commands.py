"""What people and programs ask of datasets. Everything is checked before anything is written."""

import uuid
from collections.abc import Callable, Collection
from itertools import count

import msgspec

from leasehold.datasets.book import DatasetRow, HoldRow, SnapshotRow
from leasehold.datasets.control import Control, Draft
from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetExists,
    DatasetHeld,
    DatasetRefused,
)
from leasehold.datasets.model import (
    Dataset,
    DatasetSnapshot,
    DatasetState,
    DatasetWish,
    SnapshotId,
)
from leasehold.datasets.planned import may_be_of, planned
from leasehold.datasets.views import shown, snapshot_shown
from leasehold.datasets.wish import LARGEST, LONGEST_NAME, check, check_metadata, check_name
from leasehold.engine.cloud import CloudId, Kind, ObjectId, SnapshotSpec
from leasehold.engine.row import Row, State

LONGEST_HOLD = 10 * 365 * 86400
"""Seconds. What is to last longer is held without an end."""


class Commands:
    """The verbs. Each returns the dataset as it is afterwards; what is to happen happens beside."""

    def __init__(
        self, control: Control, new_uuid: Callable[[], str] = lambda: str(uuid.uuid4())
    ) -> None:
        self.control = control
        self._new_uuid = new_uuid

    def create(self, wish: DatasetWish) -> Dataset:
        """Make a dataset, or return the one that the same wish with the same id made before.

        Raises `BadDatasetWish`, `DatasetExists`, `DatasetRefused`, and `UnknownName` leaves.
        """
        control, shelf = self.control, self.control.shelf
        check(wish)
        with control.lock:
            known = shelf.datasets.get(wish.id) if wish.id else None
            if known is not None:
                if known.deleted_at is None and may_be_of(shelf, known, wish):
                    return shown(control, known)
                raise DatasetExists(f"the id {wish.id}", known.name)
            if shelf.named(wish.name) is not None:
                raise DatasetExists(f"the name {wish.name!r}", wish.name)
            row = planned(control, wish, self._new_uuid)
            self._put(row)
            return self.show(row.id)

    def move(self, key: str, node: str | None, *, force: bool = False) -> Dataset:
        """Have it on another node, or on none. With `force` it is taken from where it is at once.

        `force` is for an operator who knows that nothing there can write to it any more: the volume
        is taken away without a word from the agent. Raises `DatasetHeld`, `DatasetRefused`.
        """
        control = self.control
        with control.lock:
            row = self._living(key)
            target = control.shelf.node(node) if node else None
            if target is not None and target.cloud != row.cloud:
                allowed = f"a node in {row.cloud}, where its volume is"
                raise BadDatasetWish("node", target.name, allowed)
            name = target.name if target else None
            if name != row.node or force:
                self._check_hold(row)
            changes: dict[str, object] = {"node": name, "wake_at": None, "tries": 0}
            attached = row.attachment is not None and not row.detaching
            if force and attached and row.want is not None:
                heard = control.shelf.heard_of(row)
                above = max(row.epoch, heard.report.epoch if heard else 0)
                changes |= {"epoch": above + 1}
                changes |= {"force": name != row.attached_node}
            self._put(msgspec.structs.replace(row, **changes))
            return self.show(row.id)

    def grow(self, key: str, size_gib: int) -> Dataset:
        """Make it larger, or take back a growth that has not happened.

        Raises `BadDatasetWish` for less GiB than its volume has.
        """
        with self.control.lock:
            row = self._living(key)
            if size_gib == row.size_gib:
                return shown(self.control, row)
            least = self.control.shelf.actual_gib(row)
            if not least <= size_gib <= LARGEST:
                allowed = f"{least} to {LARGEST} GiB; volumes never shrink"
                raise BadDatasetWish("size_gib", size_gib, allowed)
            self._put(msgspec.structs.replace(row, size_gib=size_gib))
            return self.show(row.id)

    def set_metadata(self, key: str, metadata: dict[str, str]) -> Dataset:
        """Replace what people wrote on it."""
        with self.control.lock:
            row = self._living(key)
            check_metadata(metadata)
            self._put(msgspec.structs.replace(row, metadata=metadata))
            return self.show(row.id)

    def delete(self, key: str, *, with_snapshots: bool = False) -> Dataset:
        """Delete it; until the grace time is over, `undelete` brings it back. Twice does no harm."""
        control = self.control
        with control.lock:
            row = control.shelf.dataset(key)
            if row.deleted_at is not None:
                return shown(control, row)
            self._check_hold(row)
            snapshots = [each for each in control.shelf.snapshots_of(row.id) if not each.deleted]
            if snapshots and not with_snapshots:
                raise DatasetRefused(
                    f"dataset {row.name} has {len(snapshots)} snapshots, which would go with it;"
                    " delete them first, or say --with-snapshots"
                )
            now = control.clock.now()
            self._put(msgspec.structs.replace(row, deleted_at=now, destroy_at=now + control.grace))
            return self.show(row.id)

    def undelete(self, key: str) -> Dataset:
        """Bring a deleted dataset back, to the node where it was."""
        control = self.control
        with control.lock:
            row = control.shelf.dataset(key)
            if row.deleted_at is None:
                return shown(control, row)
            if row.destroying or row.state is DatasetState.GONE:
                raise DatasetRefused(
                    f"dataset {row.name}: its grace time is over, and its volume is destroyed; or it"
                    " never had one, and can be made anew"
                )
            taken = control.shelf.named(row.name)
            if taken is not None:
                step = f"there is no other for {row.id}, so delete that one first"
                raise DatasetExists(f"the name {row.name!r}", taken.id, step)
            self._put(msgspec.structs.replace(row, deleted_at=None, destroy_at=None, wake_at=None))
            return self.show(row.id)

    def hold(self, key: str, hold: HoldRow, *, force: bool = False) -> Dataset:
        """Keep it where it is; the same owner may renew it. Raises `DatasetHeld`, `DatasetRefused`,
        and `BadDatasetWish` for one of more than `LONGEST_HOLD`."""
        control = self.control
        with control.lock:
            row = self._living(key)
            control.shelf.node(hold.node)
            seconds = 0.0 if hold.until is None else hold.until - control.clock.now()
            if seconds > LONGEST_HOLD:
                allowed = f"at most {LONGEST_HOLD}, or none: until it is released"
                raise BadDatasetWish("seconds", seconds, allowed)
            if row.hold is not None and row.hold.owner != hold.owner and not force:
                raise _held(row, row.hold)
            if row.node != hold.node:
                where = f"on {row.node}" if row.node else "on no node"
                raise DatasetRefused(
                    f"dataset {row.name} belongs {where}, not on {hold.node}; move it there first"
                )
            self._put(msgspec.structs.replace(row, hold=hold))
            return self.show(row.id)

    def release(self, key: str, owner: str, *, force: bool = False) -> Dataset:
        """End a hold. Raises `DatasetHeld` if it is somebody else's."""
        with self.control.lock:
            row = self.control.shelf.dataset(key)
            if row.hold is not None and row.hold.owner != owner and not force:
                raise _held(row, row.hold)
            self._put(msgspec.structs.replace(row, hold=None))
            return self.show(row.id)

    # -- snapshots -------------------------------------------------------------------------------

    def snapshot(self, key: str, name: str | None = None) -> DatasetSnapshot:
        """Keep what it holds now. Of one that is in use it is as after a power cut, which journals
        of filesystems and databases are made for."""
        control = self.control
        with control.lock:
            row = self._living(key)
            volume = control.shelf.row(row.volume)
            if row.usable_at is None or volume is None or volume.state is State.GONE:
                raise DatasetRefused(f"dataset {row.name} has no volume yet; wait until it has")
            now = control.clock.now()
            taken = {each.name for each in control.shelf.snapshots_of(row.id)}
            name = name or _numbered(row.name, taken)
            check_name("name", name)
            if name in taken:
                raise DatasetExists(f"the snapshot name {name!r}", row.name)
            made = Row(
                id=control.make_id(Kind.SNAPSHOT),
                cloud=row.cloud,
                spec=SnapshotSpec(
                    name=name, volume=volume.id, metadata={"leasehold-dataset": row.id}
                ),
                subject=row.subject,
                created_at=now,
                since=now,
                patience=3600.0,
            )
            snapshot = SnapshotRow(
                id=SnapshotId(self._new_uuid()),
                name=name,
                dataset=row.id,
                object=made.id,
                size_gib=volume.size_gib or row.size_gib,
                filesystem=row.filesystem,
                created_at=now,
            )
            control.commit(Draft(snapshots=[snapshot], plan=[made]))
            return snapshot_shown(control, snapshot)

    def delete_snapshot(self, key: str, snapshot: str) -> DatasetSnapshot:
        """Delete one snapshot of a dataset."""
        control = self.control
        with control.lock:
            row = control.shelf.dataset(key)
            found = control.shelf.snapshot(snapshot, row.id)
            for each in control.shelf.datasets.values():
                if _needs(each, found.id):
                    raise DatasetRefused(
                        f"dataset {each.name} is being made from snapshot {found.name}; wait until it"
                        " is, restore another one, or delete that dataset"
                    )
            gone = msgspec.structs.replace(found, deleted=True)
            control.commit(Draft(snapshots=[gone], drop=[found.object]))
            control.stir((row.id,))
            return snapshot_shown(control, gone)

    def restore(self, key: str, snapshot: str) -> Dataset:
        """Give it back what a snapshot holds. What it holds now is kept for the grace time.

        Asked for again, or for another snapshot, while one is restored, it is begun anew.
        """
        control = self.control
        with control.lock:
            row = self._living(key)
            self._check_hold(row)
            found = control.shelf.snapshot(snapshot, row.id)
            cloud_id = control.shelf.cloud_id_of(found)
            volume = control.shelf.row(row.volume)
            size = max(found.size_gib, (volume.size_gib if volume else None) or 0)
            changes = {"restore": found.id, "restore_id": cloud_id, "restore_gib": size}
            self._put(msgspec.structs.replace(row, **changes, restore_former=None))
            return self.show(row.id)

    def restore_former(self, key: str, volume: str) -> Dataset:
        """Give it back a volume that it had before a restore, by the cloud's id; the one that it has
        is kept for the grace time. With the id of that one, a restore that has not begun is called
        off. Raises `DatasetHeld`, `DatasetRefused`.
        """
        control, shelf = self.control, self.control.shelf
        with control.lock:
            row = self._living(key)
            self._check_hold(row)
            had = {
                each.cloud_id: each for former in row.former if (each := shelf.row(former.volume))
            }
            has = shelf.row(row.volume)
            again: ObjectId | None = None
            if has is None or row.usable_at is None or has.cloud_id != volume:
                found = had.get(CloudId(volume))
                if found is None or found.state is State.GONE:
                    allowed = ", ".join(str(each) for each in had) or "it has none"
                    raise DatasetRefused(
                        f"volume {volume} is no former volume of dataset {row.name}; found {allowed}"
                    )
                again = found.id
            changes = {"restore": None, "restore_id": None, "restore_former": again}
            self._put(msgspec.structs.replace(row, **changes))
            return self.show(row.id)

    # -- inside ----------------------------------------------------------------------------------

    def show(self, key: str) -> Dataset:
        """One dataset, by name or id. Raises `UnknownDataset`."""
        with self.control.lock:
            return shown(self.control, self.control.shelf.dataset(key))

    def _put(self, row: DatasetRow) -> None:
        """Make a change durable, then do at once what follows from it."""
        control = self.control
        control.commit(Draft(datasets=[row]))
        control.stir((row.id,))
        control.turn()

    def _living(self, key: str) -> DatasetRow:
        row = self.control.shelf.dataset(key)
        if row.deleted_at is not None:
            raise DatasetRefused(
                f"dataset {row.name} is deleted; `leasehold dataset restore {row.name}` brings it back"
            )
        return row

    def _check_hold(self, row: DatasetRow) -> None:
        hold = row.hold
        if hold is not None and hold.is_on(self.control.clock.now()):
            raise _held(row, hold)


def _numbered(name: str, taken: Collection[str]) -> str:
    """A free name for a snapshot of the dataset of that name: the next number, or a later one."""
    ends = (f"-{number}" for number in count(len(taken) + 1))
    names = (f"{name[: LONGEST_NAME - len(end)]}{end}" for end in ends)
    return next(each for each in names if each not in taken)


def _needs(row: DatasetRow, snapshot: SnapshotId) -> bool:
    """Whether a dataset is being made from a snapshot, or is to be."""
    if row.state is DatasetState.GONE:
        return False
    being_made = row.usable_at is None and row.deleted_at is None
    source = row.source.snapshot if row.source and being_made else None
    return snapshot in (row.restore, source)


def _held(row: DatasetRow, hold: HoldRow) -> DatasetHeld:
    return DatasetHeld(row.name, hold.node, hold.owner, hold.purpose)
