"""Whether a cloud has room for all nodes of a wish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine.cloud import Kind, Limit, Limits
from leasehold.engine.quota import NAMES, NOTHING, Snapshot, Use
from leasehold.engine.reason import Cause
from leasehold.engine.row import State
from leasehold.lab.room import claimed, lacking
from tests.unit.engine.builders import a_row

amounts = st.integers(0, 40)
uses = st.builds(Use, **dict.fromkeys(NAMES, amounts))
quotas = st.builds(Limit, total=st.none() | amounts, used=amounts)
snapshots = st.builds(Snapshot, limits=st.builds(Limits, **dict.fromkeys(NAMES, quotas)), ours=uses)


@given(snapshots, uses, uses, st.integers(1, 5))
def test_each_amount_that_does_not_fit_is_told_and_no_other(snapshot, ours, node, count) -> None:
    short = set()
    for name in NAMES:
        limit, need = getattr(snapshot.limits, name), count * getattr(node, name)
        foreign = max(0, limit.used - getattr(snapshot.ours, name))
        if limit.total is not None and need and foreign + getattr(ours, name) + need > limit.total:
            short.add((name.replace("_", " "), need, need > limit.total))
    told = lacking((snapshot,), ours, node * count)
    assert len(told) == len(short)
    for what, need, never in short:
        (reason,) = [each for each in told if f" {what} " in each.text]
        assert reason.want == need > reason.have
        assert (reason.cause is Cause.QUOTA) == never


@given(uses, uses)
def test_what_nobody_has_told_refuses_nothing(ours, need) -> None:
    assert lacking((), ours, need) == ()
    assert lacking((Snapshot(limits=Limits(), ours=NOTHING),), ours, need) == ()


@pytest.mark.parametrize(
    ("state", "fields", "counts"),
    [
        (State.PLANNED, {}, True),
        (State.PLANNED, {"wanted": False}, False),
        (State.UP, {}, True),
        (State.UP, {"wanted": False}, True),
        (State.DELETING, {"wanted": False}, True),
        (State.GONE, {"wanted": False}, False),
        (State.UP, {"lease": "spare-1"}, False),
        (State.UP, {"lease": "lease-1"}, True),
    ],
)
def test_what_is_ours_counts_from_the_plan_to_the_end_but_not_what_a_spare_has(
    state: State, fields: dict, counts: bool
) -> None:
    row = a_row(Kind.PORT, state, **fields)
    assert claimed([row], {"spare-1"}) == (Use(ports=1) if counts else NOTHING)
