"""Blazar: hosts are set aside, and leased for a while."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import BASE, InProcess, Reply

LEASES = "/reservation/v1/leases"
HOSTS = "/reservation/v1/os-hosts"
ONE_HOST = {"resource_type": "physical:host", "min": 1, "max": 1}


def lease(cloud: InProcess, *, user: str = "demo", **given: Any) -> Reply:
    """From 13:00 to 15:00; the clock of the cloud stands at 12:00."""
    wish = {
        "name": "mine",
        "start_date": "2026-03-01 13:00",
        "end_date": "2026-03-01 15:00",
        "reservations": [ONE_HOST],
        **given,
    }
    wish = {name: value for name, value in wish.items() if value is not ...}
    return cloud.call("POST", LEASES, wish, user=user)


def test_a_lease_shows_what_was_reserved_and_what_will_happen(cloud: InProcess) -> None:
    reply = lease(cloud)
    made = reply.json["lease"]
    assert reply.status == 201
    assert (made["start_date"], made["end_date"]) == (
        "2026-03-01T13:00:00.000000",
        "2026-03-01T15:00:00.000000",
    )
    (reservation,) = made["reservations"]
    assert reservation["resource_type"] == "physical:host"
    assert (reservation["min"], reservation["max"], reservation["lease_id"]) == (1, 1, made["id"])
    assert {event["event_type"]: event["time"][11:16] for event in made["events"]} == {
        "start_lease": "13:00",
        "before_end_lease": "14:00",
        "end_lease": "15:00",
    }
    assert cloud.call("GET", f"{LEASES}/{made['id']}").json["lease"] == made
    assert cloud.call("GET", LEASES).json["leases"] == [made]


def test_a_lease_begins_and_ends_with_the_time(cloud: InProcess) -> None:
    made = lease(cloud).json["lease"]
    seen = []
    for _ in range(4):
        shown = cloud.call("GET", f"{LEASES}/{made['id']}").json["lease"]
        seen.append((shown["status"], shown["reservations"][0]["status"]))
        cloud.advance(3600)
    assert seen == [
        ("PENDING", "pending"),
        ("ACTIVE", "active"),
        ("ACTIVE", "active"),
        ("TERMINATED", "deleted"),
    ]
    assert {event["status"] for event in shown["events"]} == {"DONE"}


def test_a_lease_may_begin_now_and_be_of_instances(cloud: InProcess) -> None:
    wish = {"resource_type": "virtual:instance", "amount": 2, "vcpus": 1, "memory_mb": 512}
    made = lease(cloud, start_date="now", reservations=[wish]).json["lease"]
    assert made["status"] == "ACTIVE"
    (reservation,) = made["reservations"]
    assert (reservation["amount"], reservation["flavor_id"]) == (2, reservation["id"])


def test_a_host_is_leased_to_one_at_a_time(cloud: InProcess) -> None:
    first = lease(cloud).json["lease"]
    reply = lease(cloud, name="other", start_date="2026-03-01 14:00", end_date="2026-03-01 16:00")
    assert (reply.status, reply.json["error_message"]) == (409, "Not enough hosts available")
    later = lease(cloud, name="later", start_date="2026-03-01 15:00", end_date="2026-03-01 16:00")
    assert later.status == 201
    assert cloud.call("DELETE", f"{LEASES}/{first['id']}").status == 204
    assert lease(cloud, name="other").status == 201


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"name": ...}, 400, "Missing parameter name"),
        ({"reservations": ...}, 400, "Missing parameter reservations"),
        (
            {"end_date": "soon"},
            400,
            "soon is an invalid date. Required format: %Y-%m-%d %H:%M",
        ),
        (
            {"start_date": "2026-03-01 11:00"},
            400,
            "Start date must be later than current date",
        ),
        ({"end_date": "2026-03-01 13:00"}, 400, "End date must be later than start date."),
        (
            {"reservations": [{"resource_type": "virtual:floatingip"}]},
            400,
            "The virtual:floatingip resource type is not supported",
        ),
        ({"reservations": None}, 400, "Malformed parameter reservations"),
        ({"reservations": [{**ONE_HOST, "min": "few"}]}, 400, "Malformed parameter min"),
        (
            {"reservations": [{**ONE_HOST, "min": 2}]},
            400,
            "Invalid values for min/max of hosts. Max must be equal to or larger than min.",
        ),
    ],
)
def test_what_cannot_be_leased_is_told_why(
    cloud: InProcess, given: dict[str, Any], status: int, message: str
) -> None:
    reply = lease(cloud, **given)
    assert reply.json == {"error_code": status, "error_message": message, "error_name": status}
    assert reply.status == status


def test_a_name_is_a_projects_only_once(cloud: InProcess) -> None:
    lease(cloud)
    reply = lease(cloud, start_date="2026-03-02 13:00", end_date="2026-03-02 14:00")
    assert (reply.status, reply.json["error_message"]) == (
        409,
        "The lease with name: mine already exists",
    )


def test_leases_of_others_are_for_administrators(cloud: InProcess) -> None:
    made = lease(cloud, user="admin").json["lease"]
    assert cloud.call("GET", LEASES).json == {"leases": []}
    reply = cloud.call("GET", f"{LEASES}/{made['id']}")
    assert (reply.status, reply.json["error_message"]) == (
        403,
        "Policy doesn't allow blazar:leases:get to be performed",
    )
    assert len(cloud.call("GET", LEASES, user="admin").json["leases"]) == 1


def test_what_is_not_there_is_told_apart_from_an_address_that_is_none(cloud: InProcess) -> None:
    reply = cloud.call("GET", f"{LEASES}/unknown")
    assert (reply.status, reply.json["error_message"]) == (
        404,
        "Object with {'lease_id': 'unknown'} not found",
    )
    reply = cloud.call("GET", "/reservation/v1/nothing")
    assert (reply.status, reply.json["error"]) == (404, 404)


def test_hosts_are_the_business_of_administrators(cloud: InProcess) -> None:
    assert cloud.call("GET", HOSTS).status == 403
    (host,) = cloud.call("GET", HOSTS, user="admin").json["hosts"]
    assert host["hypervisor_hostname"] == host["service_name"] == "emulator-1"
    assert (host["vcpus"], host["memory_mb"], host["local_gb"]) == (10_000, 50_000_000, 1_000_000)
    assert cloud.call("GET", f"{HOSTS}/{host['id']}", user="admin").json["host"] == host


def test_hosts_come_and_go(cloud: InProcess) -> None:
    body = {"name": "emulator-2", "gpu": "yes"}
    reply = cloud.call("POST", HOSTS, body, user="admin")
    made = reply.json["host"]
    assert (reply.status, made["hypervisor_hostname"], made["gpu"]) == (201, "emulator-2", "yes")
    assert lease(cloud, reservations=[{**ONE_HOST, "min": 2, "max": 2}]).status == 201
    assert cloud.call("POST", HOSTS, body, user="admin").status == 409
    assert cloud.call("DELETE", f"{HOSTS}/{made['id']}", user="admin").status == 204
    assert cloud.call("GET", f"{HOSTS}/{made['id']}", user="admin").status == 404


@pytest.mark.parametrize(("body", "status"), [({"name": "stranger"}, 404), ({}, 400), ([], 400)])
def test_only_hosts_that_nova_knows_can_be_set_aside(
    cloud: InProcess, body: Any, status: int
) -> None:
    assert cloud.call("POST", HOSTS, body, user="admin").status == status


def test_its_versions_are_told_at_the_root(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/reservation/", user=None)
    (version,) = reply.json["versions"]
    assert (reply.status, version["id"]) == (300, "v1.0")
    assert version["links"][0]["href"] == f"{BASE}/reservation/v1"
