"""The views as HTML: what they show, to whom, and that what somebody wrote stays text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from leasehold.lab.config import TokenConfig
from leasehold.lab.rights import Role
from leasehold.service.fingerprints import fingerprint, new_token
from tests.unit.service.labs import a_service, lock, until

Client = TestClient[Litestar]

NASTY = "<script>alert('x')</script>\"'&"
VIEWS = [
    "/",
    "/nodes",
    "/nodes/demo001",
    "/leases",
    "/clouds",
    "/failures",
    "/search?text=alert",
    "/audit-log",
]
PAGE = {"hx-request": "true", "origin": "http://127.0.0.1:8484"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A lab where somebody with a nasty name holds all four nodes, and waits for more."""
    with a_service(tmp_path_factory.mktemp("lab")) as client:
        lease = lock(client, owner=NASTY, purpose=NASTY, count=4).json()
        until(client, lease["id"], "ready")
        lock(client, owner=NASTY, purpose=NASTY)
        yield client


@pytest.mark.parametrize("path", VIEWS)
def test_what_somebody_wrote_is_text(lab: Client, path: str) -> None:
    page = lab.get(path)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    if path not in ("/clouds", "/failures", "/audit-log"):
        assert "&lt;script&gt;alert" in page.text


@pytest.mark.parametrize("path", VIEWS)
def test_nothing_is_inline_that_the_policy_would_stop(lab: Client, path: str) -> None:
    page = lab.get(path).text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert "<script>" not in page


def test_what_somebody_wrote_is_text_in_an_error_too(lab: Client) -> None:
    page = lab.get("/nodes/<script>alert(1)<script>")
    assert page.status_code == 404
    assert "<script>alert" not in page.text


def test_the_lab_says_who_waits_why_and_what_to_do(lab: Client) -> None:
    page = lab.get("/").text
    assert "0</b> of 4 free" in page
    assert "Nobody waits" not in page
    assert "; expected to be ready <time" in page
    assert "have nodes of the machine type raised" in page


def test_what_a_lock_is_for_is_its_purpose_in_the_form_and_in_the_table(lab: Client) -> None:
    assert "<label>Purpose " in lab.get("/").text
    assert '<th scope="col">Purpose</th>' in lab.get("/leases").text
    assert '<th scope="col">For</th>' not in lab.get("/leases").text


def test_a_node_shows_its_way_as_a_picture_with_words(lab: Client) -> None:
    page = lab.get("/nodes/demo001").text
    assert '<svg class="timeline" role="img" aria-label="demo001 was intent for' in page
    assert "ready for" in page
    assert 'id="mark-down"' in page


def test_a_cloud_shows_quota_budget_and_listings(lab: Client) -> None:
    page = lab.get("/clouds").text
    assert "API budget:" in page
    assert "servers" in page
    assert "unlimited" in page


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Client, dict[Role, dict[str, str]]]]:
    secrets = {role: new_token() for role in Role}
    tokens = {
        role.value: TokenConfig(hash=fingerprint(secret), role=role)
        for role, secret in secrets.items()
    }
    with a_service(tmp_path, tokens=tokens) as client:
        yield (
            client,
            {role: {"authorization": f"Bearer {secret}"} for role, secret in secrets.items()},
        )


def test_only_what_one_may_do_is_offered(
    guarded: tuple[Client, dict[Role, dict[str, str]]],
) -> None:
    client, as_ = guarded
    wish = {"machine_type": "demo"}
    lease = client.post("/api/v1/leases", json=wish, headers=as_[Role.OPERATOR]).json()
    release = f'action="/leases/{lease["id"]}/release"'
    users, operators = (
        client.get("/leases", headers=as_[role]).text for role in (Role.USER, Role.OPERATOR)
    )
    assert lease["id"] in users
    assert release not in users
    assert release in operators
    assert "/audit-log" not in users
    assert "/audit-log" in operators
    assert 'id="mark-down"' not in client.get("/nodes/demo001", headers=as_[Role.USER]).text
    assert client.get("/audit-log", headers=as_[Role.USER]).status_code == 403


