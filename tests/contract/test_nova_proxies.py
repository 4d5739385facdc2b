"""Nova in front of Neutron and Cinder, at 2.1: as clients knew it before there were either."""

from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant, until

NOBODY = str(UUID(int=0xDEAD))
RULE = {
    "id": str,
    "parent_group_id": str,
    "ip_protocol": str,
    "from_port": int,
    "to_port": int,
    "group": {},
    "ip_range": {"cidr": str},
}
GROUP = {"id": str, "name": str, "description": str, "tenant_id": str, "rules": list}
NETWORK: dict[str, type | None] = {
    "id": str, "label": str, "cidr": None, "netmask": None, "gateway": None, "broadcast": None,
    "dns1": None, "dns2": None, "cidr_v6": None, "gateway_v6": None, "netmask_v6": None,
}  # fmt: skip
VOLUME = {
    "id": str,
    "status": str,
    "size": int,
    "availabilityZone": str,
    "createdAt": str,
    "attachments": list,
    "displayName": str,
    "displayDescription": str,
    "volumeType": str,
    "snapshotId": None,
    "metadata": {"contents": str},
}
SNAPSHOT = {
    "id": str,
    "volumeId": str,
    "status": str,
    "size": int,
    "createdAt": str,
    "displayName": str,
    "displayDescription": str,
}


def a_group(cloud: Tenant, name: str = "g") -> str:
    body = {"security_group": {"name": name, "description": "mine"}}
    answer = cloud.compute.post("/os-security-groups", body)
    cloud.network.made.add("security-groups")
    assert answer.status == 200, answer.text
    has_form(answer.one, GROUP)
    return str(answer.one["id"])


def test_a_security_group_is_made_changed_and_deleted(cloud: Tenant) -> None:
    path = f"/os-security-groups/{a_group(cloud)}"
    shown = cloud.compute.get(path)
    assert (shown.one["name"], shown.one["description"], shown.one["rules"]) == ("g", "mine", [])
    body = {"security_group": {"name": "g", "description": "ours"}}
    assert cloud.compute.put(path, body).one["description"] == "ours"
    names = [group["name"] for group in cloud.compute.get("/os-security-groups").one]
    assert names == ["default", "g"]
    assert cloud.compute.delete(path).status == 202
    gone = cloud.compute.get(path)
    refused(gone, 404, "itemNotFound", r"Security group \S+ does not exist.*")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"ip_protocol": "tcp", "from_port": 22, "to_port": 22}, ("tcp", 22, 22, "0.0.0.0/0")),
        (
            {"ip_protocol": "icmp", "from_port": -1, "to_port": -1, "cidr": "10.0.0.0/8"},
            ("icmp", -1, -1, "10.0.0.0/8"),
        ),
        (
            {"ip_protocol": "UDP", "from_port": "53", "to_port": "54", "cidr": "fd00::/8"},
            ("udp", 53, 54, "fd00::/8"),
        ),
    ],
)
def test_a_rule_is_made_and_deleted(
    cloud: Tenant, given: dict[str, object], shown: tuple[object, ...]
) -> None:
    group_id = a_group(cloud)
    body = {"security_group_rule": {"parent_group_id": group_id, **given}}
    made = cloud.compute.post("/os-security-group-rules", body)
    assert made.status == 200, made.text
    has_form(made.one, RULE)
    rule = made.one
    found = (rule["ip_protocol"], rule["from_port"], rule["to_port"], rule["ip_range"]["cidr"])
    assert found == shown
    assert cloud.compute.get(f"/os-security-groups/{group_id}").one["rules"] == [rule]
    again = cloud.compute.post("/os-security-group-rules", body)
    if given["ip_protocol"] == "UDP":
        refused(again, 403, "forbidden", r"Security group rule already exists\. Rule id is .*")
    else:
        refused(again, 400, "badRequest", rf"This rule already exists in group {group_id}")
    assert cloud.compute.delete(f"/os-security-group-rules/{rule['id']}").status == 202
    gone = cloud.compute.delete(f"/os-security-group-rules/{rule['id']}")
    refused(gone, 404, "itemNotFound", r"Security group rule \S+ does not exist.*")


