"""A regex of teuthology's and ours let the same names pass."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leasehold.lab.teuthology.patterns import whole

PIECES = [
    "win",
    "-",
    ".*",
    ".",
    r"\.",
    r"\d+",
    "(a|b)",
    "[ab]",
    "|",
    "^",
    "$",
    "a?",
    "(?i:W)",
    "# c",
]
patterns = st.builds(
    lambda flags, pieces: flags + "".join(pieces),
    st.sampled_from(["", "", "(?i)", "(?x)", "(?is)"]),
    st.lists(st.sampled_from(PIECES), max_size=6),
)
names = st.text("winWIN-ab.7# c", max_size=12)


@given(patterns, names)
@example(r"(a|b)\1", "aab")
@example("win|b", "b2-7")
@example("(?x)win # which are Windows", "win-7")
@example("(?x)win# .*", "win-7")
@example(r"b2\.*", "b2-7")
def test_what_fits_the_beginning_of_a_name_there_fits_the_whole_name_here(
    pattern: str, name: str
) -> None:
    assert bool(re.match(pattern, name)) == bool(re.fullmatch(whole(pattern), name))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("win-.*", "win-.*"),
        (".*", ".*"),
        ("b2-", "b2-.*"),
        (".*beta", ".*beta.*"),
        ("a|b", "(?:a|b).*"),
    ],
)
def test_what_is_simple_stays_simple(theirs: str, ours: str) -> None:
    assert whole(theirs) == ours
