from datetime import UTC, datetime

import pytest
import requests
import urllib3

from leasehold.engine.cloud import (
    AttachmentSpec,
    BlockDevice,
    CloudBusy,
    CloudId,
    CloudRefused,
    CloudUnsure,
    FloatingIpSpec,
    Installation,
    Kind,
    Limit,
    Limits,
    ObjectId,
    PortSpec,
    Refusal,
    ServerSpec,
    Tag,
    VolumeSpec,
)
from leasehold.engine.openstack_cloud import OpenStackCloud
from tests.unit.openstack.wire import (
    CINDER,
    GLANCE,
    KEYSTONE,
    NEUTRON,
    NOVA,
    Reply,
    Wire,
    a_token,
    connection,
)

V2 = f"{NEUTRON}/v2.0"
TAG = Tag(installation=Installation("inst"), object=ObjectId("server-1"))
SERVERS = f"{NOVA}/servers/detail"
ZONE = "2030-01-01T00:00:00Z"
BORN = datetime(2030, 1, 1, tzinfo=UTC)


def cloud(wire: Wire) -> OpenStackCloud:
    return OpenStackCloud(connection(wire))


def a_server(**fields) -> dict:
    address = {"addr": "198.51.0.7", "version": 4, "OS-EXT-IPS:type": "floating"}
    fixed = {"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"}
    defaults = {
        "id": "s1",
        "name": "one",
        "status": "active",
        "created": ZONE,
        "metadata": {"leasehold": "inst/server-1"},
        "addresses": {"lab": [address, fixed]},
    }
    return {**defaults, **fields}


def a_port(**fields) -> dict:
    defaults = {"id": "p1", "network_id": "n1", "name": "port", "status": "DOWN", "device_id": ""}
    ips = [{"ip_address": "10.0.0.5", "subnet_id": "sn1"}]
    return {**defaults, "fixed_ips": ips, "description": "leasehold:inst/server-1", **fields}


def a_floating_ip(**fields) -> dict:
    defaults = {"id": "f1", "floating_ip_address": "198.51.0.7", "floating_network_id": "n2"}
    return {**defaults, "status": "DOWN", "description": "leasehold:inst/server-1", **fields}


def a_volume(**fields) -> dict:
    metadata = {"leasehold": "inst/server-1"}
    return {"id": "v1", "name": "vol", "status": "in-use", "metadata": metadata, **fields}


# Listing


def test_a_server_is_seen_with_its_tag_and_fixed_addresses_first():
    wire = Wire().on("GET", SERVERS, Reply({"servers": [a_server()]}))
    (seen,) = cloud(wire).list(Kind.SERVER).sightings
    assert (seen.kind, seen.cloud_id, seen.tag) == (Kind.SERVER, "s1", TAG)
    assert (seen.name, seen.status) == ("one", "ACTIVE")
    assert seen.addresses == ("10.0.0.5", "198.51.0.7")
    assert seen.created_at == BORN
    assert seen.fault is None


def test_a_failed_server_is_seen_with_nova_s_reason():
    fault = {"code": 500, "message": "No valid host was found."}
    wire = Wire().on("GET", SERVERS, Reply({"servers": [a_server(status="ERROR", fault=fault)]}))
    (seen,) = cloud(wire).list(Kind.SERVER).sightings
    assert seen.fault == "No valid host was found. (code 500)"


@pytest.mark.parametrize("metadata", [{}, {"leasehold": "not a tag"}, {"owner": "inst/server-1"}])
def test_a_neighbour_s_server_has_no_tag(metadata):
    wire = Wire().on("GET", SERVERS, Reply({"servers": [a_server(metadata=metadata)]}))
    assert cloud(wire).list(Kind.SERVER).sightings[0].tag is None


