"""The view of datasets: what it shows, what it lets one do, and to whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.lab.config import TokenConfig
from leasehold.lab.rights import Role
from leasehold.service.fingerprints import fingerprint, new_token
from tests.unit.service.labs import a_service
from tests.unit.service.sites import API, Site, a_site

PAGE = {"hx-request": "true", "origin": "http://127.0.0.1:8484"}
NASTY = "<script>alert('x')</script>\"'&"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    yield from a_site(tmp_path, {})


def test_a_lab_without_datasets_has_no_view_of_them(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        assert "datasets" not in client.get("/").text.lower()
        assert "dataset" not in client.get("/search?text=demo").text
        told = client.get("/datasets")
    assert told.status_code == 409
    assert "[datasets]" in told.text


def test_a_list_says_where_each_is_and_which_agent_is_silent(site: Site) -> None:
    one = site.an_agent("n1")
    one.report()
    site.an_agent("n2")
    made = site.create(node="n1")
    one.obey(one.next_order())
    site.until("mounted")
    page = site.client.get("/datasets").text
    assert '<a href="/datasets" aria-current="page">Datasets</a>' in page
    assert "1 GiB" in page
    assert "n1 at <code>/leasehold/pg</code>" in page
    assert '<span class="state online">online</span>' in page
    assert '<span class="state silent">silent</span>' in page
    assert made["id"] not in site.client.get("/datasets?text=other").text
    assert made["id"] not in site.client.get("/datasets?state=detached").text


def test_one_dataset_tells_its_whole_story(site: Site) -> None:
    one = site.an_agent("n1")
    one.report()
    site.create(node="n1", metadata={"use": NASTY})
    one.obey(one.next_order())
    site.until("mounted")
    site.client.post(f"{API}/datasets/pg/snapshots", json={"name": "before-upgrade"})
    site.client.post(f"{API}/datasets/pg/hold", json={"purpose": NASTY})
    page = site.client.get("/datasets/pg").text
    for told in ("before-upgrade", "mounted at <code>/leasehold/pg</code>", "attachment-",
                 "volume-", "ann@lab for &lt;script&gt;", "creating"):  # fmt: skip
        assert told in page
    assert "<script>alert" not in page
    assert " style=" not in page
    assert site.client.get("/datasets/nope").status_code == 404


def test_a_silent_agent_is_told_as_the_reason_with_the_next_step(site: Site) -> None:
    site.an_agent("n1")
    site.create(node="n1")
    step, page = None, ""
    while step is None or step != _next_step(site):  # it goes on its way between two looks
        step = _next_step(site)
        page = site.client.get("/datasets/pg").text
    assert step
    assert step in page


def _next_step(site: Site) -> str:
    shown: str = site.client.get(f"{API}/datasets/pg").json()["next_step"]
    return shown


def test_the_search_finds_datasets_and_their_nodes(site: Site) -> None:
    site.an_agent("store7").report()
    made = site.create()
    found = site.client.get("/search?text=pg").text
    assert "1 dataset<" in found
    assert f'href="/datasets/{made["id"]}"' in found
    found = site.client.get("/search?text=store").text
    assert "1 dataset node<" in found
    assert 'id="agent:store7"' in found


def test_forms_move_hold_delete_and_bring_back(site: Site) -> None:
    site.an_agent("n1").report()
    name = site.create()["id"]

    def say(verb: str, **form: str) -> str:
        answer = site.client.post(f"/datasets/{name}/{verb}", data=form, headers=PAGE)
        assert answer.status_code == 200, answer.text
        assert answer.headers["hx-trigger"] == "done"
        return answer.text

    assert "pg goes to n1" in say("move", node="n1")
    assert "pg is held on n1" in say("hold")
    refused = site.client.post(f"/datasets/{name}/move", data={"node": ""}, headers=PAGE)
    assert (refused.status_code, "is held on n1 by ann@lab" in refused.text) == (409, True)
    assert "not held any more" in say("release")
    assert "pg is deleted" in say("delete")
    page = site.client.get("/datasets").text
    assert "can be brought back until" in page
    assert "pg is back" in say("undelete")
    shown = site.client.get(f"{API}/datasets/pg").json()
    assert (shown["node"], shown["hold"], shown["deleted_at"]) == ("n1", None, None)


def test_snapshots_go_with_a_dataset_only_if_that_was_said(site: Site) -> None:
    site.create()
    site.until("detached")
    site.client.post(f"{API}/datasets/pg/snapshots", json={"name": "s1"})
    refused = site.client.post("/datasets/pg/delete", headers=PAGE)
    assert (refused.status_code, "1 snapshots" in refused.text) == (409, True)
    gone = site.client.post("/datasets/pg/delete", data={"with_snapshots": "true"}, headers=PAGE)
    assert gone.status_code == 200


def test_a_form_without_scripts_leads_to_the_dataset(site: Site) -> None:
    made = site.create()
    led = site.client.post("/datasets/pg/delete", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, f"/datasets/{made['id']}")


def test_somebody_elses_hold_is_ended_only_by_who_may(tmp_path: Path) -> None:
    secrets = {role: new_token() for role in Role}
    tokens = {
        role.value: TokenConfig(hash=fingerprint(secret), role=role)
        for role, secret in secrets.items()
    }
    as_ = {role: {"authorization": f"Bearer {secret}"} for role, secret in secrets.items()}
    for site in a_site(tmp_path, tokens):
        site.client.headers.update(as_[Role.ADMIN])
        site.an_agent("n1").report()
        site.create(node="n1")
        site.client.post(f"{API}/datasets/pg/hold", json={})
        path, force = "/datasets/pg/release", {"force": "true"}
        users, operators = (
            site.client.get("/datasets/pg", headers=as_[role]).text
            for role in (Role.USER, Role.OPERATOR)
        )
        assert "release:" not in users
        assert "release:" in operators
        refused = site.client.post(path, data=force, headers=as_[Role.USER] | PAGE)
        assert (refused.status_code, "operator or admin" in refused.text) == (403, True)
        ended = site.client.post(path, data=force, headers=as_[Role.OPERATOR] | PAGE)
        assert ended.status_code == 200
        log = site.client.get(f"{API}/audit-log").json()
        assert [(each["action"], each["code"]) for each in log[:2]] == [
            ("releaseDataset", None),
            ("releaseDataset", "not_allowed"),
        ]
