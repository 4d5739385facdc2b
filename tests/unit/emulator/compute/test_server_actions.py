"""Actions that take a server from one state to another."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess


def state(cloud: InProcess, server: Any) -> tuple[str, str | None]:
    shown = cloud.server(server["id"])
    return shown["status"], shown["OS-EXT-STS:task_state"]


@pytest.mark.parametrize(
    ("steps", "during", "after"),
    [
        (["os-stop"], ("ACTIVE", "powering-off"), "SHUTOFF"),
        (["os-stop", "os-start"], ("SHUTOFF", "powering-on"), "ACTIVE"),
        (["pause"], ("ACTIVE", "pausing"), "PAUSED"),
        (["pause", "unpause"], ("PAUSED", "unpausing"), "ACTIVE"),
        (["suspend"], ("ACTIVE", "suspending"), "SUSPENDED"),
        (["suspend", "resume"], ("SUSPENDED", "resuming"), "ACTIVE"),
        (["rescue"], ("ACTIVE", "rescuing"), "RESCUE"),
        (["rescue", "unrescue"], ("RESCUE", "unrescuing"), "ACTIVE"),
    ],
)
def test_an_action_shows_its_task_and_then_arrives(
    cloud: InProcess, steps: list[str], during: tuple[str, str], after: str
) -> None:
    server = cloud.a_server()
    for step in steps[:-1]:
        cloud.act(server["id"], step)
        cloud.advance(2)
    assert cloud.act(server["id"], steps[-1]).status in (200, 202)
    assert state(cloud, server) == during
    cloud.advance(2)
    assert state(cloud, server) == (after, None)


@pytest.mark.parametrize(
    ("kind", "status"), [("SOFT", "REBOOT"), ("HARD", "HARD_REBOOT"), ("soft", "REBOOT")]
)
def test_a_reboot_says_of_which_kind_it_is(cloud: InProcess, kind: str, status: str) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "reboot", {"type": kind})
    assert state(cloud, server)[0] == status
    cloud.advance(2)
    assert state(cloud, server) == ("ACTIVE", None)


def test_a_stopped_server_reboots_the_hard_way_only(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "os-stop")
    cloud.advance(2)
    assert cloud.act(server["id"], "reboot", {"type": "SOFT"}).status == 409
    assert cloud.act(server["id"], "reboot", {"type": "HARD"}).status == 202
    cloud.advance(2)
    assert state(cloud, server) == ("ACTIVE", None)


@pytest.mark.parametrize("action", ["os-start", "unpause", "resume", "unrescue", "confirmResize"])
def test_an_action_of_another_state_is_a_conflict(cloud: InProcess, action: str) -> None:
    server = cloud.a_server()
    reply = cloud.act(server["id"], action)
    assert reply.status == 409
    name = action.removeprefix("os-")
    assert reply.message == (
        f"Cannot '{name}' instance {server['id']} while it is in vm_state active"
    )


def test_an_action_during_another_is_a_conflict(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "os-stop")
    reply = cloud.act(server["id"], "pause")
    assert reply.status == 409
    assert reply.message.endswith("while it is in task_state powering-off")


def test_a_server_that_is_built_takes_no_action(cloud: InProcess) -> None:
    server = cloud.a_server(built=False)
    reply = cloud.act(server["id"], "os-stop")
    assert reply.status == 409
    assert reply.message.endswith("while it is in vm_state building")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Malformed request body"),
        ({"os-stop": None, "os-start": None}, "Malformed request body"),
        ({"dance": None}, "There is no such action: dance"),
        ({"reboot": {"type": "GENTLE"}}, "'GENTLE' is not one of"),
    ],
)
def test_what_is_no_action_is_refused(cloud: InProcess, body: dict[str, Any], message: str) -> None:
    server = cloud.a_server()
    reply = cloud.call("POST", f"/compute/v2.1/servers/{server['id']}/action", body)
    assert reply.status == 400
    assert message in reply.message


@pytest.mark.parametrize("action", ["addFloatingIp", "removeFloatingIp", "addFixedIp"])
def test_neutrons_business_is_gone_from_2_44(cloud: InProcess, action: str) -> None:
    server = cloud.a_server()
    assert cloud.act(server["id"], action, {"address": "1.2.3.4"}, version="2.44").status == 404


def test_a_lock_keeps_its_owners_hands_off_until_it_is_lifted(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "lock", {"locked_reason": "maintenance"}, version="2.73")
    shown = cloud.server(server["id"])
    assert (shown["locked"], shown["locked_reason"]) == (True, "maintenance")
    reply = cloud.act(server["id"], "os-stop")
    assert (reply.status, reply.message) == (409, f"Instance {server['id']} is locked")
    assert cloud.act(server["id"], "unlock").status == 202
    assert cloud.act(server["id"], "os-stop").status == 202


def test_an_administrators_lock_is_not_the_owners_to_lift(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "lock", user="admin")
    assert cloud.act(server["id"], "unlock").status == 403
    assert cloud.act(server["id"], "os-stop", user="admin").status == 202


def test_the_console_can_be_cut_to_its_last_lines(cloud: InProcess) -> None:
    server = cloud.a_server()
    reply = cloud.act(server["id"], "os-getConsoleOutput")
    assert "web" in reply.json["output"]
    assert cloud.act(server["id"], "os-getConsoleOutput", {"length": 0}).json["output"] == ""
    building = cloud.a_server(built=False)
    assert cloud.act(building["id"], "os-getConsoleOutput").status == 409


def test_security_groups_come_and_go_on_all_ports(cloud: InProcess) -> None:
    wish = {"security_group": {"name": "ssh"}}
    assert cloud.call("POST", "/network/v2.0/security-groups", wish).status == 201
    server = cloud.a_server()
    assert cloud.act(server["id"], "addSecurityGroup", {"name": "ssh"}).status == 202
    groups = {group["name"] for group in cloud.server(server["id"])["security_groups"]}
    assert groups == {"default", "ssh"}
    assert cloud.act(server["id"], "removeSecurityGroup", {"name": "default"}).status == 202
    assert cloud.server(server["id"])["security_groups"] == [{"name": "ssh"}]
    assert cloud.act(server["id"], "addSecurityGroup", {"name": "none"}).status == 404


def test_a_password_can_be_changed(cloud: InProcess) -> None:
    server = cloud.a_server()
    assert cloud.act(server["id"], "changePassword", {"adminPass": "new"}).status == 202
    assert state(cloud, server) == ("PASSWORD", "updating_password")
    assert cloud.act(server["id"], "changePassword", {}).status == 400


def test_a_reset_wins_over_what_was_under_way(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "os-stop")
    cloud.act(server["id"], "os-resetState", {"state": "error"}, user="admin")
    cloud.advance(2)
    assert state(cloud, server) == ("ERROR", None)
    assert cloud.act(server["id"], "os-resetState", {"state": "odd"}, user="admin").status == 400


def test_the_history_tells_what_was_done(cloud: InProcess) -> None:
    server = cloud.a_server()
    stop = cloud.act(server["id"], "os-stop")
    cloud.advance(2)
    path = f"/compute/v2.1/servers/{server['id']}/os-instance-actions"
    actions = cloud.call("GET", path).json["instanceActions"]
    assert [action["action"] for action in actions] == ["stop", "create"]
    request_id = stop.headers["x-openstack-request-id"]
    one = cloud.call("GET", f"{path}/{request_id}").json["instanceAction"]
    assert one["start_time"] == "2026-03-01T12:00:10.000000"
    assert one["updated_at"] == "2026-03-01T12:00:12.000000"
    assert cloud.call("GET", f"{path}/req-unknown").status == 404


def test_a_deleted_server_has_its_history_still(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.call("DELETE", f"/compute/v2.1/servers/{server['id']}")
    cloud.advance(4)
    path = f"/compute/v2.1/servers/{server['id']}/os-instance-actions"
    assert cloud.call("GET", path, version="2.20").status == 404
    actions = cloud.call("GET", path, version="2.21").json["instanceActions"]
    assert [action["action"] for action in actions] == ["delete", "create"]
