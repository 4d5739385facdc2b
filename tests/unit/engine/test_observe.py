"""What a listing proves, and what it does not."""

import msgspec
import pytest

from leasehold.engine.cloud import CloudId, Kind
from leasehold.engine.observe import MOST_DOUBTS, Memory, attachments, observe
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.table import GRACE
from tests.unit.engine.builders import NOW, a_listing, a_row, a_sighting, a_tag, known

NOTHING = Memory()


def see(*rows: Row, listing=None, began_at: float = NOW, memory: Memory = NOTHING):
    listing = a_listing(kind=rows[0].kind) if listing is None else listing
    return observe(known(*rows), listing, began_at, memory, NOW + 1)


def only(observation) -> Row:
    (row,) = observation.changed
    return row


# -- presence ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.PLANNED, State.UNSURE])
def test_an_object_with_our_tag_is_adopted_by_its_row(state: State) -> None:
    sighting = a_sighting(status="BUILD", cloud_id=CloudId("late"))
    row = only(see(a_row(state=state), listing=a_listing(sighting)))
    assert (row.state, row.cloud_id, row.status) == (State.BUILDING, "late", "BUILD")


def test_an_adopted_object_that_is_usable_is_up_at_once() -> None:
    row = only(
        see(a_row(state=State.UNSURE), listing=a_listing(a_sighting(addresses=("10.0.0.1",))))
    )
    assert (row.state, row.addresses) == (State.UP, ("10.0.0.1",))


def test_a_row_whose_call_is_under_way_waits_for_its_answer() -> None:
    assert see(a_row(state=State.MAKING), listing=a_listing(a_sighting())).changed == ()


def test_an_object_without_tag_is_known_by_its_id() -> None:
    row = a_row(state=State.BUILDING)
    assert only(see(row, listing=a_listing(a_sighting(tag=None)))).state is State.UP


def test_a_status_that_says_nothing_new_changes_nothing() -> None:
    row = a_row(state=State.UP, status="ACTIVE")
    assert see(row, listing=a_listing(a_sighting())).changed == ()


def test_addresses_once_known_are_kept_through_an_answer_without_them() -> None:
    row = a_row(state=State.UP, status="ACTIVE", addresses=("10.0.0.1",))
    assert see(row, listing=a_listing(a_sighting())).changed == ()


def test_a_server_that_is_being_built_fails_in_error_with_the_clouds_words() -> None:
    sighting = a_sighting(status="ERROR", fault="No valid host was found. (code 500)")
    row = only(see(a_row(state=State.BUILDING), listing=a_listing(sighting)))
    assert row.state is State.LEAVING
    assert row.failure == Reason(cause=Cause.NO_HOST, text="No valid host was found. (code 500)")


def test_a_server_in_use_that_shows_an_error_stays_and_recovers() -> None:
    sighting = a_sighting(status="ERROR", fault="Live migration failed")
    row = only(see(a_row(state=State.UP), listing=a_listing(sighting)))
    assert (row.state, row.failure, row.doomed) == (State.AILING, None, False)
    assert row.reason == Reason(cause=Cause.BUILD_FAILED, text="Live migration failed")
    assert see(row, listing=a_listing(sighting)).changed == ()
    assert only(see(row, listing=a_listing(a_sighting()))).state is State.UP


def test_a_volume_that_holds_no_data_fails_in_error() -> None:
    shown = a_listing(a_sighting(Kind.VOLUME, "ERROR"), kind=Kind.VOLUME)
    assert only(see(a_row(Kind.VOLUME, State.UP), listing=shown)).state is State.LEAVING


def test_an_error_without_words_says_so() -> None:
    row = only(see(a_row(state=State.BUILDING), listing=a_listing(a_sighting(status="ERROR"))))
    assert row.failure is not None
    assert row.failure.cause is Cause.BUILD_FAILED
    assert "ERROR and gives no reason" in row.failure.text


@pytest.mark.parametrize("kind", [Kind.PORT, Kind.FLOATING_IP])
def test_a_port_or_floating_ip_in_error_may_recover(kind: Kind) -> None:
    sighting = a_sighting(kind, status="ERROR")
    row = only(see(a_row(kind, State.BUILDING), listing=a_listing(sighting, kind=kind)))
    assert (row.state, row.failure) == (State.BUILDING, None)


def test_an_object_on_its_way_out_keeps_its_state_and_tells_its_status() -> None:
    row = only(see(a_row(state=State.DELETING, absent=1), listing=a_listing(a_sighting())))
    assert (row.state, row.status, row.absent) == (State.DELETING, "ACTIVE", 0)


