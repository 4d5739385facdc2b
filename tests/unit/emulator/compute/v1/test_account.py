"""Limits and backup schedules of Nova 1.0."""

from leasehold.emulator import Quota
from tests.unit.emulator.compute.v1.test_servers import a_server, call
from tests.unit.emulator.conftest import InProcess


def test_limits_are_those_of_the_quota() -> None:
    cloud = InProcess(quota=Quota(ram=2048))
    assert call(cloud, "GET", "/limits").json == {
        "limits": {
            "rate": [],
            "absolute": {"maxTotalRAMSize": 2048, "maxIPGroups": 25, "maxIPGroupMembers": 25},
        }
    }


def test_a_backup_schedule_is_set_and_cleared(cloud: InProcess) -> None:
    path = f"/servers/{a_server(cloud)['id']}/backup_schedule"
    off = {"enabled": False, "weekly": "DISABLED", "daily": "DISABLED"}
    assert call(cloud, "GET", path).json == {"backupSchedule": off}
    wish = {"enabled": True, "weekly": "THURSDAY", "daily": "H_0400_0600"}
    assert call(cloud, "POST", path, {"backupSchedule": wish}).status == 204
    assert call(cloud, "GET", path).json == {"backupSchedule": wish}
    assert call(cloud, "DELETE", path).status == 204
    assert call(cloud, "GET", path).json == {"backupSchedule": off}
    assert call(cloud, "POST", path, {"backupSchedule": {"weekly": "NEVER"}}).status == 400
    assert call(cloud, "GET", "/servers/7/backup_schedule").status == 404
