"""Nova: one server, from the call that makes it to the moment it is no more."""

import base64

from tests.contract.api import refused
from tests.contract.server_forms import (
    ACTIVE,
    ACTIVE_2_79,
    ACTIVE_2_96,
    ADDRESS,
    BORN,
    FAILED,
    SERVER,
)
from tests.contract.shape import has_form
from tests.contract.tenant import PUBLIC_KEY, Tenant


def test_a_server_is_accepted_built_and_active(cloud: Tenant) -> None:
    answer = cloud.compute.post("/servers", cloud.server_body(metadata={"leasehold": "a/b"}))
    assert answer.status == 202
    has_form(answer.one, BORN)
    assert answer.headers["Location"] == f"{cloud.compute.endpoint}/servers/{answer.one['id']}"

    sights = cloud.server_is(answer.one["id"], "ACTIVE")
    assert sights[0]["status"] == "BUILD"
    assert {sight["status"] for sight in sights} == {"BUILD", "ACTIVE"}
    for sight in sights[:-1]:
        has_form({"security_groups": []} | sight, ACTIVE)
        assert sight["OS-EXT-STS:vm_state"] == "building"
        assert sight["OS-EXT-STS:task_state"] in {
            "scheduling",
            None,
            "networking",
            "block_device_mapping",
            "spawning",
        }
        assert sight["OS-SRV-USG:launched_at"] is None

    server = sights[-1]
    has_form(server, ACTIVE)
    assert server["tenant_id"] == cloud.project_id
    assert server["metadata"] == {"leasehold": "a/b"}
    assert server["image"]["id"] == cloud.image_id
    assert server["flavor"]["id"] == cloud.flavor_id
    assert server["OS-EXT-STS:vm_state"] == "active"
    assert server["OS-EXT-STS:task_state"] is None
    assert server["OS-EXT-STS:power_state"] == 1
    assert server["OS-SRV-USG:launched_at"].endswith(".000000")
    assert server["created"].endswith("Z")
    (address,) = server["addresses"].pop(cloud.network_name)
    assert server["addresses"] == {}
    has_form(address, ADDRESS)
    assert address["OS-EXT-IPS:type"] == "fixed"


def test_a_server_shows_more_in_later_versions(cloud: Tenant) -> None:
    server_id = cloud.a_server()
    has_form(cloud.compute.get(f"/servers/{server_id}", version="2.79").one, ACTIVE_2_79)
    has_form(cloud.compute.get(f"/servers/{server_id}", version="2.96").one, ACTIVE_2_96)


def test_what_a_server_was_given_at_birth_is_shown(cloud: Tenant) -> None:
    cloud.made(cloud.compute, "/os-keypairs", keypair={"name": "a-key", "public_key": PUBLIC_KEY})
    server_id = cloud.a_server(
        key_name="a-key",
        config_drive=True,
        user_data=base64.b64encode(b"#cloud-config\n").decode(),
    )
    server = cloud.compute.get(f"/servers/{server_id}").one
    assert server["key_name"] == "a-key"
    assert server["config_drive"] == "True"


def test_a_server_that_fits_no_host_ends_in_error_and_says_why(cloud: Tenant) -> None:
    flavor = {"name": "contract-huge", "ram": 64, "vcpus": 1, "disk": 1_000_000}
    flavor_id = cloud.admin.compute.post("/flavors", {"flavor": flavor}).one["id"]
    try:
        answer = cloud.compute.post("/servers", cloud.server_body(flavorRef=flavor_id))
        assert answer.status == 202
        server = cloud.server_is(answer.one["id"], "ERROR")[-1]
        has_form(server, FAILED)
        assert server["fault"]["message"] == "No valid host was found. "
        assert server["fault"]["code"] == 500
        assert server["hostId"] == ""
        assert server["addresses"] == {}
        assert server["OS-EXT-STS:vm_state"] == "error"
        assert cloud.compute.delete(f"/servers/{answer.one['id']}").status == 204
        cloud.gone(cloud.compute, f"/servers/{answer.one['id']}")
    finally:
        assert cloud.admin.compute.delete(f"/flavors/{flavor_id}").status == 202


def test_a_server_on_a_network_it_may_not_use_ends_in_error(cloud: Tenant) -> None:
    body = cloud.server_body(networks=[{"uuid": cloud.external_network_id}])
    answer = cloud.compute.post("/servers", body)
    assert answer.status == 202
    server = cloud.server_is(answer.one["id"], "ERROR")[-1]
    has_form(server, FAILED)
    assert server["fault"]["message"] == (
        f"Build of instance {server['id']} aborted: "
        "Failed to allocate the network(s), not rescheduling."
    )


