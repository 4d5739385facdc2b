"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.duration import BadDuration, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2h", 7200),
        ("1d", 86400),
        ("1h30m", 5400),
        (" 2H ", 7200),
        ("0s", 0),
        ("1d2h3m4s", 93784),
    ],
)
def test_what_people_write(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2x", "-2h", "1.5h", "2 h", "2h ago", "२h", "1h\n2"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(BadDuration, match="1h30m") as caught:
        parse_duration(text)
    assert caught.value.found == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (45, "45s"),
        (5400, "1h30m"),
        (172800, "2d"),
        (90061, "1d1h"),
        (59.6, "1m"),
        (-5, "0s"),
        (3601, "1h1s"),
    ],
)
def test_what_people_read(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 10**9))
def test_what_is_shown_can_be_typed_in_and_is_never_more(seconds: int) -> None:
    shown = parse_duration(format_duration(seconds))
    assert shown <= seconds
    assert seconds - shown < max(1, shown) or seconds < 60
    assert format_duration(shown) == format_duration(seconds)


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from("dhms")), min_size=1, max_size=4))
def test_parts_add_up(parts) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert parse_duration(text) == sum(parse_duration(f"{n}{unit}") for n, unit in parts)
