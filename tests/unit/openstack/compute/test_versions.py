"""Calls that Nova dropped later, and lists and quotas of Novas before microversions."""

from datetime import UTC, datetime

import pytest

from leasehold.openstack import VersionUnsupported
from tests.unit.openstack.wire import NOVA, Reply, Seen, Wire, connection

ACTION = f"{NOVA}/servers/s1/action"


def a_refusal(lowest: str, highest: str) -> Reply:
    text = (
        f"Version 2.43 is not supported by the API. Minimum is {lowest} and maximum is {highest}."
    )
    return Reply({"computeFault": {"code": 406, "message": text}}, 406)


def asked_for(seen: Seen) -> str:
    return seen.headers["OpenStack-API-Version"]


def test_an_action_that_was_removed_is_sent_in_the_last_version_that_has_it():
    wire = Wire().on("POST", ACTION, Reply(status=202))
    wire.on("GET", f"{NOVA}/limits", Reply({"limits": {"absolute": {}}}))
    cloud = connection(wire)
    cloud.compute.add_floating_ip("s1", "192.0.2.1")
    cloud.compute.limits()
    assert [asked_for(seen) for seen in wire.calls()] == ["compute 2.43", "compute 2.79"]


def test_an_old_call_says_nothing_of_what_is_agreed_for_others():
    said = {"OpenStack-API-Version": "compute 2.43"}
    wire = Wire().on("POST", ACTION, Reply(status=202, headers=said))
    cloud = connection(wire)
    cloud.compute.add_floating_ip("s1", "192.0.2.1")
    wire.on("POST", ACTION, Reply(headers={"OpenStack-API-Version": "compute 2.79"}))
    cloud.compute.lock_server("s1")
    assert cloud.compute.service.version() == (2, 79)


def test_a_nova_that_is_older_still_is_asked_in_its_own_newest_version():
    wire = Wire().on("POST", ACTION, a_refusal("2.1", "2.12"), Reply(status=202))
    connection(wire).compute.add_floating_ip("s1", "192.0.2.1")
    assert asked_for(wire.calls()[-1]) == "compute 2.12"


def test_a_nova_that_has_left_a_version_behind_is_told_with_what_to_use():
    wire = Wire().on("POST", ACTION, a_refusal("2.60", "2.104"))
    with pytest.raises(VersionUnsupported, match=r"no longer speaks 2\.43.*update_floating_ip"):
        connection(wire).compute.add_floating_ip("s1", "192.0.2.1")


def some_groups(*numbers: int) -> Reply:
    return Reply({"server_groups": [{"id": str(number), "name": "g"} for number in numbers]})


def test_a_list_without_links_is_paged_by_offset_until_a_page_is_empty():
    def answer(seen: Seen) -> Reply:
        start = int(dict(seen.query).get("offset", 0))
        return some_groups(*range(5)[start : start + 2])  # less than we ask for, as its limit is

    wire = Wire().on("GET", f"{NOVA}/os-server-groups", answer)
    found = [group.id for group in connection(wire).compute.server_groups()]
    assert found == ["0", "1", "2", "3", "4"]
    assert [dict(seen.query).get("offset") for seen in wire.calls()] == [None, "2", "4", "5"]


def test_a_list_that_begins_anew_whatever_the_offset_has_no_pages():
    wire = Wire().on("GET", f"{NOVA}/os-server-groups", some_groups(1, 2))
    found = [group.id for group in connection(wire).compute.server_groups()]
    assert found == ["1", "2"]


def test_quotas_of_a_nova_that_does_not_tell_the_use_are_limits():
    wire = Wire().on(
        "GET", f"{NOVA}/os-quota-sets/p1", Reply({"quota_set": {"id": "p1", "cores": 5}})
    )
    found = connection(wire).compute.quotas("p1")
    assert (found.cores.limit, found.cores.used) == (5, 0)


def test_use_is_summed_up_over_the_pages():
    path = f"{NOVA}/os-simple-tenant-usage/p1"
    link = {"rel": "next", "href": "http://elsewhere/?marker=s1&start=x"}
    first = {"tenant_usage": {"total_hours": 1.5}, "tenant_usage_links": [link]}
    wire = Wire().on("GET", path, Reply(first), Reply({"tenant_usage": {"total_hours": 2.0}}))
    found = connection(wire).compute.usage("p1", start=datetime(2030, 1, 1, tzinfo=UTC))
    assert found.hours == 3.5
    assert ("marker", "s1") in wire.calls()[-1].query


def test_a_name_with_a_slash_stays_one_segment_of_the_path():
    wire = Wire().on("DELETE", f"{NOVA}/os-keypairs/a%2Fb%3F", Reply(status=202))
    connection(wire).compute.delete_key_pair("a/b?")
    assert len(wire.calls()) == 1
