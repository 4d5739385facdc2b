"""When owners were served, as far as it counts for what they wait for."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.turns import KEPT, Turns

RANKS = st.tuples(st.integers(-2, 0), st.integers(1, 20))
KINDS = st.sampled_from([("a",), ("b",), ("a", "b")])
OWNERS = st.sampled_from(["ann", "bob"])
NOTED = st.lists(st.tuples(OWNERS, KINDS, RANKS, st.floats(1, 100)), max_size=40)


@given(NOTED, OWNERS, KINDS, RANKS)
def test_the_last_of_those_that_stood_before_counts_in_whatever_order_they_are_noted(
    noted, owner, kinds, rank
) -> None:
    turns = Turns()
    for each in noted:
        turns.note(*each)
    before = [
        at
        for whose, types, of_rank, at in noted
        if whose == owner and of_rank < rank and not set(types).isdisjoint(kinds)
    ]
    assert turns.last_before(owner, kinds, rank) == max(before, default=0.0)


def test_memory_does_not_grow_with_every_lease_that_was_ever_served() -> None:
    turns = Turns()
    for number in range(3 * KEPT):
        turns.note("ann", ("a",), (0, number), float(number))
    assert [len(each) for each in turns._turns.values()] == [KEPT]
    assert turns.last_before("ann", ("a",), (0, 3 * KEPT)) == 3 * KEPT - 1