def test_a_form_is_refused_like_a_call_and_written_down(
    guarded: tuple[Client, dict[Role, dict[str, str]]],
) -> None:
    client, as_ = guarded
    wish = {"machine_type": "demo"}
    lease = client.post("/api/v1/leases", json=wish, headers=as_[Role.ADMIN]).json()
    path, form = f"/leases/{lease['id']}/release", {"force": "true"}
    refused = client.post(path, data=form, headers=as_[Role.USER] | PAGE)
    assert refused.status_code == 403
    assert "operator or admin" in refused.text
    down = {"up": "false", "note": "disk"}
    assert (
        client.post("/nodes/demo001/change", data=down, headers=as_[Role.USER]).status_code == 403
    )
    log = client.get("/api/v1/audit-log", headers=as_[Role.ADMIN]).json()
    assert [(e["action"], e["code"]) for e in log[:2]] == [
        ("changeNode", "not_allowed"),
        ("releaseLease", "not_allowed"),
    ]


def test_who_has_no_token_is_led_to_the_sign_in_from_every_view(
    guarded: tuple[Client, dict[Role, dict[str, str]]],
) -> None:
    client, _ = guarded
    for path in VIEWS:
        led = client.get(path, headers={"accept": "text/html"}, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, "/sign-in")


def test_leases_are_locked_kept_held_and_given_back_by_forms(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        form = {"machine_type": "demo", "count": "2", "duration": "1h", "purpose": "try"}
        said = client.post("/leases", data=form, headers=PAGE)
        assert (said.status_code, said.headers["hx-trigger"]) == (200, "done")
        (lease,) = client.get("/api/v1/leases").json()
        assert (lease["count"], lease["seconds"], lease["purpose"]) == (2, 3600, "try")
        path = f"/leases/{lease['id']}"
        said = client.post(f"{path}/extend", data={"duration": "1h"}, headers=PAGE)
        assert "lasts" in said.text
        client.post(f"{path}/hold", headers=PAGE)
        assert client.get(f"/api/v1{path}").json()["seconds"] is None
        assert "held, without end" in client.get("/leases").text
        client.post(f"{path}/unhold", headers=PAGE)
        assert client.get(f"/api/v1{path}").json()["seconds"] is not None
        said = client.post(f"{path}/release", headers=PAGE)
        assert "is released" in said.text
        assert "You, ann@lab, hold nothing." in client.get("/").text


def test_a_wrong_form_says_what_is_allowed(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        for form, told in (
            ({"machine_type": "demo", "duration": "4"}, "such as 30m, 2h or 1h30m"),
            ({"machine_type": "dem"}, "did you mean demo?"),
            ({"machine_type": "demo", "count": "99"}, "there are only 4"),
            ({"machine_type": "demo", "count": "many"}, "a whole number"),
        ):
            said = client.post("/leases", data=form, headers=PAGE)
            assert 400 <= said.status_code < 500
            assert told in said.text
            assert 'role="alert"' in said.text


def test_without_scripts_a_form_leads_on_and_an_error_is_a_page(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        led = client.post("/leases", data={"machine_type": "demo"}, follow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, "/leases")
        wrong = client.post("/leases", data={"machine_type": "nope"})
        assert "<!doctype html>" in wrong.text
        assert "did you mean" in wrong.text or "there are: demo" in wrong.text


def test_a_node_goes_down_with_a_note_and_comes_back(tmp_path: Path) -> None:
    with a_service(tmp_path) as client:
        client.post("/nodes/demo001/change", data={"up": "false", "note": "disk"}, headers=PAGE)
        shown = client.get("/nodes/demo001").text
        assert "It is not given out." in shown
        assert "disk" in shown
        client.post("/nodes/demo001/change", data={"up": "true", "note": ""}, headers=PAGE)
        assert "It is not given out." not in client.get("/nodes/demo001").text


def test_many_nodes_are_shown_page_by_page(tmp_path: Path) -> None:
    with a_service(tmp_path, nodes=250) as client:
        page = client.get("/nodes").text
        assert page.count('id="node:demo') == 100
        assert "Page 1 of 3" in page
        assert "250 nodes" in page
        last = client.get("/nodes?text=demo&page=3").text
        assert last.count('id="node:demo') == 50
        assert 'href="/nodes?text=demo&amp;machine_type=&amp;state=&amp;page=2"' in last
        assert "1 node<" in client.get("/nodes?text=demo250").text
        assert len(client.get("/").text) < 10_000
