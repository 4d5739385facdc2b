"""Whatever is sent, the answer is JSON with a message, and it is never the server's fault."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system.paddles.serving import PATIENCE, Client

HARMLESS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

FIELDS = (
    "name",
    "names",
    "count",
    "locked",
    "locked_by",
    "machine_type",
    "description",
    "os_type",
    "os_version",
    "arch",
    "up",
    "is_vm",
    "vm_host",
    "locked_since",
    "mac_address",
    "ssh_pub_key",
)
PATHS = (
    "/nodes/",
    "/nodes/lock_many/",
    "/nodes/unlock_many/",
    "/nodes/{name}/",
    "/nodes/{name}/lock/",
    "/nodes/{name}/lock",
    "/nodes/nobody/",
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300)
    | st.sampled_from(["ann@lab", "a|b", "\0", "{name}", "/", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
bodies = st.dictionaries(st.sampled_from(FIELDS), anything) | anything


def check(response) -> None:
    assert response.status_code in (200, 302, 400, 403, 404, 405, 413, 501, 503), response.text
    assert response.headers["content-type"] == "application/json"
    if response.status_code >= 400:
        assert response.json()["message"]


@HARMLESS
@given(st.sampled_from(["POST", "PUT", "DELETE", "GET"]), st.sampled_from(PATHS), bodies)
def test_any_json_is_done_or_refused_in_json(paddles: Client, method: str, path: str, body):
    name = paddles.name("target")
    paddles.http.post("/nodes/", json={"name": name, "machine_type": paddles.kind, "up": True})
    content = json.dumps(body).replace("{name}", name)
    check(paddles.http.request(method, path.replace("{name}", name), content=content))


@HARMLESS
@given(st.sampled_from(["POST", "PUT"]), st.sampled_from(PATHS), st.binary(max_size=64))
def test_any_bytes_are_refused_in_json(paddles: Client, method: str, path: str, body: bytes):
    check(paddles.http.request(method, path.replace("{name}", "nobody"), content=body))


@HARMLESS
@given(st.dictionaries(st.sampled_from([*FIELDS, "since_days"]), st.text(max_size=30)))
def test_any_filter_lists_or_is_refused_in_json(paddles: Client, query: dict[str, str]):
    for path in ("/nodes/", "/nodes/job_stats/"):
        check(paddles.http.get(path, params=query))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/nodes/lock_many/", b"{"),
        ("POST", "/nodes/lock_many/", b"[]"),
        ("POST", "/nodes/unlock_many/", b""),
        ("POST", "/nodes/", b'"name"'),
        ("POST", "/nodes/", b"\xff\xfe"),
        ("POST", "/nodes/", b"[" * 100_000),
        ("GET", "/nodes/?locked=1&locked=0", b""),
        ("GET", "/nodes/?os_type=%ff", b""),
        ("GET", "/nodes/%ff/", b""),
        ("GET", "/nodes/a%00b/", b""),
    ],
)
def test_what_is_not_even_json_is_refused(paddles: Client, method: str, path: str, body: bytes):
    place = urlsplit(paddles.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    connection.request(method, path, body or None)
    answer = connection.getresponse()
    assert answer.status in (400, 404)
    assert json.loads(answer.read())["message"]
    connection.close()


def test_a_body_that_is_too_large_is_not_read(paddles: Client):
    body = b" " * ((1 << 20) + 1)
    paddles.refused(413, paddles.http.post("/nodes/", content=body))
