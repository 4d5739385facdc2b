"""How far a machine has come."""

import pytest

from leasehold.buildbot.standing import Stage, Standing, standing_of
from leasehold.engine.cloud import Kind
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import State
from tests.unit.engine.builders import a_row

FULL = Reason(cause=Cause.QUOTA_FULL, text="full")
NEEDS = Reason(cause=Cause.NEEDS, text="waits for its port")
BROKE = Reason(cause=Cause.NO_HOST, text="No valid host")


def test_a_server_that_is_not_ordered_yet_waits_for_what_its_port_waits_for() -> None:
    rows = [a_row(reason=NEEDS), a_row(Kind.PORT, reason=FULL)]
    assert standing_of(rows) == Standing(stage=Stage.WAITING, reason=FULL)


def test_a_machine_is_up_when_all_of_it_is() -> None:
    port = a_row(Kind.PORT, State.UP, addresses=("10.0.0.5",))
    building = standing_of([port, a_row(state=State.BUILDING)])
    assert (building.stage, building.server_id) == (Stage.BUILDING, "cloud-server-1")
    up = standing_of([port, a_row(state=State.UP, addresses=("10.0.0.5",))])
    assert (up.stage, up.addresses) == (Stage.UP, ("10.0.0.5",))
    address = a_row(Kind.FLOATING_IP, State.BUILDING)
    assert standing_of([port, a_row(state=State.UP), address]).stage is Stage.BUILDING


@pytest.mark.parametrize("state", [State.LEAVING, State.DELETING, State.GONE])
def test_a_failure_of_any_part_fails_the_machine(state: State) -> None:
    failed = standing_of([a_row(state=state, failure=BROKE), a_row(Kind.PORT, State.UP)])
    assert (failed.stage, failed.reason, failed.is_lasting) == (Stage.FAILED, BROKE, False)


def test_a_server_that_ran_and_is_in_error_fails_the_machine() -> None:
    failed = standing_of([a_row(state=State.AILING, reason=BROKE), a_row(Kind.PORT, State.UP)])
    assert (failed.stage, failed.reason) == (Stage.FAILED, BROKE)


@pytest.mark.parametrize(
    ("cause", "lasts"),
    [
        (Cause.QUOTA, True),
        (Cause.NOT_FOUND, True),
        (Cause.CREDENTIALS, True),
        (Cause.REFUSED, True),
        (Cause.NO_HOST, False),
        (Cause.DEADLINE, False),
        (Cause.LOST, False),
        (Cause.BUILD_FAILED, False),
    ],
)
def test_only_what_the_next_try_would_meet_again_is_lasting(cause: Cause, lasts: bool) -> None:
    standing = Standing(stage=Stage.FAILED, reason=Reason(cause=cause, text=""))
    assert standing.is_lasting is lasts
