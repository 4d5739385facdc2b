"""Nova: servers by the page, by filter, and only those that changed."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.contract.api import refused
from tests.contract.server_forms import ACTIVE, LINK
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant


def servers(cloud: Tenant, count: int, **changes: object) -> set[str]:
    """That many ACTIVE servers; their ids."""
    made = [
        cloud.made(cloud.compute, "/servers", **cloud.server_body(**changes))["id"]
        for _ in range(count)
    ]
    for server_id in made:
        cloud.server_is(server_id, "ACTIVE")
    return set(made)


def moment(ago: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_pages_lead_from_one_to_the_next_and_show_each_server_once(cloud: Tenant) -> None:
    made = servers(cloud, 5)
    path, pages = "/servers/detail?limit=2", []
    while path:
        body = cloud.compute.get(path).body
        pages.append([server["id"] for server in body["servers"]])
        links = body.get("servers_links", [])
        assert [link["rel"] for link in links] in ([], ["next"])
        path = links[0]["href"] if links else ""
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {server_id for page in pages for server_id in page} == made


def test_a_page_that_is_just_full_leads_to_an_empty_one(cloud: Tenant) -> None:
    servers(cloud, 2)
    full = cloud.compute.get("/servers?limit=2").body
    (link,) = full["servers_links"]
    assert cloud.compute.get(link["href"]).body == {"servers": []}


def test_the_newest_server_comes_first(cloud: Tenant) -> None:
    (first,) = servers(cloud, 1)
    time.sleep(1.1)  # creation times are whole seconds
    (second,) = servers(cloud, 1)
    listed = [server["id"] for server in cloud.compute.get("/servers").one]
    assert listed == [second, first]
    rising = "/servers?sort_key=created_at&sort_dir=asc"
    assert [server["id"] for server in cloud.compute.get(rising).one] == [first, second]


def test_a_short_list_has_names_and_links_only_and_a_long_one_all(cloud: Tenant) -> None:
    servers(cloud, 1)
    has_form(
        cloud.compute.get("/servers").body, {"servers": [{"id": str, "name": str, "links": [LINK]}]}
    )
    has_form(cloud.compute.get("/servers/detail").body, {"servers": [ACTIVE]})


def test_names_are_found_by_pattern_and_states_by_word(cloud: Tenant) -> None:
    (ours,) = servers(cloud, 1, name="node-007")
    servers(cloud, 1, name="other")
    for query in ("name=node-0", "name=^node-007$", "name=007"):
        (found,) = cloud.compute.get(f"/servers?{query}").one
        assert found["id"] == ours
    assert len(cloud.compute.get("/servers?status=ACTIVE").one) == 2
    assert cloud.compute.get("/servers?status=ERROR").one == []


def test_an_unknown_filter_is_passed_over_at_first_and_refused_later(cloud: Tenant) -> None:
    assert cloud.compute.get("/servers?no-such=1").status == 200
    answer = cloud.compute.get("/servers?nosuch=1", version="2.96")
    refused(answer, 400, "badRequest", ".*'nosuch'.*")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("marker=no-such", r"marker \[no-such\] not found"),
        ("limit=abc", "Invalid input for query parameters limit. Value: abc. .*"),
        ("limit=-1", "Invalid input for query parameters limit. Value: -1. .*"),
        ("changes-since=yesterday", "Invalid input for query parameters changes-since. .*"),
    ],
)
def test_a_wrong_query_is_refused(cloud: Tenant, query: str, message: str) -> None:
    refused(cloud.compute.get(f"/servers?{query}"), 400, "badRequest", message)


def test_a_member_sees_neither_all_projects_nor_the_deleted(cloud: Tenant) -> None:
    refused(
        cloud.compute.get("/servers?all_tenants=1"),
        403,
        "forbidden",
        r"Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed\.",
    )
    refused(
        cloud.compute.get("/servers?status=DELETED"),
        403,
        "forbidden",
        "Only administrators may list deleted instances",
    )


def test_changes_since_shows_the_changed_and_the_deleted_only(cloud: Tenant) -> None:
    untouched, renamed, ended = (
        servers(cloud, 1, metadata={"leasehold": "a/b"}).pop() for _ in range(3)
    )
    time.sleep(2.1)  # update times are whole seconds
    since = moment(ago=1)
    cloud.compute.put(f"/servers/{renamed}", {"server": {"name": "renamed"}})
    cloud.compute.delete(f"/servers/{ended}")
    cloud.gone(cloud.compute, f"/servers/{ended}")
    (born,) = servers(cloud, 1)

    changed = cloud.compute.get(f"/servers/detail?changes-since={since}").one
    states = {server["id"]: server["status"] for server in changed}
    assert states == {renamed: "ACTIVE", ended: "DELETED", born: "ACTIVE"}
    assert untouched not in states
    (gone,) = (server for server in changed if server["id"] == ended)
    assert gone["OS-EXT-STS:vm_state"] == "deleted"
    assert gone["OS-SRV-USG:terminated_at"] is not None
    assert gone["addresses"] == {}
    assert gone["metadata"] == {}, "its metadata went with it"


def test_changes_since_comes_in_pages_too(cloud: Tenant) -> None:
    since = moment(ago=1)
    made = servers(cloud, 3)
    path, found = f"/servers/detail?changes-since={since}&limit=2", []
    while path:
        body = cloud.compute.get(path).body
        found += [server["id"] for server in body["servers"]]
        path = next((link["href"] for link in body.get("servers_links", [])), "")
    assert made <= set(found)
    assert len(found) == len(set(found))


def test_changes_since_tomorrow_shows_nothing(cloud: Tenant) -> None:
    servers(cloud, 1)
    assert cloud.compute.get(f"/servers?changes-since={moment(ago=-86400)}").one == []


def test_several_servers_are_made_by_one_call(cloud: Tenant) -> None:
    body = cloud.server_body(name="many", min_count=2, max_count=2, return_reservation_id=True)
    answer = cloud.compute.post("/servers", body)
    assert answer.status == 202
    has_form(answer.body, {"reservation_id": str})
    made = cloud.compute.get("/servers?name=many").one
    assert {server["name"] for server in made} == {"many-1", "many-2"}
    for server in made:
        cloud.server_is(server["id"], "ACTIVE")
