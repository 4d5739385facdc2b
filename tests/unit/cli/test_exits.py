from pathlib import Path

import pytest

from leasehold.cli.client import Refused
from leasehold.cli.exits import MEANINGS, Exit, Failure, Unreachable, UsageError, exit_of
from leasehold.errors import LeaseholdError
from leasehold.lab.duration import BadDuration
from leasehold.lab.table import ConfigError
from leasehold.service.problem import Problem


def refused(status: int) -> Refused:
    return Refused(status, Problem(code="x", message="x"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), Exit.USAGE),
        (BadDuration("3x"), Exit.USAGE),
        (ConfigError(Path("f"), "k", "found", "allowed"), Exit.USAGE),
        (Unreachable("http://h", "refused"), Exit.UNREACHABLE),
        (refused(400), Exit.USAGE),
        (refused(401), Exit.REFUSED),
        (refused(403), Exit.REFUSED),
        (refused(404), Exit.FAILED),
        (refused(409), Exit.REFUSED),
        (refused(500), Exit.FAILED),
        (Failure("x"), Exit.FAILED),
        (LeaseholdError("x"), Exit.FAILED),
    ],
)
def test_each_error_has_its_exit_code(error: LeaseholdError, code: Exit) -> None:
    assert exit_of(error) is code


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Exit)


def test_an_unreachable_service_says_how_to_start_one() -> None:
    message = str(Unreachable("http://h:1", "Connection refused"))
    for word in ("http://h:1", "Connection refused", "leasehold serve", "LEASEHOLD_SERVER"):
        assert word in message
