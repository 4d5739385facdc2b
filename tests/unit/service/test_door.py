import pytest
from litestar import Litestar
from litestar.testing import TestClient

from leasehold.service.fingerprints import fingerprint, new_token

from .labs import a_service, lock

TOKEN = new_token()
TOKENS = {"ann": fingerprint(TOKEN)}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def open_door(tmp_path):
    with a_service(tmp_path) as client:
        yield client


@pytest.fixture
def guarded(tmp_path):
    with a_service(tmp_path, tokens=TOKENS, base_url="http://lab.example") as client:
        yield client


Client = TestClient[Litestar]


def test_a_page_that_rebound_its_name_to_loopback_gets_nothing(open_door: Client) -> None:
    answer = open_door.get("/api/v1/nodes", headers={"host": "evil.example:8484"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999"])
def test_a_page_from_elsewhere_cannot_lock(open_door: Client, origin: str) -> None:
    wish = '{"machine_type": "demo"}'
    answer = open_door.post("/api/v1/leases", content=wish, headers={"origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    assert open_door.get("/api/v1/leases").json() == []


def test_our_own_page_may_write(open_door: Client) -> None:
    headers = {"origin": "http://127.0.0.1:8484"}
    answer = open_door.post("/api/v1/clouds/memory/audit", headers=headers)
    assert answer.status_code == 200


def test_on_loopback_the_caller_says_who_they_are(open_door: Client) -> None:
    headers = {"leasehold-owner": "ren%C3%A9@lab"}
    answer = open_door.post("/api/v1/leases", json={"machine_type": "demo"}, headers=headers)
    assert answer.json()["owner"] == "rené@lab"


def test_who_says_nothing_is_the_services_own_user(open_door: Client) -> None:
    assert lock(open_door).json()["owner"] == "ann@lab"


def test_without_a_token_a_guarded_service_says_what_to_send(guarded: Client) -> None:
    answer = guarded.get("/api/v1/nodes")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "LEASEHOLD_TOKEN" in answer.json()["error"]["message"]


def test_a_wrong_token_is_not_let_in(guarded: Client) -> None:
    answer = guarded.get("/api/v1/nodes", headers={"authorization": f"Bearer {new_token()}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_token")


def test_a_token_is_needed_even_for_paths_that_do_not_exist(guarded: Client) -> None:
    assert guarded.get("/api/v1/nope").status_code == 401


def test_with_a_token_the_owner_is_its_name(guarded: Client) -> None:
    headers = {**BEARER, "leasehold-owner": "somebody-else"}
    answer = guarded.post("/api/v1/leases", json={"machine_type": "demo"}, headers=headers)
    assert answer.json()["owner"] == "ann"


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/version", "/sign-in"])
def test_health_version_and_sign_in_need_no_token(guarded: Client, path: str) -> None:
    assert guarded.get(path).status_code == 200


def test_the_page_leads_to_sign_in_and_its_cookie_writes_from_there_only(guarded: Client) -> None:
    html = {"accept": "text/html"}
    led = guarded.get("/", headers=html, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in")
    guarded.post("/sign-in", data={"token": TOKEN}, follow_redirects=False)
    assert guarded.get("/", headers=html).status_code == 200
    assert guarded.post("/api/v1/leases", json={"machine_type": "demo"}).status_code == 401
    guarded.post("/sign-out", headers=BEARER, follow_redirects=False)
    assert guarded.get("/api/v1/nodes").status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(guarded: Client) -> None:
    answer = guarded.post("/sign-in", data={"token": TOKEN}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_wrong_token_at_sign_in_sets_no_cookie(guarded: Client) -> None:
    answer = guarded.post("/sign-in", data={"token": "wrong"}, follow_redirects=False)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "not known" in answer.text


def test_every_answer_forbids_foreign_content(open_door: Client) -> None:
    for path in ("/", "/api/v1/nodes", "/api/v1/nope", "/static/page.js"):
        headers = open_door.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
