"""What holds data: nothing but an order to delete it ends it, whatever listings say."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine import outcome
from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudBusy,
    CloudId,
    CloudRefused,
    CloudUnsure,
    Kind,
    ObjectId,
    Refusal,
    Sighting,
    SnapshotSpec,
    Spec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.decide import Verb, decide
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.engine.observe import Memory, observe
from leasehold.engine.openstack_sightings import volume_sighting
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row, State
from leasehold.engine.table import GRACE
from leasehold.openstack.volume import Volume
from tests.simulation.clock import HandClock
from tests.unit.engine.builders import NOW, OURS, a_listing, a_row, a_sighting, a_view, known

DATA = VolumeSpec(name="pg", size_gib=10, keep=True)
HELD = AttachmentSpec(server="srv", volume="volume-1", foreign=True)
KEPT: dict[Kind, Spec] = {
    Kind.VOLUME: DATA,
    Kind.SNAPSHOT: SnapshotSpec(name="s", volume="volume-1"),
    Kind.ATTACHMENT: HELD,
}
kinds = pytest.mark.parametrize("kind", KEPT)


def a_kept(kind: Kind = Kind.VOLUME, state: State = State.UP, **fields: object) -> Row:
    return a_row(kind, state, **({"spec": KEPT[kind], "size_gib": 10} | fields))


def shown(row: Row, status: str = "AVAILABLE", **fields: object) -> Sighting:
    return a_sighting(row.kind, status, **({"tag": None, "size_gib": 10} | fields))


def see(row: Row, *sightings: Sighting, at: float = NOW) -> Row:
    """The row after a complete listing begun at `at`."""
    listing = a_listing(*sightings, kind=row.kind)
    changed = observe(known(row), listing, at, Memory(), at + 1).changed
    return changed[0] if changed else row


def decided(row: Row, *others: Row, now: float = NOW) -> tuple[Row, list[Verb]]:
    decision = decide(a_view((row, *others), due=[row], now=now))
    after = {each.id: each for each in decision.changed}.get(row.id, row)
    return after, [each.verb for each in decision.actions]


def test_the_mark_of_data_is_under_a_key_that_no_sweep_looks_for() -> None:
    tag = Tag(installation=OURS, object=ObjectId("volume-1"), keep=True)
    volume = Volume(id="v", status="available", size=1, metadata={"leasehold-keep": str(tag)})
    assert volume_sighting(volume).tag == tag


def test_a_volume_of_data_that_the_ledger_does_not_know_is_shown_and_never_deleted() -> None:
    tag = Tag(installation=OURS, object=ObjectId("volume-lost"), keep=True)
    stray = a_sighting(Kind.VOLUME, "AVAILABLE", tag=tag)
    memory = Memory()
    for turn in range(5):
        seen = observe(known(), a_listing(stray, kind=Kind.VOLUME), NOW + turn, memory, NOW + turn)
        memory = seen.memory
        assert seen.changed == ()
        assert seen.strays == (stray,)


def test_a_second_volume_with_the_tag_of_a_dataset_is_shown_and_never_deleted() -> None:
    row = a_kept()
    tag = Tag(installation=OURS, object=row.id, keep=True)
    twin = a_sighting(Kind.VOLUME, "AVAILABLE", number=2, tag=tag)
    seen = observe(
        known(row), a_listing(shown(row), twin, kind=Kind.VOLUME), NOW, Memory(), NOW + 1
    )
    assert [each for each in seen.changed if each.id != row.id] == []
    assert seen.strays == (twin,)


@kinds
def test_what_listings_lack_comes_back_as_it_was_when_they_show_it_again(kind: Kind) -> None:
    row = a_kept(kind)
    for turn in range(2):
        row = see(row, at=NOW + turn)
    assert row.state is State.GONE
    assert row.failure is not None
    status = "ATTACHED" if kind is Kind.ATTACHMENT else "AVAILABLE"
    row = see(row, shown(row, status), at=NOW + 9)
    assert (row.state, row.failure, row.wanted) == (State.UP, None, True)


def test_an_attachment_that_somebody_else_made_again_is_left_alone() -> None:
    row = a_kept(Kind.ATTACHMENT, State.GONE, wanted=False, cloud_id=CloudId("cloud-attachment-1"))
    assert see(row, shown(row, "ATTACHED")) is row


@pytest.mark.parametrize(
    "status", ["ERROR", "ERROR_EXTENDING", "ERROR_DELETING", "ERROR_RESTORING"]
)
def test_a_volume_of_data_in_an_error_ails_and_recovers(status: str) -> None:
    row = a_kept()
    ailing = see(row, shown(row, status))
    assert ailing.state is State.AILING
    assert status in str(ailing.reason)
    assert decided(ailing) == (ailing, [])
    assert see(ailing, shown(row)).state is State.UP


@kinds
def test_what_takes_too_long_ails_and_is_not_deleted(kind: Kind) -> None:
    needed = a_kept(Kind.VOLUME)
    row = a_kept(kind, State.BUILDING, status="CREATING", patience=60.0)
    others = () if kind is Kind.VOLUME else (needed,)
    late, verbs = decided(row, *others, now=NOW + 61)
    assert late.state is State.AILING
    assert late.reason is not None
    assert late.reason.cause is Cause.DEADLINE
    assert verbs == []


def test_a_volume_that_could_not_be_ordered_is_gone_with_its_reason() -> None:
    row = a_kept(state=State.MAKING)
    no = CloudRefused("no such type", why=Refusal.NOT_FOUND, request_id="req-1")
    after = outcome.not_made(row, no, NOW)
    assert (after.state, after.failure and after.failure.request_id) == (State.GONE, "req-1")


events: list[Callable[[Row, float], Row]] = [
    lambda row, at: see(row, at=at),
    lambda row, at: see(row, shown(row), at=at),
    lambda row, at: see(row, shown(row, "IN-USE"), at=at),
    lambda row, at: see(row, shown(row, "ATTACHED"), at=at),
    lambda row, at: see(row, shown(row, "ERROR"), at=at),
    lambda row, at: see(row, shown(row, "ERROR_DELETING", size_gib=20), at=at),
    lambda row, at: see(row, shown(row, "EXTENDING"), at=at),
    lambda row, at: outcome.interrupted(row, at),
    lambda row, at: outcome.not_grown(row, CloudUnsure("lost"), at),
    lambda row, at: outcome.not_grown(row, CloudRefused("no", why=Refusal.CONFLICT), at),
    lambda row, at: outcome.not_made(row, CloudUnsure("lost"), at),
    lambda row, at: outcome.grown(row, at),
]


@kinds
@given(st.lists(st.sampled_from(range(len(events))), max_size=25), st.integers(0, 25))
def test_nothing_but_an_order_ever_leads_to_a_delete(
    kind: Kind, story: list[int], larger: int
) -> None:
    row, now = a_kept(kind), NOW
    needed = a_kept(Kind.VOLUME, number=1)
    for turn, number in enumerate(story):
        now += 100.0
        if turn == larger and kind is Kind.VOLUME:
            row = msgspec.structs.replace(row, spec=msgspec.structs.replace(DATA, size_gib=20))
        others = () if kind is Kind.VOLUME else (needed,)
        row, verbs = decided(row, *others, now=now)
        assert Verb.DELETE not in verbs
        assert row.state not in (State.LEAVING, State.DELETING)
        row = events[number](row, now)
        assert row.state not in (State.LEAVING, State.DELETING)


# -- growth ------------------------------------------------------------------------------------------


def larger(row: Row, gib: int = 20) -> Row:
    return msgspec.structs.replace(row, spec=msgspec.structs.replace(DATA, size_gib=gib))


def test_a_volume_grows_when_more_is_wanted_and_is_up_when_a_listing_shows_it() -> None:
    growing, verbs = decided(larger(a_kept()))
    assert (growing.state, verbs) == (State.GROWING, [Verb.GROW])
    growing = outcome.grown(growing, NOW)
    assert see(growing, shown(growing, "EXTENDING"), at=NOW + 90).state is State.GROWING
    up = see(growing, shown(growing, size_gib=20), at=NOW + 90)
    assert (up.state, up.size_gib) == (State.UP, 20)
    assert decided(up) == (up, [])


def test_a_volume_is_never_made_smaller() -> None:
    assert decided(larger(a_kept(), 5))[1] == []


def test_an_order_to_grow_without_an_answer_is_settled_by_a_listing_begun_later() -> None:
    growing = decided(larger(a_kept()))[0]
    unsure = outcome.not_grown(growing, CloudUnsure("lost"), NOW)
    assert see(unsure, shown(unsure), at=NOW + GRACE - 1).state is State.GROWING
    again = see(unsure, shown(unsure), at=NOW + GRACE + 1)
    assert again.state is State.UP
    assert again.wake_at is not None
    assert decided(again, now=again.wake_at)[1] == [Verb.GROW]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (CloudRefused("full", why=Refusal.QUOTA, request_id="r"), Cause.QUOTA_FULL),
        (CloudRefused("in-use", why=Refusal.CONFLICT, request_id="r"), Cause.RETRYING),
        (CloudRefused("no", why=Refusal.FORBIDDEN, request_id="r"), Cause.CREDENTIALS),
        (CloudBusy("later", request_id="r"), Cause.CLOUD_BUSY),
    ],
)
def test_a_refused_growth_leaves_the_volume_up_with_the_reason(error, cause: Cause) -> None:
    growing = decided(larger(a_kept()))[0]
    after = outcome.not_grown(growing, error, NOW)
    assert after.state is State.UP
    assert after.reason is not None
    assert (after.reason.cause, after.reason.request_id) == (cause, "r")
    assert decided(after)[1] == []


def test_a_growth_that_hangs_is_told_and_tried_again() -> None:
    growing = decided(larger(a_kept(patience=60.0)))[0]
    late, verbs = decided(growing, now=NOW + 61)
    assert (late.state, verbs) == (State.UP, [])
    assert late.reason is not None
    assert late.reason.cause is Cause.DEADLINE


# -- attachments to servers of others ----------------------------------------------------------------


def test_an_attachment_to_a_server_of_others_is_ordered_by_its_id() -> None:
    volume = a_kept(Kind.VOLUME)
    row = a_kept(Kind.ATTACHMENT, State.PLANNED)
    started, verbs = decided(row, volume)
    assert (started.cloud_id, verbs) == ("srv/cloud-volume-1", [Verb.MAKE])


def test_a_volume_stays_until_its_snapshots_and_attachments_are_gone() -> None:
    volume = a_kept(Kind.VOLUME, State.LEAVING, wanted=False)
    for kind in (Kind.SNAPSHOT, Kind.ATTACHMENT):
        assert decided(volume, a_kept(kind))[1] == []
    gone = [a_kept(kind, State.GONE) for kind in (Kind.SNAPSHOT, Kind.ATTACHMENT)]
    assert decided(volume, *gone)[1] == [Verb.DELETE]


def test_the_twin_in_memory_refuses_a_second_attachment() -> None:
    cloud = MemoryCloud(HandClock())
    servers = [cloud.add_foreign(Kind.SERVER, name) for name in ("a", "b")]
    tag = Tag(installation=OURS, object=ObjectId("volume-1"), keep=True)
    volume = cloud.make(DATA, tag).cloud_id
    cloud.make(AttachmentSpec(server=servers[0], volume=volume, foreign=True), tag)
    with pytest.raises(CloudRefused, match="in-use"):
        cloud.make(AttachmentSpec(server=servers[1], volume=volume, foreign=True), tag)