def test_a_listing_that_shows_it_again_takes_back_what_its_absence_proved() -> None:
    row = only(see(a_row(state=State.UP, absent=1), listing=a_listing(a_sighting())))
    assert (row.state, row.absent) == (State.UP, 0)


# -- absence -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.LEAVING, State.DELETING])
def test_one_complete_listing_confirms_a_deletion(state: State) -> None:
    assert only(see(a_row(state=state))).state is State.GONE


@pytest.mark.parametrize("state", [State.UNSURE, State.BUILDING, State.UP])
def test_what_should_be_there_must_be_missing_twice(state: State) -> None:
    first = only(see(a_row(state=state)))
    assert (first.state, first.absent) == (state, 1)
    second = only(see(first))
    assert second.state is (State.PLANNED if state is State.UNSURE else State.GONE)


def test_what_vanished_without_our_doing_is_told_as_lost() -> None:
    row = only(see(a_row(state=State.UP, absent=1)))
    assert row.failure is not None
    assert row.failure.cause is Cause.LOST


def test_what_vanished_while_it_was_to_go_anyway_is_just_gone() -> None:
    row = only(see(a_row(state=State.UP, absent=1, wanted=False)))
    assert (row.state, row.failure) == (State.GONE, None)


def test_an_unsure_order_that_had_no_effect_keeps_count_of_its_tries() -> None:
    row = only(see(a_row(state=State.UNSURE, absent=1, calls=2)))
    assert (row.state, row.calls) == (State.PLANNED, 2)


@pytest.mark.parametrize("state", list(State))
def test_absence_from_a_delta_proves_nothing(state: State) -> None:
    assert see(a_row(state=state), listing=a_listing(complete=False)).changed == ()


@pytest.mark.parametrize("state", [State.PLANNED, State.MAKING, State.GONE])
def test_the_absence_of_what_need_not_be_there_proves_nothing(state: State) -> None:
    assert see(a_row(state=state)).changed == ()


@pytest.mark.parametrize(
    ("state", "began_after", "counts"),
    [
        (State.DELETING, -1.0, False),
        (State.DELETING, 0.0, False),
        (State.DELETING, 0.1, True),
        (State.BUILDING, -1.0, False),
        (State.BUILDING, 0.1, True),
        (State.UNSURE, GRACE, False),
        (State.UNSURE, GRACE + 0.1, True),
    ],
)
def test_only_a_listing_begun_after_the_last_call_ended_is_evidence(
    state: State, began_after: float, counts: bool
) -> None:
    row = a_row(state=state, called_at=NOW)
    changed = see(row, began_at=NOW + began_after).changed
    assert bool(changed) is counts


def test_an_unsure_row_that_does_not_know_when_it_called_waits() -> None:
    assert see(a_row(state=State.UNSURE, called_at=None)).changed == ()


@pytest.mark.parametrize("status", ["DELETED", "SOFT_DELETED"])
@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("state", [State.BUILDING, State.UP, State.DELETING, State.LEAVING])
def test_the_clouds_own_word_that_it_is_gone_needs_no_second_proof(
    state: State, complete: bool, status: str
) -> None:
    listing = a_listing(a_sighting(status=status), complete=complete)
    assert only(see(a_row(state=state), listing=listing)).state is State.GONE


def test_a_deleted_object_of_an_unsure_row_lets_it_be_made_anew() -> None:
    listing = a_listing(a_sighting(status="DELETED"), complete=False)
    assert only(see(a_row(state=State.UNSURE), listing=listing)).state is State.PLANNED


def test_the_end_of_an_earlier_object_says_nothing_of_the_present_one() -> None:
    earlier = a_sighting(status="DELETED", cloud_id=CloudId("earlier"))
    row = a_row(state=State.UP, status="ACTIVE")
    seen = see(row, listing=a_listing(earlier, a_sighting()))
    assert (seen.changed, seen.strays) == ((), ())


# -- doubt -------------------------------------------------------------------------------------------


def many(count: int, state: State = State.UP, **fields: object) -> list[Row]:
    return [a_row(state=state, number=number, **fields) for number in range(count)]


def test_a_listing_that_shrank_is_not_believed_until_it_did_so_again_and_again() -> None:
    rows = many(10)
    memory = Memory(count=10)
    for doubts in range(MOST_DOUBTS):
        seen = see(*rows, memory=memory)
        assert (seen.changed, seen.doubted, seen.memory.doubts) == ((), True, doubts + 1)
        memory = Memory(count=10, doubts=seen.memory.doubts)
    seen = see(*rows, memory=memory)
    assert not seen.doubted
    assert all(row.absent == 1 for row in seen.changed)
    assert len(seen.changed) == 10


