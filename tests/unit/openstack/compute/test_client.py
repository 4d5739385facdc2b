from base64 import b64encode
from datetime import UTC, datetime

import pytest

from leasehold.openstack.compute import BlockDevice, BootVolume, ServerNetwork
from tests.unit.openstack.wire import NOVA, Reply, Wire, connection

NEW = Reply(
    {"server": {"id": "s1"}, "limits": {"absolute": {}}},
    headers={"OpenStack-API-Version": "compute 2.79"},
)


def creating(**fields) -> dict:
    """Create a server on a Nova that knows 2.79, and give what was sent."""
    wire = Wire().on("POST", f"{NOVA}/servers", NEW).on("GET", f"{NOVA}/limits", NEW)
    connection(wire).compute.create_server(name="one", flavor_id="f1", **fields)
    return wire.calls("POST")[0].json["server"]


def test_a_server_is_asked_for_with_what_was_given_and_no_more():
    assert creating(image_id="i1", networks=[ServerNetwork(port="p1")]) == {
        "name": "one",
        "flavorRef": "f1",
        "imageRef": "i1",
        "networks": [{"port": "p1"}],
    }


def test_disks_hints_and_fields_that_only_nova_knows_are_passed_on():
    wire = Wire().on("POST", f"{NOVA}/servers", NEW).on("GET", f"{NOVA}/limits", NEW)
    connection(wire).compute.create_server(
        name="one",
        flavor_id="f1",
        networks=[ServerNetwork(port="p1")],
        block_devices=[
            BlockDevice(uuid="i1", source_type="image", destination_type="volume", volume_size=9)
        ],
        scheduler_hints={"group": "g1"},
        extra={"OS-DCF:diskConfig": "AUTO"},
    )
    disk = {"uuid": "i1", "source_type": "image", "destination_type": "volume", "volume_size": 9}
    assert wire.calls("POST")[0].json == {
        "server": {
            "name": "one",
            "flavorRef": "f1",
            "networks": [{"port": "p1"}],
            "block_device_mapping_v2": [disk],
            "OS-DCF:diskConfig": "AUTO",
        },
        "os:scheduler_hints": {"group": "g1"},
    }


def test_a_server_is_asked_for_with_everything():
    assert creating(
        image_id="i1",
        networks=[ServerNetwork(uuid="n1", fixed_ip="10.0.0.9")],
        key_name="k",
        user_data="#!",
        metadata={"leasehold": "a/b"},
        availability_zone="z",
        security_groups=["web"],
        description="d",
        config_drive=True,
    ) == {
        "name": "one",
        "flavorRef": "f1",
        "imageRef": "i1",
        "networks": [{"uuid": "n1", "fixed_ip": "10.0.0.9"}],
        "key_name": "k",
        "user_data": b64encode(b"#!").decode(),
        "metadata": {"leasehold": "a/b"},
        "availability_zone": "z",
        "security_groups": [{"name": "web"}],
        "description": "d",
        "config_drive": True,
    }


def test_a_server_that_boots_from_a_volume_names_no_image():
    sent = creating(boot_volume=BootVolume(volume_id="v1"), networks=())
    assert "imageRef" not in sent
    assert sent["block_device_mapping_v2"] == [
        {
            "uuid": "v1",
            "source_type": "volume",
            "destination_type": "volume",
            "boot_index": 0,
        }
    ]


@pytest.mark.parametrize(("networks", "word"), [(None, "auto"), ((), "none")])
def test_networks_that_are_not_named_are_a_word(networks, word):
    assert creating(image_id="i1", networks=networks)["networks"] == word


def test_an_old_nova_is_not_told_the_word_auto():
    old = Reply(
        {"server": {"id": "s1"}, "limits": {"absolute": {}}},
        headers={"X-OpenStack-Nova-API-Version": "2.12"},
    )
    wire = Wire().on("POST", f"{NOVA}/servers", old).on("GET", f"{NOVA}/limits", old)
    cloud = connection(wire, microversions={"compute": "2.12"})
    cloud.compute.create_server(name="one", flavor_id="f1", image_id="i1")
    assert "networks" not in wire.calls("POST")[0].json["server"]


def test_changes_are_asked_for_since_a_moment_in_utc():
    wire = Wire().on("GET", f"{NOVA}/servers/detail", Reply({"servers": []}))
    list(connection(wire).compute.servers(changes_since=datetime(2030, 1, 1, tzinfo=UTC)))
    assert ("changes-since", "2030-01-01T00:00:00Z") in wire.calls()[0].query


