"""How long things take, as measured."""

from leasehold.lab.paces import KEPT, UNKNOWN, Pace, Paces


def test_what_was_measured_before_is_recalled_and_goes_as_new_measurements_come() -> None:
    paces = Paces()
    paces.recall("demo", [90, 30, 60])
    assert paces.of("demo") == Pace(boot=60)
    for _ in range(KEPT):
        paces.booted("demo", 10)
    assert paces.of("demo") == Pace(boot=10)


def test_what_was_measured_since_is_not_mixed_with_what_is_recalled_late() -> None:
    paces = Paces()
    paces.booted("demo", 10)
    paces.recall("demo", [90, 90, 90])
    paces.recall("other", [])
    assert paces.of("demo") == Pace(boot=10)
    assert paces.of("other") == UNKNOWN