def test_a_full_listing_is_complete_and_tells_the_cloud_s_clock():
    date = {"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}
    wire = Wire().on("GET", SERVERS, Reply({"servers": []}, headers=date))
    listing = cloud(wire).list(Kind.SERVER)
    assert listing.complete
    assert listing.since is None
    assert 0 <= (BORN - listing.as_of).total_seconds() < 60


def test_the_clock_of_a_listing_is_that_of_its_first_page():
    first = Reply(
        {"servers": [], "servers_links": [{"rel": "next", "href": "?marker=a"}]},
        headers={"Date": "Tue, 01 Jan 2030 00:00:00 GMT"},
    )
    last = Reply({"servers": []}, headers={"Date": "Tue, 01 Jan 2030 01:00:00 GMT"})
    assert cloud(Wire().on("GET", SERVERS, first, last)).list(Kind.SERVER).as_of <= BORN


def test_a_delta_is_not_complete_and_shows_what_is_deleted():
    deleted = {"id": "s9", "name": "gone", "status": "DELETED", "metadata": {}}
    wire = Wire().on("GET", SERVERS, Reply({"servers": [deleted]}))
    listing = cloud(wire).list(Kind.SERVER, since=BORN)
    assert not listing.complete
    assert listing.since == BORN
    assert listing.sightings[0].status == "DELETED"
    assert ("changes-since", ZONE) in wire.calls()[0].query


def test_a_listing_that_broke_half_way_raises():
    first = Reply({"servers": [a_server()], "servers_links": [{"rel": "next", "href": "?m=1"}]})
    wire = Wire().on("GET", SERVERS, first, Reply(status=503))
    with pytest.raises(CloudBusy):
        cloud(wire).list(Kind.SERVER)


def test_a_port_is_seen_with_its_device():
    wire = Wire().on("GET", f"{V2}/ports", Reply({"ports": [a_port(device_id="s1")]}))
    listing = cloud(wire).list(Kind.PORT)
    (seen,) = listing.sightings
    assert (seen.tag, seen.addresses, seen.attached_to) == (TAG, ("10.0.0.5",), ("s1",))
    assert listing.complete


def test_an_administrator_sees_only_the_own_project_s_ports_and_addresses():
    wire = Wire().on("GET", f"{V2}/ports", Reply({"ports": []}))
    wire.on("GET", f"{V2}/floatingips", Reply({"floatingips": []}))
    seen = cloud(wire)
    seen.list(Kind.PORT)
    seen.list(Kind.FLOATING_IP)
    assert all(("project_id", "project-1") in call.query for call in wire.calls())


@pytest.mark.parametrize("description", ["", None, "inst/server-1", "my leasehold:inst/server-1"])
def test_a_description_that_only_looks_like_a_tag_is_none(description):
    wire = Wire().on("GET", f"{V2}/ports", Reply({"ports": [a_port(description=description)]}))
    assert cloud(wire).list(Kind.PORT).sightings[0].tag is None


def test_a_floating_ip_is_seen_with_its_port():
    body = {"floatingips": [a_floating_ip(port_id="p1")]}
    wire = Wire().on("GET", f"{V2}/floatingips", Reply(body))
    (seen,) = cloud(wire).list(Kind.FLOATING_IP).sightings
    assert (seen.tag, seen.addresses, seen.attached_to) == (TAG, ("198.51.0.7",), ("p1",))


def test_a_volume_is_seen_with_the_servers_that_hold_it():
    attachments = [
        {"server_id": "s1"},
        {"server_id": "s2"},
        {"server_id": None, "host_name": "metal1"},
    ]
    body = {"volumes": [a_volume(attachments=attachments)]}
    wire = Wire().on("GET", f"{CINDER}/volumes/detail", Reply(body))
    (seen,) = cloud(wire).list(Kind.VOLUME).sightings
    assert (seen.tag, seen.status, seen.attached_to) == (TAG, "IN-USE", ("s1", "s2", "metal1"))


def test_a_listing_of_a_service_that_is_missing_is_not_an_empty_one():
    token = a_token(catalog=[])
    wire = Wire()
    wire.on("POST", f"{KEYSTONE}/auth/tokens", Reply(token, 201, {"X-Subject-Token": "t"}))
    with pytest.raises(CloudRefused) as caught:
        cloud(wire).list(Kind.VOLUME)
    assert caught.value.why is Refusal.NOT_FOUND


# Making


def test_a_server_is_made_with_its_tag_ports_and_nothing_of_the_spec_s_bookkeeping():
    wire = Wire().on("POST", f"{NOVA}/servers", Reply({"server": {"id": "s1"}}, 202))
    spec = ServerSpec(
        name="one",
        flavor_id="f1",
        image_id="i1",
        ports=("p1", "p2"),
        key_name="k",
        metadata={"owner": "alice"},
        cores=2,
        ram_mib=512,
    )
    seen = cloud(wire).make(spec, TAG)
    assert wire.calls("POST")[0].json["server"] == {
        "name": "one",
        "flavorRef": "f1",
        "imageRef": "i1",
        "networks": [{"port": "p1"}, {"port": "p2"}],
        "key_name": "k",
        "metadata": {"owner": "alice", "leasehold": "inst/server-1"},
    }
    assert (seen.kind, seen.cloud_id, seen.tag, seen.status) == (Kind.SERVER, "s1", TAG, "BUILD")


def test_a_server_without_ports_gets_no_network_of_the_cloud_s_choice():
    known = {"OpenStack-API-Version": "compute 2.79"}
    wire = Wire().on("POST", f"{NOVA}/servers", Reply({"server": {"id": "s1"}}, 202))
    wire.on("GET", f"{NOVA}/limits", Reply({"limits": {"absolute": {}}}, headers=known))
    cloud(wire).make(ServerSpec(name="one", flavor_id="f1", boot_volume="v1"), TAG)
    sent = wire.calls("POST")[0].json["server"]
    assert sent["networks"] == "none"
    assert sent["block_device_mapping_v2"][0]["uuid"] == "v1"


def test_a_server_can_leave_its_network_to_nova_with_groups_by_name_and_disks():
    known = {"OpenStack-API-Version": "compute 2.79"}
    wire = Wire().on("POST", f"{NOVA}/servers", Reply({"server": {"id": "s1"}}, 202))
    wire.on("GET", f"{NOVA}/limits", Reply({"limits": {"absolute": {}}}, headers=known))
    spec = ServerSpec(
        name="one",
        flavor_id="f1",
        network_by_cloud=True,
        security_groups=("web",),
        block_devices=(BlockDevice(uuid="i1", volume_size=9, device_name="vda", boot_index=0),),
    )
    cloud(wire).make(spec, TAG)
    sent = wire.calls("POST")[0].json["server"]
    assert (sent["networks"], sent["security_groups"]) == ("auto", [{"name": "web"}])
    assert sent["block_device_mapping_v2"] == [
        {
            "uuid": "i1",
            "source_type": "image",
            "destination_type": "volume",
            "device_name": "vda",
            "boot_index": 0,
            "volume_size": 9,
            "delete_on_termination": True,
        }
    ]


def test_a_port_that_is_not_ours_is_used_beside_ours():
    wire = Wire().on("POST", f"{NOVA}/servers", Reply({"server": {"id": "s1"}}, 202))
    spec = ServerSpec(name="one", flavor_id="f1", image_id="i", foreign_ports=("theirs",))
    cloud(wire).make(spec, TAG)
    assert wire.calls("POST")[0].json["server"]["networks"] == [{"port": "theirs"}]


def test_a_port_can_have_an_address_of_choice():
    wire = Wire().on("POST", f"{V2}/ports", Reply({"port": a_port()}, 201))
    cloud(wire).make(PortSpec(name="x", network_id="n1", fixed_ip="10.0.0.5"), TAG)
    assert wire.calls("POST")[0].json["port"]["fixed_ips"] == [{"ip_address": "10.0.0.5"}]


def test_a_port_is_made_with_its_tag_as_description():
    wire = Wire().on("POST", f"{V2}/ports", Reply({"port": a_port()}, 201))
    seen = cloud(wire).make(PortSpec(name="x", network_id="n1", security_group_ids=()), TAG)
    sent = wire.calls("POST")[0].json["port"]
    assert sent["description"] == "leasehold:inst/server-1"
    assert sent["security_groups"] == []
    assert (seen.tag, seen.addresses) == (TAG, ("10.0.0.5",))


def test_a_floating_ip_is_made_bound_to_its_port():
    body = {"floatingip": a_floating_ip(port_id="p1")}
    wire = Wire().on("POST", f"{V2}/floatingips", Reply(body, 201))
    seen = cloud(wire).make(FloatingIpSpec(network_id="n2", port="p1"), TAG)
    assert wire.calls("POST")[0].json["floatingip"]["port_id"] == "p1"
    assert (seen.tag, seen.attached_to) == (TAG, ("p1",))


def test_a_volume_is_made_with_its_tag():
    body = {"volume": a_volume(status="creating")}
    wire = Wire().on("POST", f"{CINDER}/volumes", Reply(body, 202))
    seen = cloud(wire).make(VolumeSpec(name="x", size_gib=5, volume_type="ssd"), TAG)
    sent = {"size": 5, "name": "x", "volume_type": "ssd"}
    metadata = {"leasehold": "inst/server-1"}
    assert wire.calls("POST")[0].json["volume"] == {**sent, "metadata": metadata}
    assert (seen.tag, seen.status) == (TAG, "CREATING")


def test_an_attachment_is_known_by_its_pair():
    path = f"{NOVA}/servers/s1/os-volume_attachments"
    attached = {"volumeAttachment": {"serverId": "s1", "volumeId": "v1"}}
    wire = Wire().on("POST", path, Reply(attached))
    seen = cloud(wire).make(AttachmentSpec(server="s1", volume="v1"), TAG)
    assert seen.cloud_id == "s1/v1"


# Deleting

PLACES = {
    Kind.SERVER: ("s1", f"{NOVA}/servers/s1"),
    Kind.PORT: ("p1", f"{V2}/ports/p1"),
    Kind.FLOATING_IP: ("f1", f"{V2}/floatingips/f1"),
    Kind.VOLUME: ("v1", f"{CINDER}/volumes/v1"),
    Kind.ATTACHMENT: ("s1/v1", f"{NOVA}/servers/s1/os-volume_attachments/v1"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_delete_that_was_taken_is_true(kind):
    cloud_id, place = PLACES[kind]
    wire = Wire().on("DELETE", place, Reply(status=202))
    assert cloud(wire).delete(kind, CloudId(cloud_id)) is True
    assert wire.calls()[0].url == place


@pytest.mark.parametrize("kind", PLACES)
def test_a_delete_of_what_the_cloud_does_not_know_is_false(kind):
    cloud_id, place = PLACES[kind]
    wire = Wire().on("DELETE", place, Reply({"itemNotFound": {"message": "no"}}, 404))
    assert cloud(wire).delete(kind, CloudId(cloud_id)) is False


# What failures mean


def making_fails(
    *, body: object = b"", status: int = 200, error: Exception | None = None, after=""
):
    """Make a port on a cloud that answers so, and give the engine's error."""
    headers = {"Retry-After": after, "x-openstack-request-id": "req-1"}
    reply = Reply(body, status, headers, error)
    wire = Wire().on("POST", f"{V2}/ports", reply)
    with pytest.raises((CloudBusy, CloudRefused, CloudUnsure)) as caught:
        cloud(wire).make(PortSpec(name="x", network_id="n1"), TAG)
    return caught.value


def nova_says(message: str, status: int = 400) -> dict:
    return {"body": {"badRequest": {"message": message, "code": status}}, "status": status}


def neutron_says(kind: str, status: int) -> dict:
    return {"body": {"NeutronError": {"type": kind, "message": "No."}}, "status": status}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (nova_says("Quota exceeded for instances", 403), Refusal.QUOTA),
        (neutron_says("OverQuota", 409), Refusal.QUOTA),
        (neutron_says("IpAddressGenerationFailure", 409), Refusal.QUOTA),
        (nova_says("VolumeSizeExceedsAvailableQuota: exceeds quota", 413), Refusal.QUOTA),
        (nova_says("Can not find requested image"), Refusal.NOT_FOUND),
        (nova_says("Flavor 77 could not be found."), Refusal.NOT_FOUND),
        (nova_says("Invalid key_name provided."), Refusal.NOT_FOUND),
        (nova_says("The requested availability zone is not available"), Refusal.NOT_FOUND),
        (nova_says("Invalid image identifier or unable to access it"), Refusal.NOT_FOUND),
        (nova_says("Network n could not be found.", 404), Refusal.NOT_FOUND),
        (nova_says("Invalid volume: status must be available"), Refusal.CONFLICT),
        (nova_says("volume v is already attached to instances: s"), Refusal.CONFLICT),
        (nova_says("Port p is still in use.", 409), Refusal.CONFLICT),
        (nova_says("Invalid input for field/attribute name."), Refusal.BAD_REQUEST),
        (nova_says("Policy doesn't allow it to be performed.", 403), Refusal.FORBIDDEN),
        (nova_says("Please sign in.", 401), Refusal.CREDENTIALS),
    ],
)
def test_a_clear_no_is_refused_and_says_why(answer, why):
    error = making_fails(**answer)
    assert isinstance(error, CloudRefused)
    assert error.why is why
    assert error.request_id == "req-1"
    assert error.status == answer["status"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_door_held_shut_is_busy_for_as_long_as_it_says(status):
    error = making_fails(status=status, after="7")
    assert isinstance(error, CloudBusy)
    assert error.retry_after == 7.0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_writing_call_that_ended_in_a_server_error_is_unsure(status):
    assert isinstance(making_fails(status=status), CloudUnsure)


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(urllib3.exceptions.ProtocolError("cut")),
        requests.ReadTimeout("slow"),
    ],
)
def test_a_writing_call_whose_answer_was_lost_is_unsure(error):
    assert isinstance(making_fails(error=error), CloudUnsure)


