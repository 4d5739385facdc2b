"""A thousand lives in bad weather; ``LEASEHOLD_LIVES=10000`` for more, as the benchmark does."""

import os
from pathlib import Path

import pytest

from tests.simulation.soak import soak

LIVES = int(os.environ.get("LEASEHOLD_LIVES", "1000"))


@pytest.mark.timeout(0)
def test_after_a_thousand_lives_in_bad_weather_nothing_is_left(tmp_path: Path) -> None:
    report = soak(LIVES, tmp_path)
    assert report.leaks == ()
    assert report.wrong_deletes == ()
    assert report.faults > report.lives / 2, "the weather was bad"
    assert report.ready > report.lives / 2, "and yet most were served"
    assert report.crashes > 0