def test_a_rule_lets_another_group_in(cloud: Tenant) -> None:
    group_id = a_group(cloud)
    wish = {"parent_group_id": group_id, "group_id": group_id, "ip_protocol": "tcp"}
    made = cloud.compute.post("/os-security-group-rules", {"security_group_rule": wish})
    assert (made.one["from_port"], made.one["to_port"], made.one["ip_range"]) == (1, 65_535, {})
    assert made.one["group"] == {"name": "g", "tenant_id": cloud.project_id}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Not enough parameters to build a valid rule."),
        (
            {"ip_protocol": "gre", "from_port": 1, "to_port": 2},
            "Invalid IP protocol gre.",
        ),
        (
            {"ip_protocol": "tcp", "from_port": 2, "to_port": 1},
            "Invalid port range 2:1. Former value cannot be greater than the later",
        ),
        (
            {"ip_protocol": "tcp", "from_port": 0, "to_port": 1},
            "Invalid port range 0:1. Valid TCP ports should be between 1-65535",
        ),
        (
            {"ip_protocol": "icmp", "from_port": 256, "to_port": 1},
            "Invalid port range 256:1. For ICMP, the type:code must be valid",
        ),
        (
            {"ip_protocol": "tcp", "from_port": "x", "to_port": 1},
            "Invalid input received: To and From ports must be integers",
        ),
        (
            {"ip_protocol": "tcp", "from_port": 1, "to_port": 1, "cidr": "10.0.0.0"},
            "10.0.0.0 is not a valid IP network.",
        ),
        (
            {"ip_protocol": "tcp", "from_port": 1, "to_port": 1, "cidr": "10.0.0.0/0"},
            "Bad prefix for network in cidr 10.0.0.0/0",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    cloud: Tenant, given: dict[str, object], message: str
) -> None:
    body = {"security_group_rule": {"parent_group_id": a_group(cloud), **given}}
    answer = cloud.compute.post("/os-security-group-rules", body)
    assert (answer.status, answer.body["badRequest"]["message"]) == (400, message)


def test_a_security_group_in_use_or_unknown_is_not_deleted(cloud: Tenant) -> None:
    group_id = a_group(cloud)
    cloud.a_port(security_groups=[group_id])
    path = f"/os-security-groups/{group_id}"
    used = cloud.compute.delete(path)
    refused(used, 400, "badRequest", rf"Security Group {group_id} in use\..*")
    refused(
        cloud.compute.delete("/os-security-groups/g"),
        400,
        "badRequest",
        "Security group id should be uuid",
    )
    gone = cloud.compute.delete(f"/os-security-groups/{NOBODY}")
    refused(gone, 404, "itemNotFound", rf"Security group {NOBODY} does not exist.*")


@pytest.mark.parametrize("kind", ["os-networks", "os-tenant-networks"])
def test_networks_are_shown_and_no_longer_made(cloud: Tenant, kind: str) -> None:
    listed = cloud.compute.get(f"/{kind}").one
    (mine,) = (network for network in listed if network["id"] == cloud.network_id)
    assert mine["label"] == cloud.network_name
    if kind == "os-networks":
        has_form(mine, NETWORK)
    else:
        assert mine["cidr"] == "None"
    assert cloud.compute.get(f"/{kind}/{cloud.network_id}").one == mine
    gone = cloud.compute.get(f"/{kind}/{NOBODY}")
    refused(gone, 404, "itemNotFound", "Network not found")
    body = {"network": {"label": "more", "cidr": "10.9.0.0/24"}}
    assert cloud.compute.post(f"/{kind}", body).status == 410
    assert cloud.compute.delete(f"/{kind}/{cloud.network_id}").status == 410


def test_a_server_gets_and_loses_a_second_address(cloud: Tenant) -> None:
    server_id = cloud.a_server()
    action = f"/servers/{server_id}/action"

    def addresses() -> list[str]:
        shown = cloud.compute.get(f"/servers/{server_id}/ips").body["addresses"]
        return [entry["addr"] for entry in shown[cloud.network_name]]

    (first,) = addresses()
    given = {"addFixedIp": {"networkId": cloud.network_id}}
    assert cloud.compute.post(action, given).status == 202
    until(lambda: len(addresses()) == 2)
    (second,) = set(addresses()) - {first}
    assert cloud.compute.post(action, {"removeFixedIp": {"address": second}}).status == 202
    until(lambda: addresses() == [first])
    for hopeless in (
        {"removeFixedIp": {"address": "10.99.0.1"}},
        {"addFixedIp": {"networkId": NOBODY}},
    ):
        assert cloud.compute.post(action, hopeless).status == 202
    assert addresses() == [first]


def a_volume(cloud: Tenant) -> str:
    body = {
        "display_name": "data",
        "display_description": "of mine",
        "size": 1,
        "metadata": {"contents": "data"},
    }
    answer = cloud.compute.post("/os-volumes", {"volume": body})
    cloud.volume.made.add("volumes")
    assert answer.status == 200, answer.text
    has_form(answer.one, VOLUME)
    assert answer.one["attachments"] == [{}]
    volume_id = str(answer.one["id"])
    cloud.volume_is(volume_id, "available")
    return volume_id


def test_a_volume_is_made_shown_and_deleted(cloud: Tenant) -> None:
    volume_id = a_volume(cloud)
    shown = cloud.compute.get(f"/os-volumes/{volume_id}").one
    has_form(shown, VOLUME)
    assert (shown["displayName"], shown["displayDescription"]) == ("data", "of mine")
    for path in ("/os-volumes", "/os-volumes/detail"):
        assert cloud.compute.get(path).one == [shown]
        assert cloud.compute.get(f"{path}?offset=1").one == []
        assert cloud.compute.get(f"{path}?limit=1&offset=0").one == [shown]
    assert cloud.compute.delete(f"/os-volumes/{volume_id}").status == 202
    cloud.gone(cloud.volume, f"/volumes/{volume_id}")
    gone = cloud.compute.get(f"/os-volumes/{volume_id}")
    refused(gone, 404, "itemNotFound", rf"Volume {volume_id} could not be found\.")


