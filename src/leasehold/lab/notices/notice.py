"""What is told of one event, and to whom. Pure."""

from collections.abc import Collection
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from leasehold.lab.book import LeaseRow
from leasehold.lab.config.notices import MailConfig
from leasehold.lab.model import Event, LeaseId, NodeName

OF_LEASES = frozenset({"warning", "expired", "failed"})
OF_NODES = frozenset({"down", "broken"})


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One event for somebody outside. `id` only grows; a notice that comes twice has the same one."""

    id: int
    event: str
    """``lease.warning``, ``lease.expired``, ``lease.failed``, ``node.down``, ``node.broken``."""
    at: datetime
    lease: LeaseId | None = None
    node: NodeName | None = None
    nodes: tuple[NodeName, ...] = ()
    """What the lease holds, where it still holds any."""
    owner: str | None = None
    purpose: str | None = None
    until: datetime | None = None
    """When the lease ends, if nobody extends it."""
    reason: str | None = None


def notice_of(
    event: Event,
    lease: LeaseRow | None,
    nodes: Collection[NodeName],
    until: datetime | None,
    wanted: Collection[str],
) -> Notice | None:
    """The notice of an event; None if it is not among those that are `wanted`."""
    about_lease = event.node is None and event.state in OF_LEASES
    about_node = event.node is not None and event.state in OF_NODES
    if event.state not in wanted or event.object or not (about_lease or about_node):
        return None
    return Notice(
        id=event.id,
        event=f"{'lease' if about_lease else 'node'}.{event.state}",
        at=event.at,
        lease=event.lease,
        node=event.node,
        nodes=tuple(nodes),
        owner=lease.owner if lease else None,
        purpose=lease.purpose if lease else None,
        until=until,
        reason=event.reason.text if event.reason else None,
    )


def address_of(owner: str | None, mail: MailConfig) -> str | None:
    """Where an owner reads mail; None if nobody knows."""
    if not owner:
        return None
    if owner in mail.owners:
        return mail.owners[owner]
    name, at, host = owner.partition("@")
    if at and "." in host and not any(each.isspace() for each in owner):
        return owner
    usable = name and all(each.isalnum() or each in "._+-" for each in name)
    return f"{name}@{mail.domain}" if mail.domain and usable else None


def message_of(notice: Notice, mail: MailConfig) -> EmailMessage | None:
    """The e-mail of a notice; None if there is nobody to write to."""
    address = address_of(notice.owner, mail)
    if address is None:
        return None
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = address
    message["Subject"] = " ".join(_subject(notice).split())
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = (
        f"<leasehold-{notice.id}-{notice.event}@{mail.sender.rpartition('@')[2]}>"
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(notice))
    return message


def _subject(notice: Notice) -> str:
    about = notice.node or f"lease {notice.lease}"
    return {
        "lease.warning": f"{about} ends {_moment(notice.until)}",
        "lease.expired": f"{about} has ended: its time was up",
        "lease.failed": f"{about} has failed",
        "node.down": f"node {about} is down",
        "node.broken": f"node {about} has lost its server",
    }[notice.event]


def _body(notice: Notice) -> str:
    lines = [f"{_subject(notice)}.", ""]
    if notice.reason:
        lines.append(f"Why:      {notice.reason}")
    lines.append(f"Lease:    {notice.lease}")
    if notice.purpose:
        lines.append(f"For:      {notice.purpose}")
    if notice.nodes:
        lines.append(f"Nodes:    {', '.join(notice.nodes)}")
    if notice.event == "lease.warning":
        lines += ["", f"To keep it:       leasehold extend {notice.lease} 4h"]
        lines.append(f"To give it back:  leasehold unlock {notice.lease}")
    elif notice.lease:
        lines += ["", f"What happened:    leasehold events --lease {notice.lease}"]
    return "\n".join(lines) + "\n"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "soon"
