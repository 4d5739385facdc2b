"""Which availability zone is built in next."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.zones import AWAY, Zones

WEST, EAST = "west", "east"


def test_the_first_zone_is_taken_until_a_boot_fails_there_and_again_after_a_while() -> None:
    zones = Zones()
    assert zones.choose("c", (WEST, EAST), 0) == WEST
    zones.failed("c", WEST, 10)
    assert zones.choose("c", (WEST, EAST), 11) == EAST
    assert zones.choose("c", (WEST, EAST), 10 + AWAY) == WEST


def test_a_zone_in_which_a_server_came_up_is_good_again_at_once() -> None:
    zones = Zones()
    zones.failed("c", WEST, 10)
    zones.worked("c", WEST)
    assert zones.choose("c", (WEST, EAST), 11) == WEST


def test_where_all_failed_the_one_that_failed_longest_ago_is_tried() -> None:
    zones = Zones()
    zones.failed("c", WEST, 10)
    zones.failed("c", EAST, 20)
    assert zones.choose("c", (WEST, EAST), 30) == WEST


def test_a_failure_counts_for_its_own_cloud_only() -> None:
    zones = Zones()
    zones.failed("c", WEST, 10)
    assert zones.choose("d", (WEST, EAST), 11) == WEST


def test_without_zones_the_choice_is_the_clouds() -> None:
    zones = Zones()
    zones.failed("c", None, 0)
    assert zones.choose("c", (), 1) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=20))
def test_some_zone_is_always_chosen_and_never_the_one_that_failed_last(told) -> None:
    zones = Zones()
    for now, (zone, works) in enumerate(told):
        if works:
            zones.worked("c", zone)
        else:
            zones.failed("c", zone, now)
    choice = zones.choose("c", ("a", "b", "c"), len(told))
    assert choice in ("a", "b", "c")
    if told and not told[-1][1]:
        assert choice != told[-1][0]
