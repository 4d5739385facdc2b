"""Nova: each way a new server is refused, and the words it is told in."""

import base64
from typing import Any
from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.tenant import Tenant

NOBODY = str(UUID(int=0xDEAD))
INVALID = "Invalid input for field/attribute "

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such image": ({"imageRef": NOBODY}, "Can not find requested image"),
    "image not an id": ({"imageRef": "nope"}, INVALID + r"imageRef\. Value: nope\. .*"),
    "no image": ({"imageRef": ""}, "Missing imageRef attribute"),
    "no such flavor": ({"flavorRef": NOBODY}, rf"Flavor {NOBODY} could not be found\."),
    "flavor by name": ({"flavorRef": "nope"}, r"Flavor nope could not be found\."),
    "no such network": (
        {"networks": [{"uuid": NOBODY}]},
        rf"Network {NOBODY} could not be found\.",
    ),
    "no such port": ({"networks": [{"port": NOBODY}]}, rf"Port id {NOBODY} could not be found\."),
    "no such key": ({"key_name": "nope"}, r"Invalid key_name provided\."),
    "no such group": (
        {"security_groups": [{"name": "nope"}]},
        "Unable to find security_group with name or id 'nope'",
    ),
    "no such zone": (
        {"availability_zone": "nope"},
        "The requested availability zone is not available",
    ),
    "no such boot volume": (
        {
            "imageRef": "",
            "block_device_mapping_v2": [
                {
                    "uuid": NOBODY,
                    "source_type": "volume",
                    "destination_type": "volume",
                    "boot_index": 0,
                }
            ],
        },
        rf"Block Device Mapping is Invalid: failed to get volume {NOBODY}\.",
    ),
    "empty name": ({"name": ""}, INVALID + r"name\. Value: \. .*"),
    "user data no base64": ({"user_data": "a b"}, INVALID + r"user_data\. Value: a b\. .*"),
    "user data too long": (
        {"user_data": base64.b64encode(bytes(60_000)).decode()},
        INVALID + r"user_data\. Value: AAAA.*",
    ),
    "metadata no text": ({"metadata": {"k": 5}}, INVALID + r"k\. Value: 5\. .*"),
    "metadata too long": ({"metadata": {"k": "v" * 256}}, INVALID + r"k\. Value: vvv.*"),
    "unknown key": ({"nope": 1}, INVALID + r"server\. .*\('nope' was unexpected\)"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_wish_is_refused_at_once(
    cloud: Tenant, wrong: dict[str, Any], message: str
) -> None:
    answer = cloud.compute.post("/servers", cloud.server_body(**wrong))
    refused(answer, 400, "badRequest", message)
    assert cloud.compute.get("/servers").one == []


def test_a_server_without_a_flavor_is_refused(cloud: Tenant) -> None:
    answer = cloud.compute.post("/servers", cloud.server_body(flavorRef=None))
    refused(answer, 400, "badRequest", INVALID + "server.*'flavorRef' is a required property")


def test_a_body_without_a_server_is_refused(cloud: Tenant) -> None:
    refused(
        cloud.compute.post("/servers", {}), 400, "badRequest", "'server' is a required property"
    )


def test_a_body_that_is_no_json_is_refused(cloud: Tenant) -> None:
    headers = {"Content-Type": "application/json"}
    answer = cloud.compute.post("/servers", data=b"{broken", headers=headers)
    refused(answer, 400, "badRequest", "Malformed request body")


def test_networks_must_be_named_from_version_2_37_on(cloud: Tenant) -> None:
    answer = cloud.compute.post("/servers", cloud.server_body(networks=None), version="2.96")
    refused(answer, 400, "badRequest", INVALID + "server.*'networks' is a required property")


def test_with_two_networks_to_choose_from_one_must_be_named(cloud: Tenant) -> None:
    other = cloud.made(cloud.network, "/networks", network={"name": "other"})["id"]
    subnet = {"network_id": other, "ip_version": 4, "cidr": "10.78.0.0/24"}
    cloud.made(cloud.network, "/subnets", subnet=subnet)
    try:
        answer = cloud.compute.post("/servers", cloud.server_body(networks=None))
        refused(
            answer,
            409,
            "conflictingRequest",
            r"Multiple possible networks found, use a Network ID to be more specific\.",
        )
    finally:
        assert cloud.network.delete(f"/networks/{other}").status == 204


def test_with_one_network_to_choose_from_none_need_be_named(cloud: Tenant) -> None:
    server_id = cloud.a_server(networks=None)
    assert list(cloud.compute.get(f"/servers/{server_id}").one["addresses"]) == [cloud.network_name]


def test_a_port_serves_one_server_only(cloud: Tenant) -> None:
    port_id = cloud.a_port()["id"]
    cloud.a_server(networks=[{"port": port_id}])
    answer = cloud.compute.post("/servers", cloud.server_body(networks=[{"port": port_id}]))
    refused(answer, 409, "conflictingRequest", rf"Port {port_id} is still in use\.")


def test_an_image_without_data_boots_nothing(cloud: Tenant) -> None:
    image_id = cloud.image.post("/images", {"name": "empty"}).body["id"]
    answer = cloud.compute.post("/servers", cloud.server_body(imageRef=image_id))
    refused(answer, 400, "badRequest", rf"Image {image_id} is not active\.")


def test_more_metadata_than_allowed_is_refused(cloud: Tenant) -> None:
    metadata = {f"k{number}": "v" for number in range(129)}
    answer = cloud.compute.post("/servers", cloud.server_body(metadata=metadata))
    refused(answer, 403, "forbidden", "Maximum number of metadata items exceeds 128")


@pytest.mark.parametrize("server_id", [NOBODY, "nope"])
def test_an_unknown_server_is_not_found(cloud: Tenant, server_id: str) -> None:
    unknown = rf"Instance {server_id} could not be found\."
    refused(cloud.compute.get(f"/servers/{server_id}"), 404, "itemNotFound", unknown)
    refused(cloud.compute.delete(f"/servers/{server_id}"), 404, "itemNotFound", unknown)
