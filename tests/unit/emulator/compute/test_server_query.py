"""Listings of servers: filters, orders, pages."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

SERVERS = "/compute/v2.1/servers"


def ask(cloud: InProcess, query: str, *, version: str = "2.90", user: str = "demo") -> Reply:
    return cloud.call("GET", f"{SERVERS}/detail?{query}", version=version, user=user)


def names(cloud: InProcess, query: str, **how: Any) -> list[str]:
    reply = ask(cloud, query, **how)
    assert reply.status == 200, reply.body
    return [server["name"] for server in reply.json["servers"]]


def some_servers(cloud: InProcess) -> dict[str, Any]:
    """web-1 and web-2 are ACTIVE, db is stopped, new is still built."""
    servers = {
        "web-1": cloud.a_server(name="web-1", tags=["blue", "prod"]),
        "web-2": cloud.a_server(name="web-2", tags=["green", "prod"], flavorRef="2"),
        "db": cloud.a_server(name="db", metadata={"role": "db"}),
    }
    cloud.act(servers["db"]["id"], "os-stop")
    cloud.advance(2)
    servers["new"] = cloud.a_server(name="new", built=False)
    return servers


def test_the_newest_come_first(cloud: InProcess) -> None:
    some_servers(cloud)
    assert names(cloud, "") == ["new", "db", "web-2", "web-1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=web", ["web-2", "web-1"]),
        ("name=^WEB-1$", ["web-1"]),
        ("status=ACTIVE", ["web-2", "web-1"]),
        ("status=active&status=BUILD", ["new", "web-2", "web-1"]),
        ("status=SHUTOFF", ["db"]),
        ("flavor=2", ["web-2"]),
        ("ip=10.20.0.2$", ["web-1"]),
        ("tags=prod,blue", ["web-1"]),
        ("tags-any=blue,green", ["web-2", "web-1"]),
        ("not-tags=prod,blue", ["new", "db", "web-2"]),
        ("not-tags-any=blue,green", ["new", "db"]),
        ("vm_state=stopped", ["db"]),
        ("task_state=scheduling", ["new"]),
        ("availability_zone=nova", ["db", "web-2", "web-1"]),
        ("locked=true", []),
        ("name=web&status=ACTIVE&flavor=1", ["web-1"]),
    ],
)
def test_a_filter_finds_its_own(cloud: InProcess, query: str, found: list[str]) -> None:
    some_servers(cloud)
    assert names(cloud, query) == found


def test_an_image_filter_finds_its_servers(cloud: InProcess) -> None:
    cloud.a_server(name="a")
    cloud.a_server(name="b", imageRef=cloud.image_id("debian-12"))
    assert names(cloud, f"image={cloud.image_id('debian-12')}") == ["b"]


def test_a_status_is_not_matched_by_the_task_of_another(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.act(server["id"], "reboot", {"type": "SOFT"})
    assert names(cloud, "status=REBOOT") == ["web"]
    cloud.advance(2)
    assert names(cloud, "status=REBOOT") == []


@pytest.mark.parametrize(
    ("query", "version", "status"),
    [
        ("limit=x", "2.1", 400),
        ("limit=-1", "2.1", 400),
        ("marker=unknown", "2.1", 400),
        ("changes-since=yesterday", "2.1", 400),
        ("name=[", "2.1", 400),
        ("sort_key=beauty", "2.1", 400),
        ("sort_key=uuid&sort_dir=up", "2.1", 400),
        ("_secret=1", "2.1", 400),
        ("bogus=1", "2.74", 200),
        ("bogus=1", "2.75", 400),
        ("status=HAPPY", "2.37", 200),
        ("status=HAPPY", "2.38", 400),
        ("status=DELETED", "2.1", 403),
        ("all_tenants=1", "2.1", 403),
        ("all_tenants=perhaps", "2.1", 400),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    cloud: InProcess, query: str, version: str, status: int
) -> None:
    assert ask(cloud, query, version=version).status == status


@pytest.mark.parametrize(("version", "found"), [("2.82", ["new", "db"]), ("2.83", ["db"])])
def test_a_filter_that_is_not_the_callers_is_ignored(
    cloud: InProcess, version: str, found: list[str]
) -> None:
    server = cloud.a_server(name="db")
    cloud.act(server["id"], "os-stop")
    cloud.advance(2)
    cloud.a_server(name="new", built=False)
    assert names(cloud, "vm_state=stopped", version=version) == found


def test_pages_follow_each_other_without_gap_or_overlap(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(7)
    seen: list[str] = []
    target = f"{SERVERS}/detail?limit=3&name=seed"
    pages = 0
    while target:
        body = cloud.call("GET", target).json
        seen += [server["name"] for server in body["servers"]]
        target = body["servers_links"][0]["href"] if "servers_links" in body else ""
        pages += 1
    assert seen == [f"seed-{number:05}" for number in range(7, 0, -1)]
    assert pages == 3


def test_a_next_link_keeps_the_question(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(2)
    body = ask(cloud, "limit=1&name=se%2B&status=ACTIVE").json
    marker = body["servers"][0]["id"]
    assert body["servers_links"] == [
        {
            "rel": "next",
            "href": f"http://cloud.test:8774{SERVERS}/detail"
            f"?limit=1&name=se%2B&status=ACTIVE&marker={marker}",
        }
    ]


def test_a_full_last_page_points_to_an_empty_one(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(2)
    body = ask(cloud, "limit=2").json
    after = cloud.call("GET", body["servers_links"][0]["href"]).json
    assert after == {"servers": []}


def test_a_page_never_has_more_than_a_thousand(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(1001)
    for query in ("", "limit=0", "limit=5000"):
        body = cloud.call("GET", f"{SERVERS}?{query}").json
        assert len(body["servers"]) == 1000
        assert "servers_links" in body


def test_servers_come_in_the_order_asked_for(cloud: InProcess) -> None:
    some_servers(cloud)
    assert names(cloud, "sort_key=display_name&sort_dir=asc") == ["db", "new", "web-1", "web-2"]
    query = "sort_key=vm_state&sort_dir=asc&sort_key=display_name&sort_dir=desc"
    assert names(cloud, query) == ["web-2", "web-1", "new", "db"]


def test_a_sorted_listing_has_pages_too(cloud: InProcess) -> None:
    servers = some_servers(cloud)
    query = f"sort_key=display_name&sort_dir=asc&limit=2&marker={servers['db']['id']}"
    assert names(cloud, query) == ["new", "web-1"]


def test_changes_since_shows_changed_and_deleted_servers_only(cloud: InProcess) -> None:
    servers = some_servers(cloud)
    cloud.advance(60)
    since = "2026-03-01T12:01:00Z"
    cloud.call("DELETE", f"{SERVERS}/{servers['web-2']['id']}")
    cloud.act(servers["db"]["id"], "os-start")
    cloud.advance(5)
    reply = ask(cloud, f"changes-since={since}")
    assert [(s["name"], s["status"]) for s in reply.json["servers"]] == [
        ("db", "ACTIVE"),
        ("web-2", "DELETED"),
    ]
    assert names(cloud, f"changes-since={since}&status=ACTIVE") == ["db"]
    assert names(cloud, f"changes-since={since}&deleted=false", user="admin") == []
    assert names(cloud, "changes-since=2026-03-01T13:00:00Z") == []


@pytest.mark.parametrize(
    "moment",
    ["2026-03-01T12:00:10Z", "2026-03-01T12:00:10", "2026-03-01T13:00:10+01:00"],
)
def test_moments_are_understood_in_every_form(cloud: InProcess, moment: str) -> None:
    cloud.a_server()
    assert names(cloud, f"changes-since={quote(moment)}") == ["web"]
    assert names(cloud, f"changes-since={moment}") == ["web"], "a plus sign not escaped"


def test_a_change_in_the_very_second_is_not_missed(cloud: InProcess) -> None:
    cloud.advance(0.9)
    server = cloud.a_server()
    assert names(cloud, f"changes-since={server['updated']}") == ["web"]


def test_changes_before_ends_the_window(cloud: InProcess) -> None:
    cloud.a_server(name="early")
    cloud.advance(60)
    cloud.a_server(name="late")
    before = "changes-before=2026-03-01T12:01:00Z"
    assert names(cloud, before, version="2.66") == ["early"]
    assert names(cloud, before, version="2.65") == ["late", "early"]
    window = f"changes-since=2026-03-01T13:00:00Z&{before}"
    assert ask(cloud, window, version="2.66").status == 400


def test_administrators_see_all_tenants_and_the_deleted(cloud: InProcess) -> None:
    cloud.a_server(name="ours")
    gone = cloud.a_server(name="gone")
    cloud.call("DELETE", f"{SERVERS}/{gone['id']}")
    cloud.advance(4)
    cloud.cloud.seed_servers(1, project="admin", prefix="theirs")
    assert names(cloud, "") == ["ours"]
    assert names(cloud, "", user="admin") == ["theirs-00001"]
    assert names(cloud, "all_tenants=1", user="admin") == ["theirs-00001", "ours"]
    assert names(cloud, "all_tenants=1&deleted=1", user="admin") == ["gone"]
    project = cloud.cloud.project("demo").id
    assert names(cloud, f"all_tenants=1&project_id={project}", user="admin") == ["ours"]
