"""When to list what."""

import pytest

from leasehold.engine.budget import Budget
from leasehold.engine.cloud import LISTED_KINDS, Kind
from leasehold.engine.schedule import (
    AUDIT_INTERVAL,
    COMPLETE_INTERVAL,
    FIRST_RETRY,
    IDLE_INTERVAL,
    INTERVAL,
    SLOWEST_RETRY,
    Track,
    Waiting,
    due,
    next_due,
)
from leasehold.engine.watch import Pace

T = 1000.0


def listed(at: float = T, *, complete_at: float | None = None) -> Track:
    return Track(began_at=at, complete_at=at if complete_at is None else complete_at)


@pytest.mark.parametrize("kind", LISTED_KINDS)
def test_what_was_never_listed_is_listed_completely_at_once(kind: Kind) -> None:
    first = due(kind, Track(), Waiting())
    assert (first.at, first.complete) == (0.0, True)


@pytest.mark.parametrize(("objects", "interval"), [(True, AUDIT_INTERVAL), (False, IDLE_INTERVAL)])
def test_an_audit_comes_by_itself(objects: bool, interval: float) -> None:
    audit = due(Kind.SERVER, listed(), Waiting(objects=objects))
    assert (audit.at, audit.complete) == (T + interval, True)


def test_while_servers_are_on_their_way_deltas_are_enough() -> None:
    poll = due(Kind.SERVER, listed(), Waiting(any=True, objects=True))
    assert (poll.at, poll.complete) == (T + INTERVAL[Kind.SERVER], False)


@pytest.mark.parametrize("kind", [k for k in LISTED_KINDS if k is not Kind.SERVER])
def test_other_kinds_have_no_deltas(kind: Kind) -> None:
    poll = due(kind, listed(), Waiting(any=True, objects=True))
    assert (poll.at, poll.complete) == (T + INTERVAL[kind], True)


def test_deltas_do_not_put_off_the_audit() -> None:
    track = listed(T + 59, complete_at=T)
    audit = due(Kind.SERVER, track, Waiting(any=True, objects=True))
    assert (audit.at, audit.complete) == (T + AUDIT_INTERVAL, True)


def test_what_only_absence_can_tell_needs_a_complete_listing_begun_late_enough() -> None:
    waiting = Waiting(any=True, objects=True, complete_after=T + 15)
    settle = due(Kind.SERVER, listed(T + 14.9, complete_at=T), waiting)
    assert (settle.at, settle.complete) == (T + 15, True)


def test_complete_listings_keep_their_distance() -> None:
    waiting = Waiting(any=True, objects=True, complete_after=T + 1)
    settle = due(Kind.SERVER, listed(T + 4, complete_at=T), waiting)
    assert (settle.at, settle.complete) == (T + COMPLETE_INTERVAL, True)


def test_a_listing_late_enough_settles_it() -> None:
    waiting = Waiting(any=True, objects=True, complete_after=T - 1)
    poll = due(Kind.SERVER, listed(T), waiting)
    assert (poll.at, poll.complete) == (T + INTERVAL[Kind.SERVER], False)


def test_what_was_missed_once_is_looked_for_again_soon() -> None:
    waiting = Waiting(any=True, objects=True, complete_after=T - 1, again=True)
    settle = due(Kind.SERVER, listed(T + 4, complete_at=T), waiting)
    assert (settle.at, settle.complete) == (T + COMPLETE_INTERVAL, True)


def test_what_somebody_asked_for_is_due_at_once_and_only_once() -> None:
    forced = Waiting(forced_at=T + 3)
    assert due(Kind.PORT, listed(), forced).at == T + 3
    assert due(Kind.PORT, listed(T + 3), forced).at == T + 3 + IDLE_INTERVAL


@pytest.mark.parametrize("waiting", [Waiting(), Waiting(any=True), Waiting(forced_at=T + 1)])
def test_after_failures_listings_pause_longer_each_time(waiting: Waiting) -> None:
    pauses = []
    for failures in range(1, 12):
        track = Track(began_at=T, failures=failures, failed_at=T)
        pauses.append(due(Kind.SERVER, track, waiting).at - T)
    assert pauses[:4] == [FIRST_RETRY * factor for factor in (1, 2, 4, 8)]
    assert pauses[-1] == SLOWEST_RETRY


def test_the_most_overdue_kind_is_next_and_busy_ones_wait_for_their_answer() -> None:
    tracks = {kind: listed(T + n) for n, kind in enumerate(LISTED_KINDS)}
    waiting = {kind: Waiting(objects=True) for kind in LISTED_KINDS}
    assert next_due(tracks, waiting, ()).kind is LISTED_KINDS[0]
    assert next_due(tracks, waiting, LISTED_KINDS[:2]).kind is LISTED_KINDS[2]
    assert next_due(tracks, waiting, LISTED_KINDS) is None


def test_no_kind_starves_while_the_budget_is_short() -> None:
    """Everything moves, listings take no time, and half a call per second is all there is."""
    pace = Pace()
    budget = Budget(pace.lists_per_second, pace.lists_at_once)
    tracks = {kind: Track() for kind in LISTED_KINDS}
    waiting = {kind: Waiting(any=True, objects=True) for kind in LISTED_KINDS}
    now, counts = T, dict.fromkeys(LISTED_KINDS, 0)
    while now < T + 600:
        listing = next_due(tracks, waiting, ())
        at = max(listing.at, budget.next_at(now))
        if at > now:
            now = at
            continue
        budget.spend(1)
        counts[listing.kind] += 1
        complete_at = now if listing.complete else tracks[listing.kind].complete_at
        tracks[listing.kind] = Track(began_at=now, complete_at=complete_at)
    assert sum(counts.values()) <= 600 * pace.lists_per_second + pace.lists_at_once
    assert min(counts.values()) >= 40
