from leasehold.engine.reason import Cause
from leasehold.lab.advice import ADVICE


def test_every_cause_comes_with_a_next_step() -> None:
    assert set(ADVICE) == set(Cause)
    assert all(text.endswith(".") for text in ADVICE.values())
