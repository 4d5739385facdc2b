from datetime import UTC, datetime

import pytest

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.book import LeaseRow
from leasehold.lab.config import MailConfig
from leasehold.lab.model import Event, LeaseId, LeaseState, NodeName
from leasehold.lab.notices.notice import Notice, address_of, message_of, notice_of

AT = datetime(2031, 1, 1, tzinfo=UTC)
MAIL = MailConfig(host="mail.example", sender="lab@example.org", domain="example.org")
ALL = ("warning", "expired", "failed", "down", "broken")


def an_event(state: str, *, node: str | None = None, about: str | None = None) -> Event:
    reason = Reason(cause=Cause.EXPIRED, text="because")
    return Event(
        id=7,
        at=AT,
        node=NodeName(node) if node else None,
        lease=LeaseId("lease-1"),
        object=about,
        state=state,
        reason=reason,
    )


def a_lease(owner: str = "ann@host") -> LeaseRow:
    return LeaseRow(
        id=LeaseId("lease-1"),
        epoch=1,
        machine_type="demo",
        count=2,
        owner=owner,
        purpose="rbd suite",
        key=None,
        public_keys=(),
        seconds=3600,
        state=LeaseState.READY,
        created_at=0.0,
    )


def noticed(event: Event, wanted: tuple[str, ...] = ALL) -> Notice | None:
    nodes = (NodeName("demo001"), NodeName("demo002"))
    return notice_of(event, a_lease(), nodes, AT, wanted)


@pytest.mark.parametrize("state", ["warning", "expired", "failed"])
def test_what_happens_to_a_lease_is_a_notice(state: str) -> None:
    notice = noticed(an_event(state))
    assert notice is not None
    assert (notice.event, notice.owner, notice.id) == (f"lease.{state}", "ann@host", 7)


@pytest.mark.parametrize("state", ["down", "broken"])
def test_what_happens_to_a_node_is_a_notice(state: str) -> None:
    notice = noticed(an_event(state, node="demo001"))
    assert notice is not None
    assert (notice.event, notice.node) == (f"node.{state}", "demo001")


@pytest.mark.parametrize(
    "event",
    [
        an_event("ready"),
        an_event("failed", node="demo001", about="server-1"),
        an_event("failed", about="volume-1"),
        an_event("warning", node="demo001"),
        an_event("down"),
    ],
)
def test_other_events_are_none(event: Event) -> None:
    assert noticed(event) is None


def test_what_is_not_wanted_is_not_told() -> None:
    assert noticed(an_event("warning"), ("expired",)) is None


@pytest.mark.parametrize(
    ("owner", "address"),
    [
        ("ann@lab.example", "ann@lab.example"),
        ("ann@host", "ann@example.org"),
        ("ann", "ann@example.org"),
        ("olga", "o@elsewhere.org"),
        ("ann smith", None),
        ("a\nBcc: x@y.z", None),
        ("", None),
        (None, None),
    ],
)
def test_an_owner_is_written_to_where_they_read(owner: str | None, address: str | None) -> None:
    mail = MailConfig(
        host="m", sender="lab@example.org", domain="example.org", owners={"olga": "o@elsewhere.org"}
    )
    assert address_of(owner, mail) == address


def test_without_a_domain_only_addresses_get_mail() -> None:
    mail = MailConfig(host="m", sender="lab@example.org")
    assert address_of("ann@host", mail) is None
    assert address_of("ann@example.org", mail) == "ann@example.org"


def test_a_warning_says_when_it_ends_and_how_to_keep_it() -> None:
    notice = noticed(an_event("warning"))
    assert notice is not None
    message = message_of(notice, MAIL)
    assert message is not None
    text = message.get_content()
    assert message["To"] == "ann@example.org"
    assert message["Subject"] == "lease lease-1 ends 2031-01-01 00:00 UTC"
    assert "leasehold extend lease-1 4h" in text
    assert "demo001, demo002" in text
    assert "rbd suite" in text


def test_a_notice_that_comes_twice_has_one_message_id() -> None:
    notice = noticed(an_event("expired"))
    assert notice is not None
    one, two = message_of(notice, MAIL), message_of(notice, MAIL)
    assert one is not None
    assert two is not None
    assert one["Message-ID"] == two["Message-ID"]
