"""How far a node has come."""

import pytest

from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.lab import progress
from leasehold.lab.model import NodeState
from tests.unit.engine.builders import a_row
from tests.unit.lab.builders import NOW, a_hold, a_type, rows_of

BROKE = Reason(cause=Cause.BUILD_FAILED, text="broke", request_id="req-1")
WAITS = Reason(cause=Cause.NEEDS, text="waits for its port")
FULL = Reason(cause=Cause.QUOTA_FULL, text="full")


def held(rows=None, config=None, **fields: object) -> progress.Progress:
    return progress.held(a_hold(**fields), rows or rows_of(), config or a_type(ready="sentinel"))


@pytest.mark.parametrize(
    ("server", "port", "state"),
    [
        (State.PLANNED, State.PLANNED, NodeState.INTENT),
        (State.PLANNED, State.UP, NodeState.INTENT),
        (State.MAKING, State.UP, NodeState.BUILDING),
        (State.UNSURE, State.UP, NodeState.BUILDING),
        (State.BUILDING, State.UP, NodeState.ADDRESSED),
        (State.UP, State.UP, NodeState.ADDRESSED),
        (State.BUILDING, State.BUILDING, NodeState.BUILDING),
        (State.LEAVING, State.UP, NodeState.INTENT),
        (State.GONE, State.UP, NodeState.INTENT),
    ],
)
def test_the_way_to_an_address(server: State, port: State, state: NodeState) -> None:
    how = held(rows_of(server=server, port=port))
    assert how.state is state
    assert how.reason is not None


def test_a_node_whose_rows_nobody_knows_is_but_an_intent() -> None:
    how = progress.held(a_hold(), {}, a_type())
    assert (how.state, how.address, how.server_id) == (NodeState.INTENT, None, None)
    assert how.reason is not None


def test_a_node_that_answers_is_reachable_and_says_what_it_lacks() -> None:
    assert held(reached_at=NOW).state is NodeState.REACHABLE
    assert held(reached_at=NOW).reason.cause is Cause.NO_SENTINEL
    assert held(reached_at=NOW, reason=FULL).reason is FULL


def test_a_proved_node_is_ready_and_waits_for_nothing() -> None:
    how = held(reached_at=NOW, ready_at=NOW)
    assert (how.state, how.reason) == (NodeState.READY, None)


def test_a_proved_node_waits_for_what_belongs_to_it() -> None:
    volume = a_row(Kind.VOLUME, State.BUILDING)
    rows = rows_of() | {volume.id: volume}
    how = held(rows, ready_at=NOW, objects=(*a_hold().objects, volume.id))
    assert how.state is NodeState.REACHABLE
    assert how.reason == Reason(cause=Cause.NEEDS, text="waits for its volume")


def test_a_broken_node_says_why() -> None:
    how = held(ready_at=NOW, broken=BROKE)
    assert (how.state, how.reason) == (NodeState.BROKEN, BROKE)


def test_any_failed_part_fails_the_attempt() -> None:
    assert held(rows_of(failure=BROKE)).failure is BROKE
    assert held().failure is None


def test_a_server_in_error_is_told_to_who_has_it_and_replaced_where_nobody_has() -> None:
    ailing = rows_of(server=State.AILING, reason=BROKE)
    how = held(ailing, ready_at=NOW)
    assert (how.state, how.reason, how.failure) == (NodeState.READY, BROKE, None)
    assert held(ailing).failure is BROKE


def test_what_holds_the_node_up_is_told_not_what_waits_for_it() -> None:
    rows = rows_of(server=State.PLANNED, port=State.PLANNED, reason=WAITS)
    port = rows["port-1"]
    rows |= {port.id: a_row(Kind.PORT, State.PLANNED, reason=FULL)}
    assert held(rows).reason is FULL
    assert held(rows_of(server=State.PLANNED, reason=WAITS)).reason is WAITS


