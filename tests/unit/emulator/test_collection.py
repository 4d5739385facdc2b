"""Records in order, by owner, by change, and as they were before."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.collection import HISTORY, Collection
from tests.unit.emulator.conftest import START, StepClock


class Thing(msgspec.Struct, frozen=True):
    id: str
    owner: str = "us"
    note: str = ""


def a_collection() -> tuple[Collection[Thing], StepClock]:
    clock = StepClock()
    return Collection[Thing](clock.now, lambda thing: thing.owner), clock


def ids(things: object) -> list[str]:
    return [thing.id for thing in things]  # type: ignore[attr-defined]


def test_records_come_in_the_order_they_were_made() -> None:
    things, _ = a_collection()
    for name in "abc":
        things.put(Thing(name))
    assert ids(things.oldest()) == ["a", "b", "c"]
    assert ids(things.newest()) == ["c", "b", "a"]


def test_a_replaced_record_keeps_its_place() -> None:
    things, _ = a_collection()
    for name in "abc":
        things.put(Thing(name))
    things.put(Thing("a", note="changed"))
    assert ids(things.oldest()) == ["a", "b", "c"]
    assert next(things.oldest()).note == "changed"


def test_a_page_starts_behind_its_marker() -> None:
    things, _ = a_collection()
    for name in "abcd":
        things.put(Thing(name))
    assert ids(things.newest(after="c")) == ["b", "a"]
    assert ids(things.oldest(after="b")) == ["c", "d"]


def test_owners_see_their_own_only() -> None:
    things, _ = a_collection()
    things.put(Thing("a"))
    things.put(Thing("b", owner="them"))
    assert ids(things.oldest("us")) == ["a"]
    assert things.count("them") == 1
    assert things.count("nobody") == 0
    assert things.count() == 2


def test_a_record_can_change_its_owner() -> None:
    things, _ = a_collection()
    things.put(Thing("a"))
    things.put(Thing("a", owner="them"))
    assert ids(things.oldest("us")) == []
    assert ids(things.oldest("them")) == ["a"]


def test_what_changed_since_a_moment_comes_latest_first() -> None:
    things, clock = a_collection()
    for name in "abc":
        things.put(Thing(name))
        clock.advance(10)
    things.put(Thing("a", note="changed"))
    assert ids(things.changed_since(START + timedelta(seconds=10))) == ["a", "c", "b"]
    assert ids(things.changed_since(START + timedelta(seconds=25))) == ["a"]


def test_the_past_can_be_looked_at_and_left_again() -> None:
    things, clock = a_collection()
    things.put(Thing("a"))
    things.put(Thing("b"))
    clock.advance(10)
    things.remove("a")
    things.put(Thing("b", note="changed"))
    things.put(Thing("c"))
    with things.rewound(START):
        assert [(thing.id, thing.note) for thing in things.oldest()] == [("a", ""), ("b", "")]
        assert things.count("us") == 2
        assert ids(things.newest(after="b")) == ["a"]
        assert "c" not in things
    assert [(thing.id, thing.note) for thing in things.oldest()] == [("b", "changed"), ("c", "")]


def test_the_present_comes_back_after_an_error_too() -> None:
    things, clock = a_collection()
    clock.advance(1)
    things.put(Thing("a"))
    with pytest.raises(RuntimeError), things.rewound(START):
        raise RuntimeError
    assert ids(things) == ["a"]


def test_what_is_older_than_the_history_is_forgotten() -> None:
    things, clock = a_collection()
    things.put(Thing("a"))
    clock.advance(HISTORY.total_seconds() + 1)
    things.put(Thing("b"))
    assert len(things._undo) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.sampled_from(["us", "them", None])), max_size=40
    )
)
def test_every_moment_of_the_past_is_as_it_was(steps: list[tuple[str, str | None]]) -> None:
    """Owner None removes; the order and the owners of each moment must come back."""
    things, clock = a_collection()
    seen = []
    for name, owner in steps:
        if owner is None:
            things.remove(name)
        else:
            things.put(Thing(name, owner=owner))
        seen.append(
            (clock.now(), list(things.oldest()), ids(things.oldest("us")), ids(things.newest()))
        )
        clock.advance(1)
    for moment, everything, ours, newest in seen:
        with things.rewound(moment):
            assert list(things.oldest()) == everything
            assert ids(things.oldest("us")) == ours
            assert ids(things.newest()) == newest
