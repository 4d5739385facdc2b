"""A server's way from BUILD to ACTIVE or ERROR."""

from typing import Any

import pytest

from leasehold.emulator import Delay, Delays, Effect, Rule
from tests.unit.emulator.conftest import InProcess


def states(server: Any) -> tuple[str, str | None]:
    return server["status"], server["OS-EXT-STS:task_state"]


def test_a_server_is_scheduled_gets_its_ports_and_volumes_spawns_and_is_active(
    cloud: InProcess,
) -> None:
    server = cloud.a_server(built=False)
    seen = [states(server)]
    for _ in range(100):
        cloud.advance(0.1)
        now = states(cloud.server(server["id"]))
        if now != seen[-1]:
            seen.append(now)
    assert seen == [
        ("BUILD", "scheduling"),
        ("BUILD", "networking"),
        ("BUILD", "block_device_mapping"),
        ("BUILD", "spawning"),
        ("ACTIVE", None),
    ]


def test_a_server_hides_its_addresses_until_it_is_active(cloud: InProcess) -> None:
    server = cloud.a_server(built=False)
    cloud.advance(9)
    assert cloud.server(server["id"])["addresses"] == {}
    cloud.advance(1)
    active = cloud.server(server["id"])
    (address,) = active["addresses"]["lab"]
    assert address["addr"] == "10.20.0.2"
    assert active["OS-SRV-USG:launched_at"] == "2026-03-01T12:00:10.000000"
    assert active["OS-EXT-STS:power_state"] == 1
    assert active["OS-EXT-AZ:availability_zone"] == "nova"


def test_nova_makes_a_port_and_shows_its_groups(cloud: InProcess) -> None:
    server = cloud.a_server()
    (port,) = cloud.call("GET", f"/network/v2.0/ports?device_id={server['id']}").json["ports"]
    assert port["device_owner"] == "compute:nova"
    assert port["status"] == "ACTIVE"
    assert server["security_groups"] == [{"name": "default"}]


def test_a_port_that_was_there_before_is_used(cloud: InProcess) -> None:
    wish = {"port": {"network_id": cloud.network_id(), "name": "mine"}}
    port = cloud.call("POST", "/network/v2.0/ports", wish).json["port"]
    server = cloud.a_server(networks=[{"port": port["id"], "tag": "front"}])
    assert server["addresses"]["lab"][0]["addr"] == port["fixed_ips"][0]["ip_address"]
    path = f"/compute/v2.1/servers/{server['id']}/os-interface"
    (interface,) = cloud.call("GET", path, version="2.70").json["interfaceAttachments"]
    assert (interface["port_id"], interface["tag"]) == (port["id"], "front")


@pytest.mark.parametrize(("networks", "count"), [("none", 0), ("auto", 1), ([], 1), (..., 1)])
def test_networks_can_be_left_to_nova(cloud: InProcess, networks: Any, count: int) -> None:
    version = "2.37" if isinstance(networks, str) else "2.36"
    server = cloud.a_server(networks=networks, version=version)
    assert server["status"] == "ACTIVE"
    assert len(server["addresses"]) == count


def test_a_wished_address_is_given(cloud: InProcess) -> None:
    wish = [{"uuid": cloud.network_id(), "fixed_ip": "10.20.7.7"}]
    assert cloud.a_server(networks=wish)["addresses"]["lab"][0]["addr"] == "10.20.7.7"


def test_an_address_that_cannot_be_fails_the_build_and_leaves_no_port(cloud: InProcess) -> None:
    wish = [{"uuid": cloud.network_id()}, {"uuid": cloud.network_id(), "fixed_ip": "10.99.0.1"}]
    server = cloud.a_server(networks=wish)
    assert states(server) == ("ERROR", None)
    assert server["fault"]["code"] == 500
    assert "aborted" in server["fault"]["message"]
    assert "10.99.0.1" in server["fault"]["message"]
    assert cloud.cloud.leftovers().ports == ()


def test_an_external_network_is_not_for_servers(cloud: InProcess) -> None:
    server = cloud.a_server(networks=[{"uuid": cloud.network_id("public")}])
    assert server["fault"]["message"].endswith(
        "aborted: Failed to allocate the network(s), not rescheduling."
    )


