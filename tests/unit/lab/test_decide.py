"""What the lab does with leases and nodes, as far as it can be told without a database."""

import msgspec
import pytest

from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State
from leasehold.lab.book import Hold
from leasehold.lab.decide import Scene, decide
from leasehold.lab.effects import Break, Built, End, Failed, Mend, Ready, Retry, Usable
from leasehold.lab.model import LeaseState
from leasehold.lab.queue import OFFERS_RETRY, Queue
from tests.unit.engine.builders import a_row
from tests.unit.lab.builders import NOW, a_hold, a_lease, a_type, rows_of

NAMES = ("demo001", "demo002", "demo003", "demo004")
FAILED = Reason(cause=Cause.NO_HOST, text="No valid host", request_id="req-1")
FINAL = Reason(cause=Cause.NOT_FOUND, text="no such image", request_id="req-2")


def a_scene(*queues: Queue, **fields: object) -> Scene:
    values: dict[str, object] = {
        "now": NOW,
        "queues": queues,
        "leases": (),
        "held": {},
        "rows": {},
        "machine_types": {"demo": a_type()},
        "mute": {},
    }
    return Scene(**(values | fields))


def holding(*holds: Hold, rows=None, config=None, now: float = NOW, mute=(), **fields: object):
    """The effects for a lease with these holds."""
    lease = a_lease(**({"state": LeaseState.PREPARING, "count": len(holds)} | fields))
    if rows is None:
        rows = {}
        for number in range(1, len(holds) + 1):
            rows |= rows_of(number)
    decision = decide(
        a_scene(
            now=now,
            leases=[lease],
            held={lease.id: holds},
            rows=rows,
            machine_types={"demo": config or a_type()},
            mute=dict.fromkeys(mute, FINAL),
        )
    )
    return decision.effects, decision.wakes["lease", lease.id]


# -- on the way --------------------------------------------------------------------------------------


def test_a_node_is_told_built_when_the_cloud_has_the_order() -> None:
    effects, wake_at = holding(a_hold(), rows=rows_of(server=State.BUILDING))
    assert effects == (Built(node="demo001"),)
    assert wake_at == NOW + 86400


def test_a_node_that_the_cloud_calls_active_is_usable_where_that_is_proof_enough() -> None:
    hold = a_hold(built_at=NOW)
    assert holding(hold)[0] == (Usable(node="demo001"),)
    assert holding(hold, config=a_type(ready="sentinel"))[0] == ()
    assert holding(hold, rows=rows_of(server=State.BUILDING))[0] == ()


def test_a_lease_is_ready_with_its_last_node() -> None:
    one, two = a_hold(1, ready_at=NOW), a_hold(2, built_at=NOW)
    config = a_type(ready="ssh")
    assert holding(one, two, config=config)[0] == ()
    assert holding(one, a_hold(2, ready_at=NOW), config=config)[0] == (Ready(lease="lease-1"),)


def test_a_failure_that_another_server_may_not_share_is_tried_again() -> None:
    effects, _ = holding(a_hold(), rows=rows_of(server=State.GONE, failure=FAILED))
    told = Failed(node="demo001", reason=FAILED)
    assert effects == (told, Retry(node="demo001", reason=FAILED))


def test_the_last_attempt_fails_the_lease_with_the_clouds_words() -> None:
    (told, end), _ = holding(a_hold(attempt=2), rows=rows_of(server=State.GONE, failure=FAILED))
    assert told == Failed(node="demo001", reason=FAILED)
    assert (end.state, end.reason) == (LeaseState.FAILED, FAILED)


def test_a_failure_for_good_fails_the_whole_lease_at_once() -> None:
    rows = rows_of(1) | rows_of(2, server=State.GONE, failure=FINAL)
    effects, _ = holding(a_hold(1), a_hold(2), rows=rows)
    assert effects[-1] == End(lease="lease-1", state=LeaseState.FAILED, reason=FINAL)


def test_a_retry_waits_until_the_cloud_told_what_it_offers() -> None:
    rows = rows_of(server=State.GONE, failure=FAILED)
    assert holding(a_hold(), rows=rows, mute=("c",)) == ((), NOW + OFFERS_RETRY)


