from datetime import UTC, datetime

import pytest

from leasehold.openstack.compute.server import NEW_SERVER, SERVER, SERVERS

FULL = b"""{"server": {
 "id": "s1", "name": "one", "status": "ERROR", "tenant_id": "p", "user_id": "u",
 "created": "2030-01-01T00:00:00Z", "updated": "2030-01-01T00:00:01Z",
 "addresses": {"lab": [
   {"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed",
    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"},
   {"addr": "198.51.0.7", "version": 4, "OS-EXT-IPS:type": "floating",
    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}]},
 "image": {"id": "i1", "links": []}, "flavor": {"original_name": "tiny", "vcpus": 1, "ram": 64,
 "disk": 1, "ephemeral": 0, "swap": 0, "extra_specs": {}}, "metadata": {"leasehold": "x/y"},
 "key_name": null, "config_drive": "", "hostId": "h", "progress": 0, "locked": false,
 "accessIPv4": "", "accessIPv6": "", "description": null, "tags": ["t"], "locked_reason": null,
 "OS-EXT-AZ:availability_zone": "nova", "OS-EXT-STS:vm_state": "error",
 "OS-EXT-STS:task_state": null, "OS-EXT-STS:power_state": 0, "OS-DCF:diskConfig": "MANUAL",
 "OS-SRV-USG:launched_at": "2030-01-01T00:00:00.000000", "OS-SRV-USG:terminated_at": null,
 "security_groups": [{"name": "default"}],
 "os-extended-volumes:volumes_attached": [{"id": "v1", "delete_on_termination": false}],
 "fault": {"code": 500, "created": "2030-01-01T00:00:00Z", "message": "No valid host was found."},
 "links": []}}"""


def test_a_server_is_read_with_all_that_nova_says():
    server = SERVER.decode(FULL)
    assert (server.id, server.status, server.project_id) == ("s1", "ERROR", "p")
    assert server.created == datetime(2030, 1, 1, tzinfo=UTC)
    assert server.addresses_of("fixed") == ("10.0.0.5",)
    assert server.addresses_of("floating") == ("198.51.0.7",)
    assert server.image_id == "i1"
    assert (server.flavor.original_name, server.flavor.ram) == ("tiny", 64)
    assert server.volume_ids == ("v1",)
    assert server.security_group_names == ("default",)
    assert (server.fault.code, server.fault.message) == (500, "No valid host was found.")
    assert (server.vm_state, server.task_state, server.power_state) == ("error", None, 0)


def test_a_server_of_a_cell_that_is_down_is_read_from_its_few_fields():
    body = b'{"server": {"id": "s1", "status": "UNKNOWN", "tenant_id": "p", "created": null}}'
    server = SERVER.decode(body)
    assert (server.id, server.status, server.image_id) == ("s1", "UNKNOWN", None)


def test_a_server_that_boots_from_a_volume_has_no_image():
    assert SERVER.decode(b'{"server": {"id": "s1", "image": ""}}').image_id is None


def test_a_flavor_of_an_old_nova_is_its_id():
    server = SERVER.decode(b'{"server": {"id": "s1", "flavor": {"id": "42", "links": []}}}')
    assert server.flavor.id == "42"


@pytest.mark.parametrize("drive", [b'""', b'"True"', b"true", b"null"])
def test_every_way_to_say_config_drive_is_read(drive):
    SERVER.decode(b'{"server": {"id": "s1", "config_drive": %s}}' % drive)


def test_a_page_of_servers_is_read():
    servers, following = SERVERS.decode(b'{"servers": [{"id": "a"}, {"id": "b"}]}')
    assert [server.id for server in servers] == ["a", "b"]
    assert following is None


def test_the_password_of_a_new_server_is_secret():
    made = NEW_SERVER.decode(b'{"server": {"id": "s1", "adminPass": "pw"}}')
    assert "pw" not in repr(made)
    assert made.admin_password.reveal() == "pw"
