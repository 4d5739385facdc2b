"""The filters of a list, as paddles' clients write them."""

import pytest

from leasehold.paddles.filters import Filter, read_filter, read_since_days
from leasehold.paddles.web import Refused


@pytest.mark.parametrize(("text", "meant"), [("1", True), ("True", True), ("0", False)])
def test_flags_are_written_as_digits_or_words(text, meant):
    assert read_filter({"locked": text, "up": text}) == Filter(locked=meant, up=meant)


def test_machine_types_are_several_with_a_bar_and_one_with_a_comma():
    assert read_filter({"machine_type": "a|b"}).machine_types == {"a", "b"}
    assert read_filter({"machine_type": "a,b"}).machine_types == {"a,b"}


def test_what_is_empty_or_unknown_filters_nothing():
    nothing = {"arch": "x86_64", "is_vm": "1", "locked": "", "machine_type": "", "os_type": ""}
    assert read_filter(nothing) == Filter()


@pytest.mark.parametrize("count", ["", "-1", "three", "1.0", "\u0663", "9" * 30])
def test_a_count_is_digits(count):
    with pytest.raises(Refused, match="count must be an integer") as found:
        read_filter({"count": count})
    assert found.value.status == 400


@pytest.mark.parametrize("value", ["yes", "2", "None"])
def test_a_flag_that_is_none_is_refused_by_its_name(value):
    with pytest.raises(Refused, match="locked must be"):
        read_filter({"locked": value})


def test_statistics_cover_a_positive_number_of_days_and_two_weeks_unless_asked():
    assert read_since_days({}) == 14
    assert read_since_days({"since_days": "3"}) == 3
    for wrong in ("0", "-1", "x"):
        with pytest.raises(Refused, match="since_days must be a positive integer"):
            read_since_days({"since_days": wrong})