def test_a_deleted_server_goes_away(cloud: Tenant) -> None:
    server_id = cloud.a_server()
    answer = cloud.compute.delete(f"/servers/{server_id}")
    assert (answer.status, answer.text) == (204, "")
    sights = cloud.gone(cloud.compute, f"/servers/{server_id}")
    assert {sight["status"] for sight in sights} <= {"ACTIVE", "DELETED"}
    assert {sight["OS-EXT-STS:task_state"] for sight in sights} <= {"deleting", None}

    again = cloud.compute.delete(f"/servers/{server_id}")
    refused(again, 404, "itemNotFound", rf"Instance {server_id} could not be found\.")


def test_the_port_made_for_a_server_goes_with_it_and_the_one_given_stays(cloud: Tenant) -> None:
    given = cloud.a_port()["id"]
    server_id = cloud.a_server(networks=[{"port": given}, {"uuid": cloud.network_id}])

    ports = cloud.network.get(f"/ports?device_id={server_id}").one
    assert len(ports) == 2
    assert {port["device_owner"] for port in ports} == {"compute:nova"}
    assert {port["status"] for port in ports} == {"ACTIVE"}

    cloud.compute.delete(f"/servers/{server_id}")
    cloud.gone(cloud.compute, f"/servers/{server_id}")
    (left,) = cloud.network.get(f"/ports?network_id={cloud.network_id}&device_owner=").one
    assert left["id"] == given
    assert (left["device_id"], left["device_owner"]) == ("", "")
    assert left["status"] in {"DOWN", "ACTIVE"}


def test_a_server_stops_starts_and_reboots(cloud: Tenant) -> None:
    server_id = cloud.a_server()
    action = f"/servers/{server_id}/action"

    assert cloud.compute.post(action, {"os-stop": None}).status == 202
    stopped = cloud.server_is(server_id, "SHUTOFF")[-1]
    assert stopped["OS-EXT-STS:vm_state"] == "stopped"
    assert stopped["OS-EXT-STS:power_state"] == 4
    has_form(stopped, SERVER | {"security_groups": [{"name": str}]})
    refused(
        cloud.compute.post(action, {"os-stop": None}),
        409,
        "conflictingRequest",
        f"Cannot 'stop' instance {server_id} while it is in vm_state stopped",
    )

    assert cloud.compute.post(action, {"os-start": None}).status == 202
    cloud.server_is(server_id, "ACTIVE")
    assert cloud.compute.post(action, {"reboot": {"type": "SOFT"}}).status == 202
    cloud.server_is(server_id, "ACTIVE")


def test_an_action_that_is_none_is_refused(cloud: Tenant) -> None:
    answer = cloud.compute.post(f"/servers/{cloud.a_server()}/action", {"fly": None})
    refused(answer, 400, "badRequest", "There is no such action: fly")


def test_metadata_is_added_and_taken_away_by_key(cloud: Tenant) -> None:
    server_id = cloud.a_server(metadata={"a": "1"})
    path = f"/servers/{server_id}/metadata"
    assert cloud.compute.post(path, {"metadata": {"b": "2"}}).body == {
        "metadata": {"a": "1", "b": "2"}
    }
    assert cloud.compute.delete(f"{path}/a").status == 204
    assert cloud.compute.get(path).body == {"metadata": {"b": "2"}}
    refused(cloud.compute.delete(f"{path}/a"), 404, "itemNotFound", "Metadata item was not found")


def test_a_server_takes_another_name(cloud: Tenant) -> None:
    server_id = cloud.a_server()
    answer = cloud.compute.put(f"/servers/{server_id}", {"server": {"name": "another"}})
    assert answer.status == 200
    assert answer.one["name"] == "another"
    assert cloud.compute.get(f"/servers/{server_id}").one["name"] == "another"


def test_a_server_boots_from_a_volume_and_shows_no_image(cloud: Tenant) -> None:
    volume_id = cloud.a_volume(imageRef=cloud.image_id)
    device = {
        "uuid": volume_id,
        "source_type": "volume",
        "destination_type": "volume",
        "boot_index": 0,
        "delete_on_termination": False,
    }
    server_id = cloud.a_server(imageRef=None, block_device_mapping_v2=[device])
    server = cloud.compute.get(f"/servers/{server_id}").one
    assert server["image"] == ""
    assert server["os-extended-volumes:volumes_attached"] == [{"id": volume_id}]
    assert cloud.volume.get(f"/volumes/{volume_id}").one["status"] == "in-use"

    cloud.compute.delete(f"/servers/{server_id}")
    cloud.volume_is(volume_id, "available")