def test_a_writing_call_whose_answer_cannot_be_read_is_unsure():
    assert isinstance(making_fails(body=b"<html>OK</html>", status=201), CloudUnsure)


def test_a_call_that_never_left_is_busy():
    assert isinstance(making_fails(error=requests.ConnectTimeout("slow")), CloudBusy)


@pytest.mark.parametrize(
    ("answer", "leaf"),
    [(Reply(status=503), CloudBusy), (Reply({"error": {"message": "no"}}, 401), CloudRefused)],
)
def test_a_call_that_failed_at_the_sign_in_had_no_effect(answer, leaf):
    wire = Wire().on("POST", f"{KEYSTONE}/auth/tokens", answer)
    with pytest.raises(leaf):
        cloud(wire).make(PortSpec(name="x", network_id="n1"), TAG)
    assert wire.calls() == []


# Limits and offers


def test_limits_are_gathered_from_all_services():
    nova = {"maxTotalInstances": 10, "totalInstancesUsed": 3, "maxTotalCores": -1}
    nova |= {"totalCoresUsed": 6, "maxTotalRAMSize": 4096, "totalRAMUsed": 1024}
    cinder = {"maxTotalVolumes": 5, "totalVolumesUsed": 1, "maxTotalVolumeGigabytes": -1}
    quota = {"port": {"limit": 50, "used": 3, "reserved": 1}, "floatingip": {"limit": -1}}
    wire = Wire().on("GET", f"{NOVA}/limits", Reply({"limits": {"absolute": nova}}))
    wire.on("GET", f"{CINDER}/limits", Reply({"limits": {"absolute": cinder}}))
    wire.on("GET", f"{V2}/quotas/project-1/details", Reply({"quota": quota}))
    assert cloud(wire).limits() == Limits(
        servers=Limit(total=10, used=3),
        cores=Limit(total=None, used=6),
        ram_mib=Limit(total=4096, used=1024),
        ports=Limit(total=50, used=4),
        floating_ips=Limit(total=None, used=0),
        volumes=Limit(total=5, used=1),
        volume_gib=Limit(total=None, used=0),
    )


