"""How many warm spares there are, and of what."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from leasehold.engine.reason import Cause, Reason
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.spares import Decision, Order, Retire, Scene, Shelf, Spare, decide

NOW = 1_800_000_000.0
DAY = 86400.0


def a_spare(number: int = 1, **fields: object) -> Spare:
    values = {
        "node": NodeName(f"demo{number:03}"),
        "lease": LeaseId(f"spare-{number}"),
        "planned_at": NOW - 100 + number,
        "recipe": "r1",
        "ready": True,
    }
    return Spare(**(values | fields))


def a_shelf(*spares: Spare, **fields: object) -> Shelf:
    values = {
        "machine_type": "demo",
        "cloud": "c",
        "target": 2,
        "recipe": "r1",
        "max_age": DAY,
        "spares": spares,
    }
    return Shelf(**(values | fields))


def decided(*shelves: Shelf, free: int = 10, **fields: object) -> Decision:
    return decide(Scene(now=NOW, shelves=shelves, free={"demo": free}, **fields))


def ordered(decision: Decision) -> int:
    return sum(each.count for each in decision.effects if isinstance(each, Order))


def retired(decision: Decision) -> list[str]:
    return [each.lease for each in decision.effects if isinstance(each, Retire)]


def test_what_is_missing_is_ordered_and_what_is_coming_counts() -> None:
    assert ordered(decided(a_shelf())) == 2
    assert ordered(decided(a_shelf(a_spare(1), a_spare(2, ready=False)))) == 0
    assert ordered(decided(a_shelf(a_spare()), free=0)) == 0


def test_a_free_node_is_theirs_who_wait_for_one() -> None:
    assert decided(a_shelf(waited_for=True)).effects == ()


def test_no_spare_is_ordered_where_a_lease_waits_for_quota() -> None:
    assert decided(a_shelf(), strained=("c",)).effects == ()
    assert ordered(decided(a_shelf(), strained=("other",))) == 2


def test_a_lease_that_waits_for_quota_gets_the_share_of_spares_one_by_one() -> None:
    shelf = a_shelf(a_spare(1), a_spare(2, ready=False), a_spare(3))
    decision = decided(shelf, short=("c",), strained=("c",))
    (first,) = [each for each in decision.effects if each.reason.cause is Cause.QUOTA_FULL]
    assert first.lease == "spare-2", "the one that has yet to boot goes first"


def test_a_spare_of_another_recipe_goes_at_once_and_a_new_one_comes() -> None:
    decision = decided(a_shelf(a_spare(1, recipe="r0"), a_spare(2)))
    assert retired(decision) == ["spare-1"]
    assert ordered(decision) == 1


def test_while_nothing_is_known_of_the_cloud_nothing_is_changed() -> None:
    assert decided(a_shelf(a_spare(recipe="r0"), recipe=None)).effects == ()


def test_an_old_spare_stays_until_its_successor_is_ready() -> None:
    old = a_spare(1, planned_at=NOW - DAY)
    decision = decided(a_shelf(old, target=1))
    assert (retired(decision), ordered(decision)) == ([], 1)
    coming = a_spare(2, ready=False)
    assert decided(a_shelf(old, coming, target=1)).effects == ()
    assert retired(
        decided(a_shelf(old, msgspec.structs.replace(coming, ready=True), target=1))
    ) == ["spare-1"]


def test_where_no_node_is_left_for_a_successor_an_old_spare_makes_room_one_at_a_time() -> None:
    old = [a_spare(number, planned_at=NOW - DAY) for number in (1, 2)]
    assert retired(decided(a_shelf(*old), free=0)) == ["spare-1"]


def test_it_is_known_when_the_next_spare_will_be_too_old() -> None:
    assert decided(a_shelf(a_spare(1), a_spare(2))).wake_at == NOW - 99 + DAY


def test_too_many_spares_are_given_up_those_not_ready_first() -> None:
    decision = decided(a_shelf(a_spare(1), a_spare(2), a_spare(3, ready=False)))
    assert retired(decision) == ["spare-3"]
    assert retired(decided(a_shelf(a_spare(1), target=0))) == ["spare-1"]


def test_a_useless_spare_is_given_up_for_its_own_reason() -> None:
    down = Reason(cause=Cause.DOWN, text="its node is down")
    (retire, order) = decided(a_shelf(a_spare(useless=down), target=1)).effects
    assert "its node is down" in retire.reason.text
    assert order.count == 1


def test_a_machine_type_that_is_paused_gets_one_boot_to_try_when_it_has_rested() -> None:
    asked = {"paused": True, "tried": True, "target": 0}
    assert ordered(decided(a_shelf(resting=True, **asked))) == 0
    assert ordered(decided(a_shelf(**asked))) == 1
    trying = a_spare(ready=False)
    assert decided(a_shelf(trying, **asked)).effects == ()
    another = asked | {"tried": False, "target": 2}
    assert ordered(decided(a_shelf(**another))) == 0


_spares = st.lists(
    st.builds(
        dict,
        age=st.floats(0, 2 * DAY),
        recipe=st.sampled_from(["r0", "r1"]),
        ready=st.booleans(),
        useless=st.sampled_from([None, Reason(cause=Cause.DOWN, text="down")]),
    ),
    max_size=8,
)
_shelves = st.fixed_dictionaries(
    {
        "target": st.integers(0, 5),
        "recipe": st.sampled_from(["r1", None]),
        "waited_for": st.booleans(),
        "paused": st.booleans(),
        "tried": st.booleans(),
        "resting": st.booleans(),
    }
)


def _built(told) -> list[Spare]:
    return [
        a_spare(
            number,
            planned_at=NOW - each["age"],
            recipe=each["recipe"],
            ready=each["ready"],
            useless=each["useless"],
        )
        for number, each in enumerate(told, 1)
    ]


@given(_spares, _shelves, st.integers(0, 5), st.booleans(), st.booleans())
def test_whatever_there_is_spares_stay_within_bounds(told, fields, free, strained, leaving) -> None:
    spares = _built(told)
    clouds = ("c",) if strained else ()
    decision = decided(
        a_shelf(*spares, **fields), free=free, strained=clouds, short=() if leaving else clouds
    )
    going = retired(decision)
    assert len(going) == len(set(going))
    assert ordered(decision) <= free
    if strained or fields["resting"] or fields["recipe"] is None:
        assert ordered(decision) == 0
    left = [each for each in spares if each.lease not in going]
    fresh = [each for each in left if each.planned_at > NOW - DAY]
    tried = int(fields["paused"])  # one boot more, to see whether they work again
    assert len(fresh) + ordered(decision) <= max(len(fresh), fields["target"]) + tried
    if fields["recipe"] == "r1":
        assert all(each.recipe == "r1" for each in left)
    assert all(each.useless is None for each in left)


@given(_spares, st.integers(0, 5))
def test_what_was_decided_is_enough_for_a_while(told, target: int) -> None:
    """Nothing is ordered one moment and given up the next."""
    decision = decided(a_shelf(*_built(told), target=target))
    going = retired(decision)
    left = [each for each in _built(told) if each.lease not in going]
    new = [
        a_spare(100 + number, planned_at=NOW, ready=False) for number in range(ordered(decision))
    ]
    assert decided(a_shelf(*left, *new, target=target)).effects == ()
