from datetime import UTC, datetime

import pytest

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.model import Event, Lease, LeaseId, LeaseState, MachineType, Node, NodeName
from leasehold.service.board import Board, Snapshot
from leasehold.service.rows import Rows

NASTY = '<script>alert("x")</script>\r\n\'"&'
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_node(**values: object) -> Node:
    fields = {"name": NodeName("demo001"), "machine_type": "demo", "cloud": "c", "since": NOW}
    return Node(**{**fields, **values})


def a_lease(**values: object) -> Lease:
    fields = {
        "id": LeaseId("lease-1"), "machine_type": "demo", "count": 2, "owner": "ann",
        "purpose": "", "state": LeaseState.PREPARING, "epoch": 1, "created_at": NOW, "seconds": 60,
    }  # fmt: skip
    return Lease(**{**fields, **values})


def nasty_reason() -> Reason:
    return Reason(cause=Cause.REFUSED, text=NASTY, request_id=NASTY)


@pytest.mark.parametrize(
    "html",
    [
        Rows().node(a_node(name=NASTY, owner=NASTY, address=NASTY, reason=nasty_reason())),
        Rows().lease(a_lease(owner=NASTY, purpose=NASTY, reason=nasty_reason())),
        Rows().event(
            Event(
                id=1, at=NOW, node=NASTY, lease=None, object=None, state=NASTY,
                reason=nasty_reason(),
            )
        ),
        Rows().summary(
            [
                MachineType(
                    name=NASTY, cloud=NASTY, nodes=1, free=1, image=NASTY, flavor=NASTY,
                    seconds=1, max_seconds=1,
                )
            ]
        ),
        Rows().page("lab.html", signed_in=NASTY, snapshot=Snapshot(
            at=1, nodes={"n": a_node(owner=NASTY)}, leases={"l": a_lease(purpose=NASTY)},
            machine_types=(), events=(),
        )),
    ],
    ids=["node", "lease", "event", "summary", "page"],
)  # fmt: skip
def test_what_others_wrote_is_escaped(html: str) -> None:
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_a_node_says_why_it_waits_and_where_it_is() -> None:
    html = Rows().node(a_node(address="10.0.0.1", ssh_port=2222, reason=nasty_reason()))
    assert "10.0.0.1:2222" in html
    assert 'datetime="2026-01-02T03:04:05+00:00"' in html


def test_a_queued_lease_shows_its_place() -> None:
    html = Rows().lease(a_lease(state=LeaseState.WAITING, position=3))
    assert "place 3 in the queue" in html


def test_a_thousand_nodes_are_one_page() -> None:
    nodes = {name: a_node(name=name) for name in (f"demo{n:04}" for n in range(1000))}
    snapshot = Snapshot(at=1, nodes=nodes, leases={}, machine_types=(), events=())
    html = Rows().page("lab.html", snapshot=snapshot, signed_in=None)
    assert html.count('id="node:demo') == 1000


def a_snapshot(at: int, **values: object) -> Snapshot:
    fields = {"nodes": {}, "leases": {}, "machine_types": (), "events": ()}
    return Snapshot(at=at, **{**fields, **values})


def test_changes_hold_only_what_changed() -> None:
    board = Board(None, None, Rows())  # type: ignore[arg-type]  # neither is asked here
    same, other = a_node(name="same"), a_node(name="other")
    before = a_snapshot(1, nodes={"same": same, "other": other}, leases={"lease-1": a_lease()})
    after = a_snapshot(2, nodes={"same": same, "other": a_node(name="other", owner="ann")})
    changes = board._changes(before, after)
    assert list(changes.nodes) == ["node:other"]
    assert changes.gone == ("lease:lease-1",)
    assert not changes.whole
