"""Who may do what over HTTP, and that it is written down."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from leasehold.lab.config import TokenConfig
from leasehold.lab.rights import Role
from leasehold.service.app import make_app
from leasehold.service.feed import Feed
from leasehold.service.fingerprints import fingerprint, new_token
from leasehold.service.guard import NEEDS
from leasehold.service.tokens import Tokens

from .labs import a_service, lock, memory_lab, until

Client = TestClient[Litestar]

SECRETS = {"ann": new_token(), "olga": new_token(), "root": new_token()}
ROLES = {"ann": Role.USER, "olga": Role.OPERATOR, "root": Role.ADMIN}
TOKENS = {
    name: TokenConfig(hash=fingerprint(secret), role=ROLES[name])
    for name, secret in SECRETS.items()
}


def as_(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {SECRETS[name]}"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with a_service(tmp_path, tokens=TOKENS, base_url="http://lab.example") as client:
        yield client


@pytest.fixture
def open_client(tmp_path: Path) -> Iterator[Client]:
    with a_service(tmp_path) as client:
        yield client


def test_every_route_says_which_right_it_needs(tmp_path: Path) -> None:
    lab = memory_lab(tmp_path)
    try:
        door = make_app(lab, Feed(lab), tokens=Tokens({}), local_owner="ann")
        forgotten = [
            (route.path, handler.http_methods)
            for route in door._app.routes
            for handler in getattr(route, "route_handlers", ())
            if not route.path.startswith(("/static", "/api/v1/openapi.json"))
            if NEEDS not in handler.opt and "OPTIONS" not in handler.http_methods
        ]
    finally:
        lab.stop()
    assert forgotten == []


def test_the_openapi_document_says_which_roles_may(client: Client) -> None:
    paths = client.get("/api/v1/openapi.json", headers=as_("ann")).json()["paths"]
    assert paths["/api/v1/tokens"]["post"]["security"] == [{"token": ["admin"]}, {}]
    assert paths["/api/v1/leases"]["post"]["security"][0]["token"] == ["user", "operator", "admin"]
    assert paths["/api/v1/health"]["get"]["security"] == [{}]


def test_nodes_are_registered_by_administrators_and_marked_by_operators(client: Client) -> None:
    new = {"names": ["m1"], "machine_type": "metal", "new_type": True}

    def register(who: str) -> int:
        return client.post("/api/v1/nodes", json=new, headers=as_(who)).status_code

    def mark(who: str) -> int:
        down = {"up": False, "note": "fan"}
        return client.patch("/api/v1/nodes/m1", json=down, headers=as_(who)).status_code

    def remove(who: str) -> int:
        return client.delete("/api/v1/nodes/m1", headers=as_(who)).status_code

    assert [register(who) for who in ("ann", "olga", "root")] == [403, 403, 201]
    assert [mark(who) for who in ("ann", "olga")] == [403, 200]
    assert [remove(who) for who in ("ann", "olga", "root")] == [403, 403, 204]
    log = client.get("/api/v1/audit-log", headers=as_("root")).json()
    assert ("olga", "changeNode") in {(each["owner"], each["action"]) for each in log}


def test_force_is_an_operators(client: Client) -> None:
    wish = {"machine_type": "demo"}
    lease = client.post("/api/v1/leases", json=wish, headers=as_("olga")).json()
    path = f"/api/v1/leases/{lease['id']}"
    assert client.delete(path, headers=as_("ann")).json()["error"]["code"] == "not_yours"
    refused = client.delete(path, params={"force": True}, headers=as_("ann"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert "operator or admin" in refused.json()["error"]["message"]
    body = {"seconds": 60, "force": True}
    assert client.post(f"{path}/extend", json=body, headers=as_("ann")).status_code == 403
    body = {"names": [lease["nodes"][0]["name"]], "force": True}
    assert client.post("/api/v1/nodes/unlock", json=body, headers=as_("ann")).status_code == 403
    assert client.get(path, headers=as_("ann")).json()["state"] != "released"
    ended = client.delete(path, params={"force": True}, headers=as_("root"))
    assert ended.json()["state"] == "released"


def test_only_who_may_overrule_locks_for_another(client: Client) -> None:
    wish = {"machine_type": "demo", "owner": "bob"}
    refused = client.post("/api/v1/leases", json=wish, headers=as_("ann"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    assert client.post("/api/v1/leases", json=wish, headers=as_("olga")).json()["owner"] == "bob"


def test_only_who_looks_after_the_queue_steps_before_others(client: Client) -> None:
    for name, priority, status in (("ann", 1, 403), ("ann", -1, 202), ("olga", 1, 202)):
        wish = {"machine_type": "demo", "priority": priority}
        assert client.post("/api/v1/leases", json=wish, headers=as_(name)).status_code == status
    for _ in range(2):
        client.post("/api/v1/leases", json={"machine_type": "demo"}, headers=as_("ann"))
    waiting = client.post("/api/v1/leases", json={"machine_type": "demo"}, headers=as_("ann"))
    path = f"/api/v1/leases/{waiting.json()['id']}"
    refused = client.patch(path, json={"priority": 5}, headers=as_("ann"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed")
    raised = client.patch(path, json={"priority": 5, "force": True}, headers=as_("olga"))
    assert raised.json()["priority"] == 5


@pytest.mark.parametrize("name", ["ann", "olga"])
def test_only_administrators_see_and_give_tokens(client: Client, name: str) -> None:
    assert client.get("/api/v1/tokens", headers=as_(name)).status_code == 403
    body = {"name": "mine", "role": "admin"}
    assert client.post("/api/v1/tokens", json=body, headers=as_(name)).status_code == 403
    assert client.delete("/api/v1/tokens/root", headers=as_(name)).status_code == 403


def test_a_token_is_made_used_and_revoked(client: Client) -> None:
    body = {"name": "bobs-phone", "owner": "bob@lab"}
    made = client.post("/api/v1/tokens", json=body, headers=as_("root"))
    assert made.status_code == 201
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    assert (
        client.post("/api/v1/leases", json={"machine_type": "demo"}, headers=bearer).json()["owner"]
        == "bob@lab"
    )
    listed = client.get("/api/v1/tokens", headers=as_("root")).json()
    assert [each["name"] for each in listed] == ["ann", "bobs-phone", "olga", "root"]
    assert made.json()["token"] not in str(listed)
    assert client.delete("/api/v1/tokens/bobs-phone", headers=as_("root")).status_code == 200
    refused = client.get("/api/v1/nodes", headers=bearer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "wrong_token")


def test_wrong_wishes_for_tokens_say_what_is_allowed(client: Client) -> None:
    for body, told in (
        ({"name": "a b"}, "letters, digits"),
        ({"name": "x", "role": "king"}, "user, operator, admin"),
        ({"name": "x", "rights": []}, "rights"),
    ):
        answer = client.post("/api/v1/tokens", json=body, headers=as_("root"))
        assert answer.status_code == 400
        assert told in answer.json()["error"]["message"]
    answer = client.delete("/api/v1/tokens/anne", headers=as_("root"))
    assert (answer.status_code, answer.json()["error"]["near"]) == (404, ["ann"])


def test_without_tokens_everybody_on_the_machine_is_an_administrator(open_client: Client) -> None:
    assert open_client.get("/api/v1/tokens").json() == []
    refused = open_client.post("/api/v1/tokens", json={"name": "ann"})
    assert refused.status_code == 409
    assert "first token must have the role admin" in refused.json()["error"]["message"]
    made = open_client.post("/api/v1/tokens", json={"name": "ann", "role": "admin"}).json()
    assert open_client.get("/api/v1/nodes").status_code == 401
    bearer = {"authorization": f"Bearer {made['token']}"}
    assert open_client.get("/api/v1/nodes", headers=bearer).status_code == 200


def entries(client: Client, name: str = "root", **asked: object) -> list[dict]:
    return client.get("/api/v1/audit-log", params=asked, headers=as_(name)).json()


def test_the_audit_log_tells_who_did_what_on_what_and_what_came_of_it(client: Client) -> None:
    wish = {"machine_type": "demo"}
    lease = client.post("/api/v1/leases", json=wish, headers=as_("olga")).json()
    names = [node["name"] for node in lease["nodes"]]
    client.post("/api/v1/nodes/unlock", json={"names": names}, headers=as_("ann"))
    client.delete(f"/api/v1/leases/{lease['id']}", headers=as_("olga"))
    client.post("/api/v1/tokens", json={"name": "x"}, headers=as_("ann"))
    told = [(e["owner"], e["role"], e["action"], e["target"], e["code"]) for e in entries(client)]
    assert told == [
        ("ann", "user", "createToken", "", "not_allowed"),
        ("olga", "operator", "releaseLease", lease["id"], None),
        ("ann", "user", "unlockNodes", names[0], "not_yours"),
        ("olga", "operator", "lockNodes", f"{lease['id']}: 1 demo", None),
    ]
    assert {e["address"] for e in entries(client)} == {"testclient"}
    assert [e["status"] for e in entries(client)] == [403, 200, 403, 202]


def test_the_audit_log_is_searched_and_read_page_by_page(client: Client) -> None:
    for name in ("ann", "olga", "ann"):
        client.post("/api/v1/leases", json={"machine_type": "nope"}, headers=as_(name))
    assert [e["owner"] for e in entries(client, owner="ann")] == ["ann", "ann"]
    newest = entries(client, limit=1)
    assert [e["owner"] for e in entries(client, before=newest[0]["id"])] == ["olga", "ann"]
    assert entries(client, action="unlockNodes") == []
    assert len(entries(client, target="nope")) == 3
    assert entries(client, target="%") == []


def test_looking_is_not_written_down_and_users_do_not_read_the_log(client: Client) -> None:
    client.get("/api/v1/nodes", headers=as_("ann"))
    assert entries(client, "olga") == []
    assert client.get("/api/v1/audit-log", headers=as_("ann")).status_code == 403


def test_who_is_not_known_fills_no_disk(client: Client) -> None:
    client.post("/api/v1/leases", json={"machine_type": "demo"})
    client.post("/sign-in", data={"token": "wrong"})
    assert entries(client) == []
    client.post("/sign-in", data={"token": SECRETS["ann"]}, follow_redirects=False)
    (entry,) = entries(client)
    assert (entry["action"], entry["owner"], entry["token"]) == ("signIn", "ann", "ann")
    assert SECRETS["ann"] not in str(entry)


def test_our_own_page_writes_with_the_cookie_and_nobody_elses(client: Client) -> None:
    client.post("/sign-in", data={"token": SECRETS["ann"]}, follow_redirects=False)
    wish = {"machine_type": "demo"}
    for origin, status in ((None, 401), ("http://evil.example", 403), ("http://lab.example", 202)):
        headers = {"origin": origin} if origin else {}
        assert client.post("/api/v1/leases", json=wish, headers=headers).status_code == status
    (lease,) = client.get("/api/v1/leases").json()
    assert lease["owner"] == "ann"
    until(client, lease["id"], "ready")


def test_lock_still_works_for_who_says_nothing(open_client: Client) -> None:
    assert lock(open_client).json()["owner"] == "ann@lab"
