"""A server's end."""

from typing import Any

from leasehold.emulator import Effect, Rule
from tests.unit.emulator.conftest import InProcess

SERVERS = "/compute/v2.1/servers"


def delete(cloud: InProcess, server: Any) -> int | None:
    return cloud.call("DELETE", f"{SERVERS}/{server['id']}").status


def test_a_server_is_deleting_and_then_gone(cloud: InProcess) -> None:
    server = cloud.a_server()
    assert delete(cloud, server) == 204
    seen = cloud.server(server["id"])
    assert (seen["status"], seen["OS-EXT-STS:task_state"]) == ("ACTIVE", "deleting")
    cloud.advance(4)
    reply = cloud.call("GET", f"{SERVERS}/{server['id']}")
    assert reply.status == 404
    assert reply.message == f"Instance {server['id']} could not be found."
    assert delete(cloud, server) == 404


def test_a_second_delete_is_taken_and_changes_nothing(cloud: InProcess) -> None:
    server = cloud.a_server()
    delete(cloud, server)
    cloud.advance(3)
    assert delete(cloud, server) == 204
    cloud.advance(1)
    assert delete(cloud, server) == 404


def test_a_deleted_server_is_seen_by_those_who_ask_what_has_changed(cloud: InProcess) -> None:
    server = cloud.a_server()
    delete(cloud, server)
    cloud.advance(4)
    since = cloud.call("GET", f"{SERVERS}/detail?changes-since={server['updated']}")
    (seen,) = since.json["servers"]
    assert (seen["status"], seen["OS-EXT-STS:vm_state"]) == ("DELETED", "deleted")
    assert seen["OS-SRV-USG:terminated_at"] == "2026-03-01T12:00:14.000000"
    assert seen["addresses"] == {}
    assert cloud.call("GET", SERVERS).json["servers"] == []


def test_novas_own_ports_go_and_others_stay(cloud: InProcess) -> None:
    wish = {"port": {"network_id": cloud.network_id()}}
    port = cloud.call("POST", "/network/v2.0/ports", wish).json["port"]
    networks = [{"port": port["id"]}, {"uuid": cloud.network_id()}]
    server = cloud.a_server(networks=networks)
    delete(cloud, server)
    cloud.advance(4)
    (left,) = cloud.call("GET", "/network/v2.0/ports?device_id=").json["ports"]
    assert left["id"] == port["id"]
    assert (left["status"], left["device_owner"]) == ("DOWN", "")


def test_a_server_can_be_deleted_while_it_is_built(cloud: InProcess) -> None:
    server = cloud.a_server(built=False)
    cloud.advance(5)
    assert delete(cloud, server) == 204
    cloud.advance(20)
    assert cloud.cloud.leftovers().nothing


def test_attached_volumes_are_let_go(cloud: InProcess) -> None:
    made = cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1}}).json["volume"]
    cloud.advance(2)
    server = cloud.a_server()
    body = {"volumeAttachment": {"volumeId": made["id"]}}
    cloud.call("POST", f"{SERVERS}/{server['id']}/os-volume_attachments", body)
    cloud.advance(2)
    delete(cloud, server)
    cloud.advance(4)
    volume = cloud.call("GET", f"/volume/v3/volumes/{made['id']}").json["volume"]
    assert (volume["status"], volume["attachments"]) == ("available", [])


def test_a_locked_server_is_only_an_administrators_to_delete(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "lock")
    reply = cloud.call("DELETE", f"{SERVERS}/{server['id']}")
    assert (reply.status, reply.message) == (409, f"Instance {server['id']} is locked")
    path = f"{SERVERS}/{server['id']}"
    assert cloud.call("DELETE", path, user="admin").status == 204


def test_a_stuck_delete_stays_until_it_is_forced(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.cloud.faults.add(Rule(effect=Effect.STUCK_DELETE, kind="server", count=1))
    delete(cloud, server)
    cloud.advance(1000)
    delete(cloud, server)
    cloud.advance(1000)
    assert cloud.server(server["id"])["OS-EXT-STS:task_state"] == "deleting"
    assert cloud.act(server["id"], "forceDelete").status == 202
    cloud.advance(4)
    assert cloud.cloud.leftovers().nothing


def test_a_stuck_delete_can_be_repeated_after_an_administrator_has_reset_it(
    cloud: InProcess,
) -> None:
    server = cloud.a_server()
    cloud.cloud.faults.add(Rule(effect=Effect.STUCK_DELETE, kind="server", count=1))
    delete(cloud, server)
    assert cloud.act(server["id"], "os-resetState", {"state": "error"}).status == 403
    reset = cloud.act(server["id"], "os-resetState", {"state": "error"}, user="admin")
    assert reset.status == 202
    delete(cloud, server)
    cloud.advance(4)
    assert cloud.cloud.leftovers().nothing


def test_a_failed_delete_leaves_an_error_and_can_be_repeated(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.cloud.faults.add(Rule(effect=Effect.FAILED_DELETE, kind="server", count=1))
    delete(cloud, server)
    cloud.advance(4)
    failed = cloud.server(server["id"])
    assert (failed["status"], failed["OS-EXT-STS:task_state"]) == ("ERROR", None)
    assert failed["fault"]["message"] == "Failed to terminate instance."
    delete(cloud, server)
    cloud.advance(4)
    assert cloud.cloud.leftovers().nothing


def test_nobody_deletes_a_neighbours_server(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.cloud.seed_servers(1, project="admin", prefix="theirs")
    (theirs,) = cloud.call("GET", SERVERS, user="admin").json["servers"]
    assert delete(cloud, theirs) == 404
    assert cloud.server(server["id"])["status"] == "ACTIVE"