def test_a_service_that_is_missing_limits_nothing():
    token = a_token(catalog=[])
    wire = Wire()
    wire.on("POST", f"{KEYSTONE}/auth/tokens", Reply(token, 201, {"X-Subject-Token": "t"}))
    assert cloud(wire).limits() == Limits()


def test_quotas_that_we_may_not_read_limit_nothing():
    forbidden = {"NeutronError": {"type": "PolicyNotAuthorized", "message": "disallowed by policy"}}
    wire = Wire().on("GET", f"{V2}/quotas/project-1/details", Reply(forbidden, 403))
    assert cloud(wire).limits().ports == Limit()


def test_a_service_that_is_ill_is_not_a_missing_one():
    wire = Wire().on("GET", f"{NOVA}/limits", Reply(status=503))
    with pytest.raises(CloudBusy):
        cloud(wire).limits()


def an_offering_wire() -> Wire:
    wire = Wire()
    image = {"id": "i1", "name": None, "status": "active", "min_disk": 1, "created_at": ZONE}
    wire.on("GET", f"{GLANCE}/v2/images", Reply({"images": [image]}))
    flavors = [{"id": "f1", "name": "tiny", "vcpus": 1, "ram": 64, "disk": 1}]
    flavors += [{"id": "f2", "name": "off", "OS-FLV-DISABLED:disabled": True}]
    wire.on("GET", f"{NOVA}/flavors/detail", Reply({"flavors": flavors}))
    wire.on("GET", f"{NOVA}/os-keypairs", Reply({"keypairs": [{"keypair": {"name": "k"}}]}))
    zones = [{"zoneName": "a"}, {"zoneName": "b", "zoneState": {"available": False}}]
    wire.on("GET", f"{NOVA}/os-availability-zone", Reply({"availabilityZoneInfo": zones}))
    network = {"id": "n1", "name": "lab", "router:external": True, "subnets": ["sn1"]}
    wire.on("GET", f"{V2}/networks", Reply({"networks": [network]}))
    groups = {"security_groups": [{"id": "g1", "name": "web"}]}
    wire.on("GET", f"{V2}/security-groups", Reply(groups))
    types = {"volume_types": [{"id": "t1", "name": "ssd"}]}
    return wire.on("GET", f"{CINDER}/types", Reply(types))


def test_what_there_is_to_choose_from_is_gathered():
    offers = cloud(an_offering_wire()).offers()
    (image,) = offers.images
    assert (image.id, image.name, image.status, image.min_disk_gib) == ("i1", "", "ACTIVE", 1)
    assert image.created_at == BORN
    assert [(flavor.name, flavor.ram_mib) for flavor in offers.flavors] == [("tiny", 64)]
    (network,) = offers.networks
    assert (network.external, network.subnets) == (True, ("sn1",))
    assert [group.id for group in offers.security_groups] == ["g1"]
    assert [key.name for key in offers.key_pairs] == ["k"]
    assert [kind.name for kind in offers.volume_types] == ["ssd"]
    assert [zone.name for zone in offers.availability_zones] == ["a"]


def test_a_cloud_without_block_storage_offers_the_rest():
    token = a_token()
    token["token"]["catalog"] = token["token"]["catalog"][:3]
    wire = an_offering_wire()
    wire.on("POST", f"{KEYSTONE}/auth/tokens", Reply(token, 201, {"X-Subject-Token": "t"}))
    offers = cloud(wire).offers()
    assert offers.volume_types == ()
    assert offers.flavors