@pytest.mark.parametrize(
    ("hold", "patience", "words"),
    [
        (a_hold(), 86400, "its order was not taken by the cloud"),
        (a_hold(built_at=NOW), 1200, "it did not prove that it is ready"),
    ],
)
def test_a_node_that_takes_too_long_is_tried_again_and_then_given_up(hold, patience, words) -> None:
    config = a_type(ready="ssh")
    effects, wake_at = holding(hold, config=config, now=NOW + patience - 1)
    assert not any(isinstance(each, Retry) for each in effects)
    assert wake_at == NOW + patience
    (*told, retry), _ = holding(hold, config=config, now=NOW + patience)
    assert len(told) == (hold.built_at is not None), "what was never ordered is no boot"
    assert (retry.reason.cause, words in retry.reason.text) == (Cause.DEADLINE, True)
    last = a_type(ready="ssh", attempts=1)
    (*_, end), _ = holding(hold, config=last, now=NOW + patience)
    assert end.state is LeaseState.FAILED


def test_a_deadline_is_told_with_what_was_in_the_way_last() -> None:
    hold = a_hold(built_at=NOW, reason=Reason(cause=Cause.NO_ANSWER, text="connection refused"))
    (_, retry), _ = holding(hold, config=a_type(ready="ssh"), now=NOW + 1200)
    assert "; last: connection refused" in retry.reason.text


def test_names_that_are_not_set_are_no_boot_that_failed() -> None:
    hold = a_hold(built_at=NOW, ready_at=NOW)
    rows = rows_of() | {"record-1": a_row(Kind.RECORD, State.PLANNED, subject="demo001")}
    hold = msgspec.structs.replace(hold, objects=(*hold.objects, "record-1"))
    effects, _ = holding(hold, rows=rows, config=a_type(ready="ssh"), now=NOW + 86400)
    assert not any(isinstance(each, Failed) for each in effects)


# -- in use ------------------------------------------------------------------------------------------


def in_use(*holds: Hold, **fields: object):
    times = {"ready_at": NOW, "until": NOW + 3600}
    return holding(*holds, **({"state": LeaseState.READY} | times | fields))


def test_a_lease_in_use_is_left_alone_until_its_time_is_up() -> None:
    assert in_use(a_hold(ready_at=NOW)) == ((), NOW + 1800)
    (end,), _ = in_use(a_hold(ready_at=NOW), now=NOW + 3600)
    assert (end.state, end.reason.cause) == (LeaseState.EXPIRED, Cause.EXPIRED)


@pytest.mark.parametrize(
    ("seconds", "warn_at"), [(7200, NOW + 7200 - 1800), (3600, NOW + 1800), (600, NOW + 300)]
)
def test_an_owner_is_warned_once_before_each_end(seconds: int, warn_at: float) -> None:
    lease = {"seconds": seconds, "until": NOW + seconds}
    hold = a_hold(ready_at=NOW)
    assert in_use(hold, now=warn_at - 1, **lease) == ((), warn_at)
    (warn,), wake_at = in_use(hold, now=warn_at, **lease)
    assert (warn.lease, warn.reason.cause, wake_at) == ("lease-1", Cause.ENDS_SOON, NOW + seconds)
    warned = lease | {"warned_until": NOW + seconds}
    assert in_use(hold, now=warn_at, **warned) == ((), NOW + seconds)
    extended = warned | {"until": NOW + seconds + 9000, "seconds": seconds + 9000}
    assert in_use(hold, now=warn_at, **extended) == ((), NOW + seconds + 9000 - 1800)


def test_a_node_in_use_that_loses_its_server_is_broken_and_the_lease_goes_on() -> None:
    lost = rows_of(server=State.GONE, failure=FAILED)
    assert in_use(a_hold(ready_at=NOW), rows=lost)[0] == (Break(node="demo001", reason=FAILED),)
    assert in_use(a_hold(ready_at=NOW, broken=FAILED), rows=lost)[0] == ()


def test_a_broken_node_is_mended_once_all_that_was_given_to_it_is_there() -> None:
    hold = a_hold(ready_at=NOW, broken=FAILED)
    assert in_use(hold, rows=rows_of())[0] == (Mend(node="demo001"),)
    assert in_use(hold, rows=rows_of(port=State.GONE))[0] == ()
    assert in_use(hold, rows={})[0] == ()


def test_a_lease_in_use_outlives_its_machine_type() -> None:
    scene = a_scene(
        leases=[a_lease(state=LeaseState.READY, until=NOW + 60, warned_until=NOW + 60)],
        held={"lease-1": [a_hold(ready_at=NOW)]},
        machine_types={},
    )
    assert decide(scene).effects == ()
    assert decide(scene).wakes == {("lease", "lease-1"): NOW + 60}


def test_a_lease_on_its_way_does_not_outlive_its_machine_type() -> None:
    lease = a_lease(state=LeaseState.PREPARING)
    scene = a_scene(leases=[lease], held={lease.id: [a_hold()]}, machine_types={})
    (end,) = decide(scene).effects
    assert (end.state, end.reason.cause) == (LeaseState.FAILED, Cause.NOT_FOUND)