def test_no_valid_host_is_an_error_with_novas_own_words(cloud: InProcess) -> None:
    cloud.cloud.faults.add(Rule(effect=Effect.NO_VALID_HOST, kind="server"))
    server = cloud.a_server()
    assert states(server) == ("ERROR", None)
    assert server["fault"]["message"] == (
        "No valid host was found. There are not enough hosts available."
    )
    assert server["hostId"] == ""


def test_a_failed_build_is_an_error_without_ports(cloud: InProcess) -> None:
    cloud.cloud.faults.add(
        Rule(effect=Effect.FAILED_BUILD, kind="server", message="the disk is on fire")
    )
    server = cloud.a_server()
    assert server["status"] == "ERROR"
    assert server["fault"]["message"] == "the disk is on fire"
    assert cloud.cloud.leftovers().ports == ()


def test_a_stuck_build_stays_for_ever(cloud: InProcess) -> None:
    cloud.cloud.faults.add(Rule(effect=Effect.STUCK_BUILD, kind="server", count=1))
    stuck, fine = cloud.a_server(name="stuck"), cloud.a_server(name="fine")
    cloud.advance(100_000)
    alive = cloud.cloud.compute.servers.alive
    assert alive.get(stuck["id"]).task_state == "spawning"
    assert alive.get(fine["id"]).vm_state == "active"


def test_boot_times_differ_within_the_settings_delay(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(delays=Delays(boot=Delay(low=5, mode=10, high=20)))
    for _ in range(20):
        cloud.a_server(built=False)
    active = []
    for _ in range(20):
        cloud.advance(1)
        listed = cloud.call("GET", "/compute/v2.1/servers?status=ACTIVE").json["servers"]
        active.append(len(listed))
    assert active[3] == 0
    assert 0 < active[9] < 20
    assert active[19] == 20


def a_volume(cloud: InProcess, **fields: Any) -> str:
    reply = cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1, **fields}})
    assert reply.status == 202, reply.body
    cloud.advance(2)
    return str(reply.json["volume"]["id"])


def volume(cloud: InProcess, volume_id: str) -> Any:
    return cloud.call("GET", f"/volume/v3/volumes/{volume_id}").json["volume"]


def test_a_server_boots_from_a_volume_that_is_there(cloud: InProcess) -> None:
    volume_id = a_volume(cloud, imageRef=cloud.image_id())
    mapping = {
        "boot_index": 0,
        "uuid": volume_id,
        "source_type": "volume",
        "destination_type": "volume",
    }
    server = cloud.a_server(imageRef=..., block_device_mapping_v2=[mapping])
    assert server["status"] == "ACTIVE"
    assert server["image"] == ""
    assert volume(cloud, volume_id)["status"] == "in-use"
    assert server["os-extended-volumes:volumes_attached"] == [
        {"id": volume_id, "delete_on_termination": False}
    ]


def test_a_server_boots_from_a_volume_made_of_an_image_and_takes_it_with_it(
    cloud: InProcess,
) -> None:
    mapping = {
        "boot_index": 0,
        "uuid": cloud.image_id(),
        "source_type": "image",
        "destination_type": "volume",
        "volume_size": 2,
        "delete_on_termination": True,
    }
    server = cloud.a_server(imageRef=..., block_device_mapping_v2=[mapping])
    cloud.advance(5)
    server = cloud.server(server["id"])
    assert server["status"] == "ACTIVE"
    (attached,) = server["os-extended-volumes:volumes_attached"]
    assert volume(cloud, attached["id"])["size"] == 2
    cloud.call("DELETE", f"/compute/v2.1/servers/{server['id']}")
    cloud.advance(10)
    assert cloud.cloud.leftovers().nothing


def test_a_volume_that_fails_fails_the_server(cloud: InProcess) -> None:
    mapping = {
        "uuid": cloud.image_id(),
        "source_type": "image",
        "destination_type": "volume",
        "volume_size": 1,
        "boot_index": 0,
    }
    quota = {"quota_set": {"gigabytes": 0}}
    project = cloud.cloud.project("demo").id
    cloud.call("PUT", f"/volume/v3/os-quota-sets/{project}", quota, user="admin")
    server = cloud.a_server(imageRef=..., block_device_mapping_v2=[mapping])
    assert server["status"] == "ERROR"
    assert "aborted" in server["fault"]["message"]
