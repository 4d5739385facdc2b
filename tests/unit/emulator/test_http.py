"""Requests, responses and routes."""

import pytest

from leasehold.emulator.http import Fault, Request, Response, Router, join_query


def a_request(path: str = "/servers", query: str = "", body: bytes = b"") -> Request:
    return Request(
        "GET",
        path,
        query=query,
        headers={},
        body=body,
        host_url="http://cloud.test",
        request_id="req-1",
    )


def a_router(*templates: str) -> Router:
    router = Router()
    for template in templates:
        router.add("GET", template, lambda request: Response(200))
    return router


def test_a_fixed_segment_wins_over_a_parameter() -> None:
    router = a_router("/servers/{id}", "/servers/detail")
    assert router.match("GET", "/servers/detail")[0].template == "/servers/detail"
    route, params = router.match("GET", "/servers/42")
    assert (route.template, params) == ("/servers/{id}", {"id": "42"})


def test_a_fixed_segment_that_leads_nowhere_gives_way_to_a_parameter() -> None:
    router = a_router("/servers/detail", "/servers/{id}/action")
    _, params = router.match("GET", "/servers/detail/action")
    assert params == {"id": "detail"}


def test_templates_may_call_the_same_parameter_by_different_names() -> None:
    router = a_router("/servers/{id}", "/servers/{server_id}/ips")
    assert router.match("GET", "/servers/1")[1] == {"id": "1"}
    assert router.match("GET", "/servers/1/ips")[1] == {"server_id": "1"}


def test_slashes_too_many_do_not_matter() -> None:
    assert a_router("/v2.1").match("GET", "//v2.1/")[0].template == "/v2.1"


@pytest.mark.parametrize("path", ["/", "/server", "/servers/1/ips/2"])
def test_an_unknown_path_is_a_404(path: str) -> None:
    with pytest.raises(Fault) as caught:
        a_router("/servers", "/servers/{id}/ips").match("GET", path)
    assert caught.value.status == 404


def test_another_method_is_a_405_that_says_what_is_allowed() -> None:
    router = a_router("/servers")
    router.add("POST", "/servers", lambda request: Response(202))
    with pytest.raises(Fault) as caught:
        router.match("DELETE", "/servers")
    assert caught.value.status == 405
    assert caught.value.headers == {"Allow": "GET, POST"}


def test_head_is_answered_by_the_route_for_get() -> None:
    assert a_router("/servers").match("HEAD", "/servers")[0].template == "/servers"


def test_one_path_cannot_be_routed_twice() -> None:
    with pytest.raises(ValueError, match="routed twice"):
        a_router("/servers", "/servers")


def test_a_query_keeps_blank_and_repeated_values() -> None:
    request = a_request(query="status=ACTIVE&status=ERROR&name=")
    assert request.query == {"status": ["ACTIVE", "ERROR"], "name": [""]}
    assert request.one("name") == ""
    assert request.one("ip", "none") == "none"
    assert request.target == "/servers?status=ACTIVE&status=ERROR&name="


def test_a_body_that_is_no_json_is_a_400() -> None:
    with pytest.raises(Fault) as caught:
        a_request(body=b"{").json()
    assert caught.value.status == 400


def test_a_request_without_a_token_has_no_project() -> None:
    with pytest.raises(Fault) as caught:
        _ = a_request().project
    assert caught.value.status == 401


def test_bytes_go_out_as_they_are_and_objects_as_json() -> None:
    assert Response(200, b"raw").body == b"raw"
    assert Response(200, {"a": 1}).body == b'{"a":1}'
    assert Response(200, {"a": 1}).headers == {"content-type": "application/json"}
    assert Response(204).headers == {}


def test_a_query_is_joined_with_everything_escaped() -> None:
    assert join_query([("name", "a b&c"), ("marker", "1")]) == "name=a+b%26c&marker=1"