def test_a_volume_shows_where_it_is_attached(cloud: Tenant) -> None:
    server_id, volume_id = cloud.a_server(), a_volume(cloud)
    attached = {"volumeAttachment": {"volumeId": volume_id, "device": "/dev/vdb"}}
    cloud.compute.post(f"/servers/{server_id}/os-volume_attachments", attached)
    cloud.volume_is(volume_id, "in-use")
    (attachment,) = cloud.compute.get(f"/os-volumes/{volume_id}").one["attachments"]
    assert {name: attachment[name] for name in ("id", "volumeId", "serverId")} == {
        "id": volume_id,
        "volumeId": volume_id,
        "serverId": server_id,
    }
    refused(
        cloud.compute.delete(f"/os-volumes/{volume_id}"),
        400,
        "badRequest",
        r"Invalid input received: Invalid volume: Volume status must be .*",
    )


def test_a_snapshot_is_made_shown_and_deleted(cloud: Tenant) -> None:
    volume_id = a_volume(cloud)
    body = {
        "volume_id": volume_id,
        "display_name": "before",
        "display_description": "it broke",
        "force": True,
    }
    answer = cloud.compute.post("/os-snapshots", {"snapshot": body})
    cloud.volume.made.add("snapshots")
    assert answer.status == 200, answer.text
    has_form(answer.one, SNAPSHOT)
    path = f"/os-snapshots/{answer.one['id']}"
    until(lambda: bool(cloud.compute.get(path).one["status"] == "available"))
    shown = cloud.compute.get(path).one
    assert (shown["displayName"], shown["volumeId"], shown["size"]) == ("before", volume_id, 1)
    for listing in ("/os-snapshots", "/os-snapshots/detail"):
        assert cloud.compute.get(listing).one == [shown]
    assert cloud.compute.delete(path).status == 202
    cloud.gone(cloud.compute, path)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/os-volumes", {"volume": {}}),
        ("/os-volumes", {"volume": {"size": 1, "name": "new word"}}),
        ("/os-snapshots", {"snapshot": {}}),
        ("/os-security-groups", {"security_group": {"name": "g"}}),
        ("/os-security-group-rules", {"security_group_rule": {}}),
    ],
)
def test_a_body_that_lacks_or_invents_a_word_is_refused(
    cloud: Tenant, path: str, body: dict[str, object]
) -> None:
    answer = cloud.compute.post(path, body)
    what = "is a required property|Additional properties are not allowed"
    refused(answer, 400, "badRequest", rf"Invalid input for field/attribute .*({what}).*")


def test_what_is_not_there_is_not_found(cloud: Tenant) -> None:
    for path, what in (
        ("/os-volumes", "Volume"),
        ("/os-snapshots", "Snapshot"),
    ):
        for call in (cloud.compute.get, cloud.compute.delete):
            answer = call(f"{path}/{NOBODY}")
            refused(answer, 404, "itemNotFound", rf"{what} {NOBODY} could not be found\.")


def test_an_image_of_a_server_is_shown_and_deleted(cloud: Tenant) -> None:
    """Though it is not saved yet: the testbed's hypervisor never does."""
    server_id = cloud.a_server()
    answer = cloud.compute.post(f"/servers/{server_id}/action", {"createImage": {"name": "copy"}})
    image_id = answer.headers["Location"].rpartition("/")[2]
    path = f"/images/{image_id}"
    shown = cloud.compute.get(path).one
    assert (shown["name"], shown["status"], shown["server"]["id"]) == ("copy", "SAVING", server_id)
    assert cloud.compute.delete(path).status == 204
    gone = cloud.compute.delete(path)
    refused(gone, 404, "itemNotFound", r"Image not found\.")


def test_an_image_of_the_cloud_s_is_not_deleted(cloud: Tenant) -> None:
    answer = cloud.compute.delete(f"/images/{cloud.image_id}")
    refused(answer, 403, "forbidden", r"You are not allowed to delete the image\.")


def test_what_nova_does_not_expect_of_the_others_is_a_500(cloud: Tenant) -> None:
    volume_id = a_volume(cloud)
    attached = {"volumeAttachment": {"volumeId": volume_id}}
    cloud.compute.post(f"/servers/{cloud.a_server()}/os-volume_attachments", attached)
    cloud.volume_is(volume_id, "in-use")
    for body in ({"volume_id": volume_id}, {"volume_id": NOBODY}):
        answer = cloud.compute.post("/os-snapshots", {"snapshot": body})
        assert (answer.status, list(answer.body)) == (500, ["computeFault"]), answer.text
    (default,) = (g for g in cloud.compute.get("/os-security-groups").one if g["name"] == "default")
    body = {"security_group": {"name": "other", "description": ""}}
    answer = cloud.compute.put(f"/os-security-groups/{default['id']}", body)
    assert (answer.status, list(answer.body)) == (500, ["computeFault"]), answer.text