def test_a_page_tells_the_cloud_s_clock():
    date = {"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}
    wire = Wire().on("GET", f"{NOVA}/servers/detail", Reply({"servers": []}, headers=date))
    page = next(connection(wire).compute.server_pages())
    assert page.date == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("act", "body"),
    [
        (lambda compute: compute.start_server("s1"), {"os-start": None}),
        (lambda compute: compute.stop_server("s1"), {"os-stop": None}),
        (lambda compute: compute.reboot_server("s1"), {"reboot": {"type": "SOFT"}}),
        (lambda compute: compute.reboot_server("s1", hard=True), {"reboot": {"type": "HARD"}}),
    ],
)
def test_an_action_is_sent(act, body):
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", Reply(status=202))
    act(connection(wire).compute)
    assert wire.calls()[0].json == body


def test_the_console_is_read():
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", Reply({"output": "login:\n"}))
    assert connection(wire).compute.console_output("s1", lines=3) == "login:\n"
    assert wire.calls()[0].json == {"os-getConsoleOutput": {"length": 3}}


def test_a_volume_is_attached_and_its_attachment_read():
    attached = {"volumeId": "v1", "serverId": "s1", "device": "/dev/vdb", "id": "v1"}
    path = f"{NOVA}/servers/s1/os-volume_attachments"
    wire = Wire().on("POST", path, Reply({"volumeAttachment": attached}))
    wire.on("GET", path, Reply({"volumeAttachments": [attached]}))
    compute = connection(wire).compute
    made = compute.create_volume_attachment("s1", "v1")
    assert (made.server_id, made.volume_id) == ("s1", "v1")
    assert list(compute.volume_attachments("s1")) == [made]


def test_a_port_is_attached_and_detached():
    attached = {"port_id": "p1", "net_id": "n1", "mac_addr": "m", "port_state": "ACTIVE"}
    path = f"{NOVA}/servers/s1/os-interface"
    wire = Wire().on("POST", path, Reply({"interfaceAttachment": attached}))
    wire.on("GET", path, Reply({"interfaceAttachments": [attached]}))
    wire.on("DELETE", f"{path}/p1", Reply(status=202))
    compute = connection(wire).compute
    made = compute.create_interface("s1", "p1")
    assert list(compute.interfaces("s1")) == [made]
    compute.delete_interface("s1", "p1")
    assert [call.method for call in wire.calls()] == ["POST", "GET", "DELETE"]


def test_a_made_key_pair_s_private_half_is_secret():
    pair = {"name": "k", "public_key": "ssh-rsa A", "private_key": "PRIVATE", "user_id": "u"}
    wire = Wire().on("POST", f"{NOVA}/os-keypairs", Reply({"keypair": pair}))
    made = connection(wire).compute.create_key_pair("k")
    assert wire.calls()[0].json == {"keypair": {"name": "k"}}
    assert "PRIVATE" not in repr(made)
    assert made.private_key.reveal() == "PRIVATE"


def test_key_pairs_are_taken_out_of_their_wrapping():
    body = {"keypairs": [{"keypair": {"name": "a"}}, {"keypair": {"name": "b"}}]}
    wire = Wire().on("GET", f"{NOVA}/os-keypairs", Reply(body))
    assert [pair.name for pair in connection(wire).compute.key_pairs()] == ["a", "b"]


def test_flavors_are_read_from_every_nova():
    flavors = [
        {"id": "1", "name": "new", "vcpus": 2, "ram": 512, "disk": 5, "swap": 0,
         "os-flavor-access:is_public": True, "extra_specs": {"a": "b"}},
        {"id": "2", "name": "old", "vcpus": 1, "ram": 64, "disk": 1, "swap": "",
         "OS-FLV-DISABLED:disabled": True},
    ]  # fmt: skip
    wire = Wire().on("GET", f"{NOVA}/flavors/detail", Reply({"flavors": flavors}))
    new, old = connection(wire).compute.flavors(minRam=64)
    assert (new.vcpus, new.ram, new.extra_specs) == (2, 512, {"a": "b"})
    assert old.is_disabled
    assert ("minRam", "64") in wire.calls()[0].query


def test_limits_are_read_and_a_missing_one_is_unlimited():
    absolute = {"maxTotalInstances": 10, "totalInstancesUsed": 3, "maxTotalCores": -1}
    wire = Wire().on("GET", f"{NOVA}/limits", Reply({"limits": {"rate": [], "absolute": absolute}}))
    limits = connection(wire).compute.limits()
    assert (limits.max_servers, limits.used_servers) == (10, 3)
    assert (limits.max_cores, limits.max_ram) == (-1, -1)


def test_zones_say_whether_they_are_available():
    zones = [{"zoneName": "a", "zoneState": {"available": True}, "hosts": None},
             {"zoneName": "b", "zoneState": {"available": False}}]  # fmt: skip
    wire = Wire().on("GET", f"{NOVA}/os-availability-zone", Reply({"availabilityZoneInfo": zones}))
    listed = list(connection(wire).compute.availability_zones())
    assert [(zone.name, zone.available) for zone in listed] == [("a", True), ("b", False)]