def test_a_listing_that_is_empty_from_the_start_is_doubted_too() -> None:
    """After a restart nothing is remembered; what our rows expect has to do."""
    assert see(*many(5)).doubted


def test_two_of_a_few_may_go_without_doubt() -> None:
    rows = many(3)
    seen = see(*rows, listing=a_listing(a_sighting(number=0, status="")), memory=Memory(count=3))
    assert not seen.doubted


def test_what_we_deleted_ourselves_is_not_missed() -> None:
    rows = many(50, State.DELETING)
    seen = see(*rows, memory=Memory(count=50))
    assert not seen.doubted
    assert {row.state for row in seen.changed} == {State.GONE}


def test_what_a_delta_saw_go_is_not_missed_later() -> None:
    rows = many(50, State.DELETING)
    ends = [a_sighting(number=number, status="DELETED") for number in range(50)]
    delta = see(*rows, listing=a_listing(*ends, complete=False), memory=Memory(count=60))
    assert delta.memory.count == 10
    others = [a_sighting(number=number + 100, tag=None) for number in range(10)]
    later = see(*delta.changed, listing=a_listing(*others), memory=delta.memory)
    assert not later.doubted


def test_rows_long_gone_do_not_make_us_credulous() -> None:
    rows = many(4) + [a_row(state=State.GONE, number=n) for n in range(100, 200)]
    assert see(*rows).doubted


def test_a_doubted_listing_still_shows_what_it_shows() -> None:
    rows = [*many(10, State.UP, status="ACTIVE"), a_row(state=State.BUILDING, number=99)]
    seen = see(*rows, listing=a_listing(a_sighting(number=99)), memory=Memory(count=11))
    assert seen.doubted
    assert only(seen).state is State.UP


# -- strays and strangers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag", [None, a_tag("server-1", installation="another"), a_tag("server-7", "another")]
)
def test_what_is_not_ours_is_counted_and_nothing_else(tag) -> None:
    stranger = a_sighting(tag=tag, cloud_id=CloudId("theirs"), name="n1")
    memory = NOTHING
    for _ in range(3):
        seen = see(a_row(state=State.PLANNED), listing=a_listing(stranger), memory=memory)
        assert (seen.changed, seen.strays, seen.foreign) == ((), (), 1)
        memory = seen.memory


def test_a_strangers_deleted_server_is_not_counted() -> None:
    stranger = a_sighting(tag=None, cloud_id=CloudId("theirs"), status="DELETED")
    assert see(a_row(), listing=a_listing(stranger, complete=False)).foreign == 0


def test_what_another_cloud_of_ours_has_made_in_the_same_project_is_left_to_it() -> None:
    other = a_row(number=7, cloud="d")
    here = msgspec.structs.replace(known(), everywhere={other.id: other})
    theirs = a_sighting(tag=a_tag(other.id), cloud_id=CloudId("theirs"))
    memory = NOTHING
    for _ in range(3):
        seen = observe(here, a_listing(theirs), NOW, memory, NOW + 1)
        assert (seen.changed, seen.strays, seen.foreign) == ((), (), 1)
        memory = seen.memory


def test_an_object_that_no_row_knows_is_deleted_when_two_complete_listings_show_it() -> None:
    stray = a_sighting(tag=a_tag("server-unknown"), cloud_id=CloudId("stray"), name="lost")
    first = see(a_row(), listing=a_listing(stray))
    assert (first.changed, first.strays) == ((), (stray,))
    second = see(a_row(), listing=a_listing(stray), memory=first.memory)
    row = only(second)
    assert (row.state, row.cloud_id, row.wanted) == (State.LEAVING, "stray", False)
    assert second.strays == ()


def test_a_delta_does_not_count_as_the_second_look_at_a_stray() -> None:
    stray = a_sighting(tag=a_tag("server-unknown"), cloud_id=CloudId("stray"))
    first = see(a_row(), listing=a_listing(stray))
    delta = see(a_row(), listing=a_listing(stray, complete=False), memory=first.memory)
    assert delta.changed == ()
    assert delta.memory.strays == first.memory.strays


