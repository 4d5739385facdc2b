"""Patterns of node names mean what people think they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.errors import BadWish
from leasehold.lab.node_names import LONGEST, MOST, RESERVED, check_name, expand
from leasehold.lab.node_row import order


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["smithi001"], ["smithi001"]),
        (["a.front.lab.example", "b_2"], ["a.front.lab.example", "b_2"]),
        (["ovh008..ovh011"], ["ovh008", "ovh009", "ovh010", "ovh011"]),
        (["n9..n11"], ["n9", "n10", "n11"]),
        (["r2n1.lab..r2n2.lab", "x"], ["r2n1.lab", "r2n2.lab", "x"]),
        (["ovh7..ovh7"], ["ovh7"]),
        ([], []),
    ],
)
def test_a_pattern_is_all_names_from_one_to_the_other(patterns, names) -> None:
    assert list(expand(patterns)) == names


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("", "a host name"),
        ("-a", "a host name"),
        ("a b", "a host name"),
        ("ä1", "a host name"),
        ("a/b", "a host name"),
        ("a..", "a host name"),
        ("x" * 254, "a host name"),
        ("ovh001..100", "differ in one number"),
        ("a1..b3", "differ in one number"),
        ("a1b1..a2b2", "differ in one number"),
        ("a1..a1b2", "differ in one number"),
        ("ovh001..ovh10", "010 instead of 10"),
        ("ovh9..ovh1", "the lower number first"),
        (f"n0..n{MOST}", f"{MOST} names at most"),
    ],
)
def test_what_is_no_pattern_is_refused_with_what_is_allowed(pattern: str, allowed: str) -> None:
    with pytest.raises(BadWish, match=allowed) as refused:
        expand([pattern])
    assert refused.value.found == pattern


def test_a_name_that_is_meant_twice_is_refused() -> None:
    with pytest.raises(BadWish, match="'a2'; allowed: each name once"):
        expand(["a1..a3", "a2"])


@given(st.integers(0, 2000), st.integers(0, 200), st.integers(1, 5))
def test_names_of_a_pattern_are_in_the_order_of_people(low: int, more: int, width: int) -> None:
    names = expand([f"n{low:0{width}}..n{low + more:0{width}}"])
    assert len(set(names)) == more + 1
    assert sorted(names, key=order) == list(names)


@pytest.mark.parametrize("name", ["smithi001", "a.front.lab.example", "b_2", "1", "null", "x" * 63])
def test_a_host_name_is_a_name(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-x", "a b", "a?b", "a%2Fb", "\u00fc", "n1..n2", "a."]
)
def test_what_no_path_can_carry_as_it_is_is_no_name(name: str) -> None:
    with pytest.raises(BadWish, match="host names"):
        check_name(name)


def test_a_name_is_no_longer_than_in_dns() -> None:
    check_name(".".join(["x" * 62] * 4))
    with pytest.raises(BadWish, match=f"of {LONGEST} characters"):
        check_name(".".join(["x" * 63] * 4))


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_word_of_the_routes_is_no_name(word: str) -> None:
    with pytest.raises(BadWish, match="all host names but change, job_stats"):
        check_name(word)
