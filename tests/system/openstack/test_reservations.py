"""Blazar, of which the testbed has none."""

from datetime import UTC, datetime, timedelta

import pytest

from leasehold.emulator import Emulator
from leasehold.openstack import Conflict, Connection, Forbidden, NotFound

from .conftest import connected

HOST = {
    "resource_type": "physical:host",
    "min": 1,
    "max": 1,
    "hypervisor_properties": "",
    "resource_properties": "",
}


def test_a_host_is_reserved_and_given_back(connection: Connection) -> None:
    reservation = connection.reservation
    start = datetime.now(UTC) + timedelta(days=1)
    end = start + timedelta(hours=2)
    made = reservation.create_lease(name="night", start=start, end=end, reservations=[HOST])
    assert made.end_date - made.start_date == timedelta(hours=2)
    assert made.start_date.tzinfo is not None
    assert made.reservations[0].resource_type == "physical:host"
    assert [lease.id for lease in reservation.leases()] == [made.id]
    with pytest.raises(Conflict):
        reservation.create_lease(name="again", start=start, end=end, reservations=[HOST])
    reservation.delete_lease(made.id)
    with pytest.raises(NotFound):
        reservation.lease(made.id)


def test_hosts_are_for_administrators(emulator: Emulator, connection: Connection) -> None:
    with connected(emulator, username="admin", password="admin", project_name="admin") as cloud:
        (host, *_) = cloud.reservation.hosts()
        assert cloud.reservation.host(host.id) == host
        assert host.vcpus > 0
    with pytest.raises(Forbidden):
        list(connection.reservation.hosts())


def test_a_lease_needs_times_with_a_zone(connection: Connection) -> None:
    with pytest.raises(ValueError, match="time zone"):
        connection.reservation.create_lease(name="n", end=datetime(2030, 1, 1), reservations=[])  # noqa: DTZ001 - what is refused
