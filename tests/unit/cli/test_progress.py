import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from leasehold.cli.progress import _Display, _Lines, waiting, way
from leasehold.engine.reason import Cause, Reason
from leasehold.lab.model import Lease, LeaseId, LeaseState, Node, NodeName, NodeState

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def a_lease(*states: NodeState, **values: object) -> Lease:
    nodes = tuple(
        Node(
            name=NodeName(f"demo{number}"), machine_type="demo", cloud="c", state=state,
            reason=Reason(cause=Cause.BOOTING, text="the cloud boots it"),
        )
        for number, state in enumerate(states)
    )  # fmt: skip
    fields = {
        "id": LeaseId("lease-1"), "machine_type": "demo", "count": 2, "owner": "ann",
        "purpose": "", "state": LeaseState.PREPARING, "epoch": 1, "created_at": NOW,
        "seconds": 60, "nodes": nodes,
    }  # fmt: skip
    return Lease(**{**fields, **values})


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_each_change_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Seconds()
    lines = _Lines(clock)
    lines.show(a_lease(NodeState.INTENT))
    lines.show(a_lease(NodeState.INTENT))
    clock.now = 2.5
    lines.show(a_lease(NodeState.BUILDING))
    assert capsys.readouterr().err.splitlines() == [
        "   0.0s  demo0  intent: the cloud boots it",
        "   2.5s  demo0  building: the cloud boots it",
    ]


def test_on_a_terminal_each_node_has_its_way_its_time_and_its_reason() -> None:
    clock = Seconds()
    display = _Display(clock)
    display.show(a_lease(NodeState.BUILDING, NodeState.BUILDING))
    clock.now = 3.0
    display.show(a_lease(NodeState.READY, NodeState.BUILDING))
    clock.now = 9.0
    ready, building = drawn(display)[-2:]
    assert "ready" in ready
    assert "3s" in ready
    assert "building" in building
    assert "9s" in building
    assert "the cloud boots it" in building


def test_of_many_nodes_those_still_on_their_way_are_shown() -> None:
    display = _Display(Seconds())
    display.show(
        a_lease(*[NodeState.READY] * 98, NodeState.BUILDING, NodeState.BUILDING, count=100)
    )
    lines = drawn(display)
    assert "98 of 100 demo ready" in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ["demo98", "demo99"]
    assert lines[-1].strip() == "and 80 more"


def drawn(display: _Display) -> list[str]:
    """The display as lines of text."""
    console = Console(width=120, file=io.StringIO())
    console.print(display)
    return console.file.getvalue().splitlines()


def test_who_waits_sees_place_and_reason() -> None:
    reason = Reason(cause=Cause.NODES_BUSY, text="all 4 nodes are held")
    lease = a_lease(state=LeaseState.WAITING, position=2, reason=reason)
    assert waiting(lease) == "place 2 in the queue: all 4 nodes are held"


@pytest.mark.parametrize("state", list(NodeState))
def test_every_state_can_be_drawn(state: NodeState) -> None:
    assert state.value in way(state).plain