def test_a_stray_that_was_away_in_between_starts_afresh() -> None:
    stray = a_sighting(tag=a_tag("server-unknown"), cloud_id=CloudId("stray"))
    first = see(a_row(), listing=a_listing(stray))
    between = see(a_row(), listing=a_listing(), memory=first.memory)
    assert see(a_row(), listing=a_listing(stray), memory=between.memory).changed == ()


@pytest.mark.parametrize("complete", [True, False])
def test_a_second_object_with_the_tag_of_a_row_is_deleted_at_once(complete: bool) -> None:
    row = a_row(state=State.UP, status="ACTIVE")
    twin = a_sighting(cloud_id=CloudId("twin"))
    seen = see(row, listing=a_listing(a_sighting(), twin, complete=complete))
    added = only(seen)
    assert (added.cloud_id, added.state, added.wanted) == ("twin", State.LEAVING, False)
    assert added.id != row.id


def test_of_two_objects_for_an_unsure_row_one_is_adopted_and_one_deleted() -> None:
    twins = [a_sighting(cloud_id=CloudId(name)) for name in ("a", "b")]
    seen = see(a_row(state=State.UNSURE), listing=a_listing(*twins))
    assert sorted((row.cloud_id, row.state) for row in seen.changed) == [
        ("a", State.UP),
        ("b", State.LEAVING),
    ]


@pytest.mark.parametrize("kind", [k for k in Kind if k not in (Kind.ATTACHMENT, Kind.SNAPSHOT)])
def test_a_stray_of_any_kind_becomes_a_row_of_that_kind(kind: Kind) -> None:
    stray = a_sighting(kind, tag=a_tag("unknown-1"), cloud_id=CloudId("stray"))
    memory = Memory(count=1, strays=frozenset({CloudId("stray")}))
    row = only(see(a_row(kind), listing=a_listing(stray, kind=kind), memory=memory))
    assert row.kind is kind
    assert row.needs == ()


def test_what_vanished_and_is_wanted_is_as_before_when_it_shows_again() -> None:
    row = only(see(a_row(state=State.UP, absent=1)))
    assert (row.state, row.missed) == (State.GONE, True)
    row = only(see(row, listing=a_listing(a_sighting()), began_at=NOW + 9))
    assert (row.state, row.failure, row.cloud_id) == (State.UP, None, "cloud-server-1")


def test_an_order_that_was_refused_and_shows_after_all_is_deleted() -> None:
    no = Reason(cause=Cause.REFUSED, text="no")
    row = only(see(a_row(state=State.GONE, failure=no), listing=a_listing(a_sighting())))
    assert row.state is State.LEAVING


def test_an_object_whose_row_was_gone_is_deleted_again() -> None:
    row = only(see(a_row(state=State.GONE, wanted=False), listing=a_listing(a_sighting())))
    assert (row.state, row.cloud_id) == (State.LEAVING, "cloud-server-1")


def test_a_listing_from_before_the_end_does_not_bring_a_row_back() -> None:
    row = a_row(state=State.GONE, since=NOW)
    assert see(row, listing=a_listing(a_sighting()), began_at=NOW).changed == ()


# -- attachments -------------------------------------------------------------------------------------


def a_volume(status: str, *servers: str, number: int = 1):
    held = tuple(map(CloudId, servers))
    return a_sighting(Kind.VOLUME, status, number=number, attached_to=held)


def test_attachments_are_read_off_the_volumes() -> None:
    listing = a_listing(a_volume("IN-USE", "s1", "s2"), a_volume("AVAILABLE"), kind=Kind.VOLUME)
    found = attachments(listing)
    assert [(each.cloud_id, each.status) for each in found.sightings] == [
        ("s1/cloud-volume-1", "ATTACHED"),
        ("s2/cloud-volume-1", "ATTACHED"),
    ]
    assert found.complete


def test_an_attachment_is_up_when_its_volume_is_in_use() -> None:
    row = a_row(Kind.ATTACHMENT, State.BUILDING, cloud_id=CloudId("s1/cloud-volume-1"))
    for status, state in (("ATTACHING", State.BUILDING), ("IN-USE", State.UP)):
        listing = attachments(a_listing(a_volume(status, "s1"), kind=Kind.VOLUME))
        (after,) = see(row, listing=listing).changed
        assert after.state is state


def test_an_attachment_made_by_others_is_none_of_ours() -> None:
    row = a_row(Kind.ATTACHMENT, State.PLANNED)
    listing = attachments(a_listing(a_volume("IN-USE", "theirs"), kind=Kind.VOLUME))
    seen = see(row, listing=listing)
    assert (seen.changed, seen.strays) == ((), ())
