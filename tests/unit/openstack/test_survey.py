from datetime import UTC, datetime

from leasehold.openstack import ServiceType
from leasehold.openstack.survey import Survey, survey

from .wire import CINDER, GLANCE, KEYSTONE, NEUTRON, NOVA, Reply, Wire, a_token, connection

V2 = f"{NEUTRON}/v2.0"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def a_cloud() -> Wire:
    """Build a cloud in which everything is there."""
    wire = Wire()
    date = {"Date": "Tue, 01 Jan 2030 12:00:00 GMT"}
    limits = {"maxTotalInstances": 10, "totalInstancesUsed": 3}
    wire.on(
        "GET",
        f"{NOVA}/limits",
        Reply({"limits": {"absolute": limits}}, headers={"OpenStack-API-Version": "compute 2.79"}),
    )
    wire.on("GET", f"{NOVA}/servers/detail", Reply({"servers": []}, headers=date))
    wire.on("GET", f"{NOVA}/flavors/detail", Reply({"flavors": [{"id": "f"}]}))
    wire.on("GET", f"{NOVA}/os-keypairs", Reply({"keypairs": []}))
    wire.on("GET", f"{GLANCE}/v2/images", Reply({"images": [{"id": "i"}, {"id": "j"}]}))
    networks = [{"id": "n"}, {"id": "x", "router:external": True}]
    wire.on("GET", f"{V2}/networks", Reply({"networks": networks}))
    wire.on("GET", f"{V2}/security-groups", Reply({"security_groups": [{"id": "g"}]}))
    quota = {"port": {"limit": 5, "used": 5, "reserved": 0}}
    wire.on("GET", f"{V2}/quotas/project-1/details", Reply({"quota": quota}))
    wire.on("GET", f"{CINDER}/limits", Reply({"limits": {"absolute": {"maxTotalVolumes": 0}}}))
    return wire.on("GET", f"{CINDER}/types", Reply({"volume_types": []}))


def look(wire: Wire, **fields) -> Survey:
    return survey(connection(wire, **fields), now=lambda: NOON)


def test_a_cloud_that_is_well_is_seen_whole():
    seen = look(a_cloud(), region="RegionOne")
    assert seen.identity.project_name == "lab"
    assert [service.trouble for service in seen.services] == [None] * 4
    assert seen.services[0].microversion == (2, 79)
    assert {room.name: (room.total, room.used) for room in seen.room}["servers"] == (10, 3)
    assert {room.name: room.total for room in seen.room}["cores"] is None
    assert (seen.stock.images, seen.stock.networks, seen.stock.external_networks) == (2, 2, 1)
    assert abs(seen.skew) <= 0.5


def test_a_service_that_does_not_answer_is_told_and_the_rest_is_seen():
    wire = a_cloud().on("GET", f"{V2}/networks", Reply(status=503))
    seen = look(wire)
    network = next(service for service in seen.services if service.type == ServiceType.NETWORK)
    assert "not available" in network.trouble
    assert network.url == V2
    assert seen.stock.networks is None
    assert seen.stock.images == 2


def test_a_service_that_is_not_in_the_catalog_is_told():
    wire = a_cloud()
    token = a_token()
    token["token"]["catalog"] = token["token"]["catalog"][:3]
    wire.on("POST", f"{KEYSTONE}/auth/tokens", Reply(token, 201, {"X-Subject-Token": "t"}))
    volume = look(wire).services[-1]
    assert volume.type is ServiceType.VOLUME
    assert "Could not find specified endpoint" in volume.trouble
    assert volume.url is None


def test_a_sign_in_that_fails_is_all_that_is_seen():
    wire = Wire().on("POST", f"{KEYSTONE}/auth/tokens", Reply({"error": {"message": "no"}}, 401))
    seen = look(wire)
    assert "does not accept the credentials" in seen.trouble
    assert seen.services == ()


def test_a_cloud_that_does_not_tell_its_time_has_no_skew():
    wire = a_cloud().on("GET", f"{NOVA}/servers/detail", Reply({"servers": []}))
    assert look(wire).skew is None
