"""Sees to it that a volume is where it should be, and nowhere else. Pure.

One rule stands above all: a volume leaves a server only when nothing there can write to it any more.
That is so if its agent was never told to mount it, if the agent of this very server reports, obeying
the newest order, that it is not mounted, if the cloud proves the server gone or stopped after that
order, or if an operator says so.
"""

from abc import ABC, abstractmethod

from leasehold.datasets.book import AgentRow, End
from leasehold.datasets.look import SILENCE, Look, said
from leasehold.datasets.model import DatasetState
from leasehold.datasets.protocol import Want
from leasehold.engine.cloud import AttachmentSpec, Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import backoff

ATTACH_PATIENCE = 300.0
"""Seconds that an attachment may take to come, and to go."""

MOUNT_PATIENCE = 180.0
"""Seconds that an agent may take to mount. A check of a large filesystem takes longer; it is shown as
trouble then, and goes on."""

UNMOUNT_PATIENCE = 120.0

LOST_PAUSE = 30.0
"""Seconds until an attachment that vanished is believed to be gone: a listing may have lied."""

_COMING = frozenset({State.PLANNED, State.MAKING, State.UNSURE, State.BUILDING})
"""An attachment that is not there yet, as far as is known."""


class Placing(Look, ABC):
    """A look at where a volume is."""

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
        leaves = row.deleted_at is not None or row.restoring or row.node is None
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
        stranger, target = self.view.stranger, self.target()
        if stranger is not None and stranger != target:
            self.take_back(volume, stranger)
        elif row.deleted_at is not None:
            self.deleted()
        elif row.restoring:
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

    def take_back(self, volume: Row, node: AgentRow) -> None:
        """A server of ours has it though it should not: a listing lied, or somebody attached it by
        hand. It leaves there as from anywhere: after that agent has said that it is not mounted."""
        assert node.server_id is not None, "it is known by its server"
        self.join(volume, node, node.server_id)
        self.tell(Want.UNMOUNTED)
        text = "a listing shows it on this server, where it should not be"
        self.stand(
            DatasetState.UNMOUNTING,
            f"the agent of {node.name} looks whether it is mounted",
            Reason(cause=Cause.NEEDS, text=text),
            UNMOUNT_PATIENCE,
        )

    def join(self, volume: Row, node: AgentRow, server: str) -> None:
        """Plan an attachment."""
        made = Row(
            id=self.new_id(Kind.ATTACHMENT),
            cloud=self.row.cloud,
            spec=AttachmentSpec(server=server, volume=volume.id, foreign=True),
            subject=self.row.subject,
            created_at=self.now,
            since=self.now,
            patience=ATTACH_PATIENCE,
        )
        self.plan.append(made)
        self.change(
            attachment=made.id, attached_node=node.name, attached_server=server, wake_at=None
        )

    @abstractmethod
    def deleted(self) -> None:
        """It is on no server, and was deleted."""

    @abstractmethod
    def swap(self) -> None:
        """It is on no server, and gets another volume."""

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
            self.join(volume, node, node.server_id)
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
        elif attachment.state in _COMING:
            text = "the ledger takes note of where it is"
            self.stand(DatasetState.UNMOUNTING, text, attachment.reason, ATTACH_PATIENCE)
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
            reason = ailing.reason if ailing else self.growth() or said(heard)
            step = "see to the volume in the cloud" if ailing else ""
            self.stand(DatasetState.MOUNTED, step, reason, troubled=ailing is not None)
            return
        if self.view.heard is None and self.row.state is DatasetState.MOUNTED and ailing is None:
            return  # the service has just begun, and the agent has yet to report again
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


def _ails(row: Row | None) -> bool:
    return row is not None and row.state is State.AILING
