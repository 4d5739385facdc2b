"""Blazar, of which the testbed has none: leases, and hosts for administrators."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError

from tests.system.libcloud.pair import Pair

HOST = {
    "resource_type": "physical:host",
    "min": 1,
    "max": 1,
    "hypervisor_properties": "",
    "resource_properties": "",
}


@pytest.fixture
def lease(emulated: Pair) -> Iterator[Any]:
    reservation = emulated.ours.cloud.reservation
    end = datetime.now(UTC) + timedelta(hours=2)
    made = reservation.create_lease(name="night", end=end, reservations=[HOST])
    yield made
    reservation.delete_lease(made.id)


def test_leases_are_listed_alike(emulated: Pair, lease: Any) -> None:
    (listed,) = emulated.read(lambda driver: driver.ex_list_leases())
    assert listed.reservations[0]["resource_type"] == "physical:host"


def test_hosts_are_listed_alike(emulated: Pair, account: dict[str, Any]) -> None:
    boss = {**account, "key": "admin", "secret": "admin", "ex_tenant_name": "admin"}
    administrators = Pair(*(type(driver)(**boss) for driver in emulated))
    assert administrators.read(lambda driver: driver.ex_list_hosts())


def test_hosts_are_refused_to_others(emulated: Pair) -> None:
    """Libcloud's parser of errors breaks on Blazar's: TypeError instead of 403."""
    with pytest.raises(BaseHTTPError) as refused:
        emulated.ours.ex_list_hosts()
    assert refused.value.code == 403
    with pytest.raises(TypeError):
        emulated.theirs.ex_list_hosts()
