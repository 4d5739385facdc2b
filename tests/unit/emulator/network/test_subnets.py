"""Subnets: their ranges, gateways and refusals."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

SUBNETS = "/network/v2.0/subnets"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def network_id(cloud: InProcess) -> str:
    reply = cloud.call("POST", "/network/v2.0/networks", {"network": {"name": "mine"}})
    return str(reply.json["network"]["id"])


def make(cloud: InProcess, network_id: str, **fields: Any) -> Reply:
    given = {"network_id": network_id, "ip_version": 4, "cidr": "10.9.0.0/29", **fields}
    given = {name: value for name, value in given.items() if value is not ...}
    return cloud.call("POST", SUBNETS, {"subnet": given})


def refusal(reply: Reply) -> tuple[int | None, str, str]:
    error = reply.json["NeutronError"]
    return reply.status, error["type"], error["message"]


def test_a_subnet_takes_its_first_address_as_gateway(cloud: InProcess, network_id: str) -> None:
    subnet = make(cloud, network_id).json["subnet"]
    assert subnet["gateway_ip"] == "10.9.0.1"
    assert subnet["allocation_pools"] == [{"start": "10.9.0.2", "end": "10.9.0.6"}]


def test_a_gateway_in_the_middle_parts_the_pool(cloud: InProcess, network_id: str) -> None:
    subnet = make(cloud, network_id, gateway_ip="10.9.0.3").json["subnet"]
    assert subnet["allocation_pools"] == [
        {"start": "10.9.0.1", "end": "10.9.0.2"},
        {"start": "10.9.0.4", "end": "10.9.0.6"},
    ]


def test_a_subnet_can_do_without_a_gateway(cloud: InProcess, network_id: str) -> None:
    subnet = make(cloud, network_id, gateway_ip=None).json["subnet"]
    assert subnet["gateway_ip"] is None
    assert subnet["allocation_pools"][0]["start"] == "10.9.0.1"


def test_an_ipv6_subnet_begins_with_its_gateway(cloud: InProcess, network_id: str) -> None:
    subnet = make(cloud, network_id, ip_version=6, cidr="2001:db8::/64").json["subnet"]
    assert subnet["gateway_ip"] == "2001:db8::"
    assert subnet["allocation_pools"][0]["start"] == "2001:db8::1"


def test_a_port_gets_an_address_of_each_ip_version(cloud: InProcess, network_id: str) -> None:
    make(cloud, network_id)
    make(cloud, network_id, ip_version=6, cidr="2001:db8::/64")
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network_id}})
    addresses = [ip["ip_address"] for ip in port.json["port"]["fixed_ips"]]
    assert addresses == ["10.9.0.2", "2001:db8::1"]


def test_addresses_come_from_the_pools_asked_for(cloud: InProcess, network_id: str) -> None:
    make(cloud, network_id, allocation_pools=[{"start": "10.9.0.5", "end": "10.9.0.6"}])
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network_id}})
    assert port.json["port"]["fixed_ips"][0]["ip_address"] == "10.9.0.5"


def test_pools_can_be_widened_while_in_use(cloud: InProcess, network_id: str) -> None:
    pools = [{"start": "10.9.0.5", "end": "10.9.0.5"}]
    subnet = make(cloud, network_id, allocation_pools=pools).json["subnet"]
    wish = {"port": {"network_id": network_id}}
    assert cloud.call("POST", "/network/v2.0/ports", wish).status == 201
    assert cloud.call("POST", "/network/v2.0/ports", wish).status == 409
    wider = {"subnet": {"allocation_pools": [{"start": "10.9.0.5", "end": "10.9.0.6"}]}}
    assert cloud.call("PUT", f"{SUBNETS}/{subnet['id']}", wider).status == 200
    port = cloud.call("POST", "/network/v2.0/ports", wish).json["port"]
    assert port["fixed_ips"][0]["ip_address"] == "10.9.0.6"


@pytest.mark.parametrize(
    ("fields", "kind", "message"),
    [
        ({"cidr": "10.9.0.0/99"}, "InvalidInput",
         "Invalid input for operation: 10.9.0.0/99 is not in a CIDR format."),
        ({"cidr": ...}, "BadRequest",
         "Bad subnets request: a subnetpool must be specified in the absence of a cidr."),
        ({"ip_version": 5}, "HTTPBadRequest",
         "Invalid input for ip_version. Reason: 5 is not in valid_values."),
        ({"ip_version": ...}, "HTTPBadRequest",
         "Failed to parse request. Required attribute 'ip_version' not specified"),
        ({"allocation_pools": [{"start": "10.8.0.1", "end": "10.8.0.2"}]},
         "OutOfBoundsAllocationPool",
         "The allocation pool 10.8.0.1-10.8.0.2 spans beyond the subnet cidr 10.9.0.0/29."),
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused_in_neutrons_words(
    cloud: InProcess, network_id: str, fields: dict[str, Any], kind: str, message: str
) -> None:
    assert refusal(make(cloud, network_id, **fields)) == (400, kind, message)


def test_a_gateway_within_the_pool_is_a_conflict(cloud: InProcess, network_id: str) -> None:
    reply = make(
        cloud,
        network_id,
        gateway_ip="10.9.0.3",
        allocation_pools=[{"start": "10.9.0.2", "end": "10.9.0.4"}],
    )
    assert refusal(reply)[:2] == (409, "GatewayConflictWithAllocationPools")


def test_two_subnets_of_a_network_do_not_overlap(cloud: InProcess, network_id: str) -> None:
    make(cloud, network_id)
    assert refusal(make(cloud, network_id, cidr="10.9.0.0/24")) == (
        400,
        "InvalidInput",
        (
            f"Invalid input for operation: Requested subnet with cidr: 10.9.0.0/24 for network: "
            f"{network_id} overlaps with another subnet."
        ),
    )


def test_a_subnet_needs_a_network_of_ones_own(cloud: InProcess) -> None:
    assert refusal(make(cloud, NOBODY))[:2] == (404, "NetworkNotFound")
    status, _, message = refusal(make(cloud, cloud.network_id("public")))
    assert (status, message) == (403, "rule:create_subnet is disallowed by policy")


def test_a_subnet_with_addresses_in_use_is_not_deleted(cloud: InProcess, network_id: str) -> None:
    subnet = make(cloud, network_id).json["subnet"]
    port = cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network_id}})
    path = f"{SUBNETS}/{subnet['id']}"
    assert refusal(cloud.call("DELETE", path)) == (
        409,
        "SubnetInUse",
        (
            f"Unable to complete operation on subnet {subnet['id']}: One or more ports have an IP "
            "allocation from this subnet."
        ),
    )
    cloud.call("DELETE", f"/network/v2.0/ports/{port.json['port']['id']}")
    assert cloud.call("DELETE", path).status == 204
    network = cloud.call("GET", f"/network/v2.0/networks/{network_id}").json["network"]
    assert network["subnets"] == []


def test_availability_counts_addresses_for_the_administrator(
    cloud: InProcess, network_id: str
) -> None:
    make(cloud, network_id)
    cloud.call("POST", "/network/v2.0/ports", {"port": {"network_id": network_id}})
    path = f"/network/v2.0/network-ip-availabilities/{network_id}"
    found = cloud.call("GET", path, user="admin").json["network_ip_availability"]
    assert (found["used_ips"], found["total_ips"]) == (1, 5)
    assert found["subnet_ip_availability"][0]["ip_availability_details"] == {
        "total_ips_in_subnet": 6,
        "total_ips_in_allocation_pool": 5,
        "used_ips_in_subnet": 1,
        "used_ips_in_allocation_pool": 1,
    }
    assert cloud.call("GET", path).status == 404
