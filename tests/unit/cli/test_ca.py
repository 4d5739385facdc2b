"""What `leasehold ca` refuses."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leasehold.cli import ca
from leasehold.cli.exits import UsageError
from leasehold.datasets.flocker.authority import Authority, AuthorityError
from leasehold.datasets.flocker.certificate import Role
from tests.unit.datasets.flocker.flocker_ca import FlockerCa

NOW = datetime.now(UTC).replace(microsecond=0)


def test_an_authority_is_not_retired_while_somebody_would_be_shut_out(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, "lab", now=NOW)
    authority.issue(Role.USER, "ann", tmp_path, now=NOW)
    ca.rotate(directory=tmp_path)
    with pytest.raises(AuthorityError, match="would be shut out: user ann"):
        ca.retire(directory=tmp_path)
    ca.user("ann", directory=tmp_path, output=tmp_path)
    ca.retire(directory=tmp_path)


def test_one_of_flocker_is_retired_by_force_alone_for_nobody_knows_what_it_issued(
    tmp_path: Path,
) -> None:
    flocker = FlockerCa(tmp_path)
    flocker.user("ann")
    ca.rotate(directory=tmp_path)
    with pytest.raises(AuthorityError, match="would be shut out: user ann"):
        ca.retire(directory=tmp_path)
    ca.user("ann", directory=tmp_path, output=tmp_path)
    with pytest.raises(AuthorityError, match="may have issued more than lies here"):
        ca.retire(directory=tmp_path)
    ca.retire(directory=tmp_path, force=True)
    assert not Authority(tmp_path).may_have_issued_more


@pytest.mark.parametrize("serial", ["", "0", "-1", "ann", "f" * 41])
def test_what_is_no_serial_number_is_wrong_use(tmp_path: Path, serial: str) -> None:
    Authority.create(tmp_path, "lab", now=NOW)
    with pytest.raises(UsageError, match="a number in hexadecimal"):
        ca.revoke(serial=serial, directory=tmp_path)


def test_a_revocation_is_of_somebody_or_of_a_number() -> None:
    for words in ((), ("user",)):
        with pytest.raises(UsageError, match="ROLE and NAME, or --serial"):
            ca.revoke(*words)
    with pytest.raises(UsageError, match="ROLE and NAME, or --serial"):
        ca.revoke("user", "ann", serial="1f")
