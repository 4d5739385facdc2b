"""What POST /servers refuses, and in which words."""

from typing import Any

import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess, Reply

NOWHERE = "11111111-2222-3333-4444-555555555555"
SERVERS = "/compute/v2.1/servers"


def create(cloud: InProcess, *, version: str = "2.90", hints: Any = None, **fields: Any) -> Reply:
    wish = {
        "name": "web",
        "flavorRef": "1",
        "imageRef": cloud.image_id(),
        "networks": [{"uuid": cloud.network_id()}],
        **fields,
    }
    body: dict[str, Any] = {"server": {k: v for k, v in wish.items() if v is not ...}}
    if hints is not None:
        body["os:scheduler_hints"] = hints
    return cloud.call("POST", SERVERS, body, version=version)


def count(cloud: InProcess) -> int:
    return len(cloud.call("GET", SERVERS).json["servers"])


def test_the_answer_has_the_id_the_address_and_a_password(cloud: InProcess) -> None:
    reply = create(cloud)
    server = reply.json["server"]
    assert reply.status == 202
    assert reply.headers["location"] == f"http://cloud.test:8774{SERVERS}/{server['id']}"
    assert server.keys() == {
        "id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"imageRef": NOWHERE}, "Can not find requested image"),
        ({"imageRef": ...}, "Missing imageRef attribute"),
        ({"imageRef": "tiny"}, "'tiny' is not valid under any of the given schemas"),
        ({"flavorRef": "9"}, "Flavor 9 could not be found."),
        ({"flavorRef": ...}, "'flavorRef' is a required property"),
        ({"name": ...}, "'name' is a required property"),
        ({"name": ""}, "'' should be non-empty"),
        ({"networks": ...}, "'networks' is a required property"),
        ({"networks": "some"}, "'some' is not valid under any of the given schemas"),
        ({"networks": [{"uuid": NOWHERE}]}, f"Network {NOWHERE} could not be found."),
        ({"networks": [{"port": NOWHERE}]}, f"Port id {NOWHERE} could not be found."),
        ({"networks": [{}]}, "Bad network format: missing 'uuid'"),
        ({"key_name": "lost"}, "Invalid key_name provided."),
        ({"user_data": "not base64 !!"}, "'not base64 !!' is not a 'base64'"),
        ({"user_data": "QUJD" * 16384}, "is too long"),
        ({"security_groups": [{"name": "no"}]}, "Unable to find security_group with name or id"),
        ({"availability_zone": "mars"}, "The requested availability zone is not available"),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
        ({"min_count": 0}, "not a positive integer"),
        ({"metadata": {"a": 1}}, "1 is not of type 'string'"),
        ({"metadata": {"a": "b" * 256}}, "is too long"),
        ({"config_drive": "maybe"}, "'maybe' is not one of"),
        ({"accessIPv4": "here"}, "'here' is not a 'ipv4'"),
        ({"bogus": 1}, "Additional properties are not allowed ('bogus' was unexpected)"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    cloud: InProcess, fields: dict[str, Any], message: str
) -> None:
    reply = create(cloud, **fields)
    assert reply.status == 400
    assert message in reply.message
    assert count(cloud) == 0


@pytest.mark.parametrize(
    ("field", "version"),
    [({"description": "x"}, "2.18"), ({"tags": ["x"]}, "2.51"), ({"hostname": "x"}, "2.89")],
)
def test_a_field_of_a_later_version_is_refused(
    cloud: InProcess, field: dict[str, Any], version: str
) -> None:
    assert create(cloud, version=version, **field).status == 400


def test_a_body_that_is_no_object_is_refused(cloud: InProcess) -> None:
    assert cloud.call("POST", SERVERS, {}).message == "'server' is a required property"
    assert cloud.call("POST", SERVERS).message == "None is not of type 'object'"


def test_a_port_in_use_is_a_conflict(cloud: InProcess) -> None:
    wish = {"port": {"network_id": cloud.network_id()}}
    port = cloud.call("POST", "/network/v2.0/ports", wish).json["port"]["id"]
    cloud.a_server(networks=[{"port": port}])
    reply = create(cloud, networks=[{"port": port}])
    assert (reply.status, reply.message) == (409, f"Port {port} is still in use.")


def test_several_networks_are_not_chosen_from(cloud: InProcess) -> None:
    network = cloud.call("POST", "/network/v2.0/networks", {"network": {"name": "second"}})
    assert network.status == 201
    reply = create(cloud, networks=..., version="2.36")
    assert reply.status == 409
    assert reply.message.startswith("Multiple possible networks found")


def test_an_image_too_big_for_the_flavor_is_refused(cloud: InProcess) -> None:
    image = cloud.image_id("debian-12")
    for change, words in (
        ({"op": "add", "path": "/min_ram", "value": 128}, "memory is too small"),
        ({"op": "add", "path": "/min_disk", "value": 9}, "minimum size specified"),
    ):
        headers = {"content-type": "application/openstack-images-v2.1-json-patch"}
        path = f"/image/v2/images/{image}"
        assert cloud.call("PATCH", path, [change], user="admin", headers=headers).status == 200
        reply = create(cloud, imageRef=image, flavorRef="1" if words.startswith("mem") else "2")
        assert reply.status == 400
        assert words in reply.message


def test_several_servers_are_made_with_numbered_names(cloud: InProcess) -> None:
    create(cloud, min_count=3)
    names = {server["name"] for server in cloud.call("GET", SERVERS).json["servers"]}
    assert names == {"web-1", "web-2", "web-3"}


def test_a_reservation_is_answered_with_its_id(cloud: InProcess) -> None:
    reply = create(cloud, min_count=2, return_reservation_id=True)
    assert reply.json.keys() == {"reservation_id"}
    listed = cloud.call("GET", f"{SERVERS}?reservation_id={reply.json['reservation_id']}")
    assert len(listed.json["servers"]) == 2


def test_a_full_quota_is_refused_in_novas_words(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(instances=2, cores=3, ram=10_000))
    create(cloud, min_count=2)
    reply = create(cloud)
    assert reply.status == 403
    assert reply.message == (
        "Quota exceeded for instances: Requested 1, but already used 2 of 2 instances"
    )
    reply = create(cloud, flavorRef="4")
    assert reply.message == (
        "Quota exceeded for cores, instances: Requested 4, 1, "
        "but already used 2, 2 of 3, 2 cores, instances"
    )


def test_as_many_as_fit_are_made_when_that_is_enough(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(instances=5))
    assert create(cloud, min_count=2, max_count=9).status == 202
    assert count(cloud) == 5
    reply = create(cloud, min_count=1, max_count=9)
    assert "Requested 1-9, but already used 5 of 5" in reply.message


def test_a_quota_is_free_again_once_the_server_is_gone(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(instances=1))
    server = cloud.a_server()
    cloud.call("DELETE", f"{SERVERS}/{server['id']}")
    assert create(cloud).status == 403
    cloud.advance(4)
    assert create(cloud).status == 202


def test_too_much_metadata_is_a_403(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(metadata_items=1))
    reply = create(cloud, metadata={"a": "1", "b": "2"})
    assert (reply.status, reply.message) == (403, "Maximum number of metadata items exceeds 1")


def test_a_servers_group_lists_it(cloud: InProcess) -> None:
    wish = {"server_group": {"name": "apart", "policy": "anti-affinity"}}
    group = cloud.call("POST", "/compute/v2.1/os-server-groups", wish, version="2.64")
    group_id = group.json["server_group"]["id"]
    reply = create(cloud, hints={"group": group_id})
    server = cloud.server(reply.json["server"]["id"])
    assert server["server_groups"] == [group_id]
    assert server["scheduler_hints"] == {"group": group_id}
    path = f"/compute/v2.1/os-server-groups/{group_id}"
    assert cloud.call("GET", path).json["server_group"]["members"] == [server["id"]]
    assert create(cloud, hints={"group": NOWHERE}).status == 400


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"source_type": "volume", "uuid": NOWHERE}, f"failed to get volume {NOWHERE}."),
        ({"source_type": "image", "uuid": NOWHERE}, f"failed to get image {NOWHERE}."),
        ({"source_type": "snapshot", "uuid": NOWHERE}, f"failed to get snapshot {NOWHERE}."),
        ({"source_type": "volume"}, "Missing device UUID."),
        ({"uuid": NOWHERE}, "Some required fields are missing"),
        ({"source_type": "blank"}, "need to have non-zero size"),
    ],
)
def test_a_device_that_cannot_be_is_refused(
    cloud: InProcess, mapping: dict[str, Any], message: str
) -> None:
    device = {"destination_type": "volume", "boot_index": 0, **mapping}
    reply = create(cloud, imageRef=..., block_device_mapping_v2=[device])
    assert reply.status == 400
    assert message in reply.message


def test_a_refused_server_lets_go_of_the_volumes_it_had_taken(cloud: InProcess) -> None:
    made = cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1}}).json["volume"]
    cloud.advance(2)
    devices = [
        {"source_type": "volume", "uuid": made["id"], "destination_type": "volume"},
        {"source_type": "volume", "uuid": NOWHERE, "destination_type": "volume"},
    ]
    assert create(cloud, block_device_mapping_v2=devices).status == 400
    volume = cloud.call("GET", f"/volume/v3/volumes/{made['id']}").json["volume"]
    assert volume["status"] == "available"
