"""Whether the project's quota has room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine.cloud import BlockDevice, Kind, Limit, Limits, ServerSpec
from leasehold.engine.quota import NOTHING, Snapshot, Use, shortage, use_of
from leasehold.engine.reason import Cause
from tests.unit.engine.builders import SPECS

uses = st.builds(Use, **{name: st.integers(-50, 50) for name in Use.__struct_fields__})


def a_snapshot(total: int | None = None, used: int = 0, ours: int = 0) -> Snapshot:
    limits = Limits(servers=Limit(total=total, used=used))
    return Snapshot(limits=limits, ours=Use(servers=ours))


@given(uses, uses)
def test_what_is_added_can_be_taken_away(one: Use, other: Use) -> None:
    assert one + other - other == one
    assert one + other == other + one
    assert one - one == NOTHING


@pytest.mark.parametrize(
    ("kind", "use"),
    [
        (Kind.SERVER, Use(servers=1, cores=2, ram_mib=1024)),
        (Kind.PORT, Use(ports=1)),
        (Kind.FLOATING_IP, Use(floating_ips=1)),
        (Kind.VOLUME, Use(volumes=1, volume_gib=10)),
        (Kind.ATTACHMENT, NOTHING),
    ],
)
def test_what_each_kind_counts(kind: Kind, use: Use) -> None:
    assert use_of(SPECS[kind]) == use


def test_a_server_counts_the_volumes_that_nova_makes_for_it() -> None:
    new = BlockDevice(uuid="i", volume_size=10)
    there = BlockDevice(uuid="v", source_type="volume", volume_size=50)
    local = BlockDevice(uuid="i", destination_type="local", volume_size=5)
    spec = ServerSpec(name="n", flavor_id="f", block_devices=(new, there, local))
    assert use_of(spec) == Use(servers=1, volumes=1, volume_gib=10)


def test_without_a_limit_everything_fits() -> None:
    assert shortage(a_snapshot(None), Use(servers=10**6), Use(servers=10**6)) is None


def test_what_is_not_asked_for_cannot_be_short() -> None:
    assert shortage(a_snapshot(0), NOTHING, Use(ports=1)) is None


@pytest.mark.parametrize("total", [0, 2])
def test_more_than_the_whole_quota_never_fits(total: int) -> None:
    reason = shortage(a_snapshot(total), NOTHING, Use(servers=3))
    assert reason is not None
    assert (reason.cause, reason.have, reason.want) == (Cause.QUOTA, total, 3)
    assert reason.text == f"the project's quota of servers is {total}; this needs 3"


@pytest.mark.parametrize(
    ("total", "used", "ours_then", "ours_now", "fits"),
    [
        (10, 0, 0, 9, True),
        (10, 0, 0, 10, False),
        (10, 10, 0, 0, False),  # all of it others'
        (10, 10, 10, 9, True),  # all of it ours, one given back since
        (10, 6, 4, 8, False),  # two of others, eight of ours
        (10, 6, 4, 7, True),
        (10, 3, 5, 9, True),  # the cloud counts less than we do: others have none
    ],
)
def test_what_others_used_then_is_theirs_and_ours_is_counted_now(
    total: int, used: int, ours_then: int, ours_now: int, fits: bool
) -> None:
    reason = shortage(a_snapshot(total, used, ours_then), Use(servers=ours_now), Use(servers=1))
    assert (reason is None) is fits
    assert reason is None or reason.cause is Cause.QUOTA_FULL


def test_the_reason_does_not_change_with_every_server_of_ours() -> None:
    snapshot = a_snapshot(10, used=4, ours=2)
    texts = {shortage(snapshot, Use(servers=ours), Use(servers=1)).text for ours in (8, 9, 30)}
    assert texts == {"0 of 10 servers are free in the project's quota (others use 2); this needs 1"}


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(1, 5))
def test_what_fits_stays_within_the_limit(total: int, foreign: int, ours: int, wish: int) -> None:
    snapshot = a_snapshot(total, used=foreign + ours, ours=ours)
    if shortage(snapshot, Use(servers=ours), Use(servers=wish)) is None:
        assert foreign + ours + wish <= total
