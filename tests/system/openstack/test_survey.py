"""The survey of an emulated cloud, well and ill."""

from datetime import UTC, datetime

from leasehold.emulator import Emulator
from leasehold.openstack import Connection
from leasehold.openstack.findings import findings_of
from leasehold.openstack.survey import Severity, Survey, survey

from .conftest import connected


def look(connection: Connection) -> Survey:
    return survey(connection, now=lambda: datetime.now(UTC))


def test_a_cloud_that_is_well_has_nothing_to_fail(connection: Connection) -> None:
    seen = look(connection)
    assert [service.trouble for service in seen.services] == [None] * 4
    assert [f for f in findings_of(seen) if f.severity is Severity.FAIL] == []


def test_a_service_that_is_down_is_found_and_the_rest_is_seen(
    emulator: Emulator, connection: Connection
) -> None:
    emulator.faults.begin_outage("network")
    seen = look(connection)
    assert [finding.about for finding in findings_of(seen)] == ["network"]
    assert seen.stock.images


def test_a_region_that_is_not_there_is_found_for_every_service(emulator: Emulator) -> None:
    seen = look(connected(emulator, region="Elsewhere"))
    assert len(seen.services) == 4
    assert all("RegionOne" in service.trouble for service in seen.services)


def test_wrong_credentials_are_all_there_is_to_say(emulator: Emulator) -> None:
    (finding,) = findings_of(look(connected(emulator, password="wrong")))
    assert finding.about == "sign-in"
