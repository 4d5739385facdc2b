import json

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from leasehold.lab.lab import Lab

from .labs import a_service

Client = TestClient[Litestar]


@pytest.fixture
def client(tmp_path):
    with a_service(tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "field", "found", "allowed"),
    [
        ('{"machine_type": 1}', "machine_type", "int", "a text"),
        ('{"machine_type": "demo", "count": "two"}', "count", "str", "a whole number"),
        ('{"machine_type": "demo", "count": 0}', "count", "0", "1 or more"),
        ('{"machine_type": "demo", "cuont": 2}', "cuont", "an unknown field", "count"),
        ("{}", "machine_type", "''", "demo"),
        ("[]", "body", None, None),
        ("{", "body", None, "JSON"),
        ("", "body", "nothing", "JSON with machine_type"),
        ('{"machine_type": "demo", "public_keys": ["x"]}', "public_keys", "'x'", None),
        (f'{{"machine_type": "demo", "key": "{"k" * 256}"}}', "key", None, "at most 255 bytes"),
        (f'{{"machine_type": "demo", "public_keys": {"[" * 100_000}', "body", None, None),
    ],
)
def test_a_wrong_body_names_field_found_and_allowed(
    client: Client, body: str, field: str, found: str | None, allowed: str | None
) -> None:
    answer = client.post("/api/v1/leases", content=body)
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["field"] == field
    assert found in (None, error["found"])
    assert allowed is None or allowed in error["allowed"]
    assert error["field"] in error["message"]


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("nodes?state=fre", "state", "free, intent, building"),
        ("leases?ended=perhaps", "ended", "true or false"),
        ("events?limit=0", "limit", "a whole number, at least 1, at most 5000"),
        ("events?after=9223372036854775808", "after", "a whole number, at least 0"),
        ("audit-log?before=9223372036854775808", "before", "a whole number, at least 1"),
        ("leases/x?wait=soon", "wait", "a number, at least 0"),
    ],
)
def test_a_wrong_query_names_the_parameter_and_what_is_allowed(
    client: Client, query: str, field: str, allowed: str
) -> None:
    error = client.get(f"/api/v1/{query}").json()["error"]
    assert error["field"] == field
    assert error["found"].strip("'") in query
    assert allowed in error["allowed"]


def test_a_wrong_last_event_id_is_named_as_the_header_it_is(client: Client) -> None:
    error = client.get("/api/v1/events", headers={"last-event-id": "x"}).json()["error"]
    assert (error["field"], error["found"]) == ("Last-Event-ID", "'x'")


def test_an_unknown_path_and_a_wrong_method_say_where_to_look(client: Client) -> None:
    for method, path, status in (("GET", "nope", 404), ("PUT", "nodes", 405)):
        answer = client.request(method, f"/api/v1/{path}")
        assert answer.status_code == status
        assert "/api/v1/openapi.json" in answer.json()["error"]["message"]


def test_a_body_too_large_is_refused(client: Client) -> None:
    answer = client.post("/api/v1/leases", content=b'"' + b"x" * (2 << 20) + b'"')
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_the_unexpected_gives_an_id_that_is_in_the_log_and_nothing_else(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(self: Lab, **_: object) -> None:
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setattr(Lab, "nodes", broken)
    answer = client.get("/api/v1/nodes")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "internal")
    assert "hunter2" not in json.dumps(error)
    logged = capsys.readouterr()
    assert error["id"] in logged.out + logged.err


@pytest.mark.parametrize(
    "path", ["leases/a%00", "audit-log?owner=a%00", "leases?owner=%00&ended=1"]
)
def test_a_nul_in_an_address_is_refused_before_a_ledger_sees_it(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, "NUL" in answer.json()["error"]["message"]) == (400, True)


def test_an_owner_with_a_nul_is_refused(client: Client) -> None:
    headers = {"leasehold-owner": "ann%00"}
    answer = client.post("/api/v1/leases", json={"machine_type": "demo"}, headers=headers)
    assert answer.status_code == 400


def test_a_boot_with_a_number_that_none_can_have_is_unknown(client: Client) -> None:
    answer = client.get(f"/api/v1/boots/{2**63}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_boot")