@pytest.mark.parametrize(
    ("floating_ip", "address", "expected"),
    [
        (None, None, "10.0.0.1"),
        ("public", None, "198.51.0.9"),
        ("public", "floating", "198.51.0.9"),
        ("public", "fixed", "10.0.0.1"),
    ],
)
def test_which_address_counts(floating_ip, address, expected: str) -> None:
    floating = a_row(Kind.FLOATING_IP, State.UP, addresses=("198.51.0.9",))
    config = a_type(floating_ip=floating_ip, address=address)
    rows = [*rows_of().values(), floating]
    assert progress.address_of(rows, config) == expected


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("private", (("2001:db8::7", "51.0.0.7"), ("192.168.0.7",)), "192.168.0.7"),
        ("public", (("10.0.0.7",), ("2001:db8::7", "51.0.0.7")), "51.0.0.7"),
        ("public", (("10.0.0.7",), ()), None),
        ("public", (("172.16.0.7",), ("10.0.0.7",)), "172.16.0.7"),
        ("private", (("127.64.0.7",),), "127.64.0.7"),
    ],
)
def test_of_several_networks_the_address_of_the_wanted_kind_counts(
    wanted: str, found: tuple[tuple[str, ...], ...], expected: str | None
) -> None:
    rows = [a_row(Kind.PORT, State.UP if each else State.PLANNED, addresses=each) for each in found]
    assert progress.address_of(rows, a_type(address=wanted)) == expected


def test_of_several_networks_the_first_counts_whichever_is_known_first() -> None:
    ports = [
        a_row(Kind.PORT, number=1),
        a_row(Kind.PORT, State.UP, number=2, addresses=("10.0.0.2",)),
    ]
    assert progress.address_of(ports, a_type()) is None
    ports[0] = a_row(Kind.PORT, State.UP, addresses=("10.0.0.1",))
    assert progress.address_of(ports, a_type()) == "10.0.0.1"
    ports[0] = a_row(Kind.PORT, State.UP)  # of a network without addresses
    assert progress.address_of(ports, a_type()) == "10.0.0.2"


def test_a_public_address_may_be_floating_and_a_private_one_is_not() -> None:
    rows = [*rows_of().values(), a_row(Kind.FLOATING_IP, State.UP, addresses=("51.0.0.9",))]
    assert progress.address_of(rows, a_type(floating_ip="x", address="public")) == "51.0.0.9"
    assert progress.address_of(rows, a_type(floating_ip="x", address="private")) == "10.0.0.1"


def test_a_floating_address_that_is_to_come_is_waited_for() -> None:
    floating = a_row(Kind.FLOATING_IP, State.PLANNED)
    rows = [*rows_of().values(), floating]
    assert progress.address_of(rows, a_type(floating_ip="public")) is None


# -- given back --------------------------------------------------------------------------------------


def gone(*rows: Row) -> progress.Progress:
    return progress.unheld(rows)


def test_a_node_of_which_nothing_is_left_is_free() -> None:
    assert gone().state is NodeState.FREE
    assert gone(a_row(state=State.GONE)).state is NodeState.FREE


@pytest.mark.parametrize("state", [s for s in State if s is not State.GONE])
def test_a_node_of_which_anything_is_left_is_releasing_and_says_what(state: State) -> None:
    how = gone(a_row(Kind.PORT, State.GONE), a_row(state=state))
    assert how.state is NodeState.RELEASING
    assert how.reason is not None


# -- a cloud in trouble ------------------------------------------------------------------------------


def test_no_news_from_the_cloud_is_told_where_the_cloud_is_waited_for() -> None:
    trouble = Reason(cause=Cause.CLOUD_BUSY, text="timed out")
    building = held(rows_of(server=State.BUILDING))
    assert progress.troubled(building, trouble).reason.text == "no news from the cloud: timed out"
    assert progress.troubled(building, None) is building
    ready = held(ready_at=NOW)
    assert progress.troubled(ready, trouble) is ready
