import json
import ssl

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from keystoneauth1 import exceptions as keystone
from requests.structures import CaseInsensitiveDict

from leasehold.openstack import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectFailed,
    ConnectionLost,
    Forbidden,
    NotFound,
    OpenStackError,
    QuotaExceeded,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    TimedOut,
)
from leasehold.openstack.call import Answer
from leasehold.openstack.edge import failure, public_url, refusal, sign_in_failure

URL = "https://nova.example/v2.1/servers"


def an_answer(status: int, body: object = None, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(
        status=status, headers=CaseInsensitiveDict(named), content=content, url=URL, elapsed=0.1
    )


def refused(status: int, body: object = None, *, method: str = "GET", **headers: str):
    return refusal(an_answer(status, body, **headers), service="compute", method=method)


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (300, BadRequest),
        (400, BadRequest),
        (401, AuthenticationFailed),
        (403, Forbidden),
        (404, NotFound),
        (405, BadRequest),
        (406, BadRequest),
        (409, Conflict),
        (410, NotFound),
        (415, BadRequest),
        (429, RateLimited),
        (500, ServerError),
        (501, BadRequest),
        (502, ServiceUnavailable),
        (503, ServiceUnavailable),
        (504, ServiceUnavailable),
        (599, ServerError),
    ],
)
def test_a_status_decides_the_class(status, leaf):
    assert type(refused(status)) is leaf


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (
            403,
            {"forbidden": {"message": "Quota exceeded for instances: Requested 1, but already "
            "used 10 of 10 instances", "code": 403}},
        ),
        (403, {"forbidden": {"message": "Maximum number of ports exceeded", "code": 403}}),
        (403, {"forbidden": {"message": "Project p is over a limit for [servers]", "code": 403}}),
        (409, {"NeutronError": {"type": "OverQuota", "message": "No more of ['port']."}}),
        (
            413,
            {"overLimit": {"message": "VolumeSizeExceedsAvailableQuota: Requested volume or "
            "snapshot exceeds allowed gigabytes quota.", "code": 413}},
        ),
        (413, {"overLimit": {"message": "VolumeLimitExceeded", "code": 413}}),
    ],
)  # fmt: skip
def test_a_full_quota_is_told_in_each_service_s_way(status, body):
    assert type(refused(status, body, method="POST", retry_after="0")) is QuotaExceeded


@pytest.mark.parametrize(
    ("body", "after", "leaf"),
    [
        ({"overLimit": {"message": "This request was rate-limited."}}, "12", RateLimited),
        (b"<h1>Request Entity Too Large</h1>", "", BadRequest),
        (b"", "30", RateLimited),
    ],
)
def test_the_other_meanings_of_413_are_told_apart(body, after, leaf):
    assert type(refused(413, body, method="POST", retry_after=after)) is leaf


def test_a_policy_s_403_is_no_quota():
    assert type(refused(403, {"forbidden": {"message": "Policy doesn't allow it"}})) is Forbidden


@pytest.mark.parametrize(
    "message",
    [
        "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.",
        "(rule:get_quota) is disallowed by policy",
    ],
)
def test_a_policy_about_quotas_is_no_quota(message):
    assert type(refused(403, {"forbidden": {"message": message}})) is Forbidden


def test_a_redirect_says_where_to_without_what_it_carries():
    error = refused(302, location="https://alice:pw@elsewhere.example/v2.1?token=t")
    assert "https://elsewhere.example/v2.1," in error.message
    assert "pw" not in str(error)
    assert "token" not in str(error)


def test_an_error_carries_what_an_operator_asks_for():
    error = refused(
        409,
        {"conflictingRequest": {"message": "busy", "code": 409}},
        method="POST",
        x_openstack_request_id="req-1",
    )
    assert (error.status, error.message, error.code) == (409, "busy", "conflictingRequest")
    assert (error.request_id, error.service, error.method) == ("req-1", "compute", "POST")
    assert "busy" in str(error)
    assert "req-1" in str(error)


def test_nova_s_own_header_for_the_request_id_is_known():
    assert refused(404, x_compute_request_id="req-2").request_id == "req-2"


@pytest.mark.parametrize("status", [300, 400, 401, 404, 429, 500, 502, 503, 504])
def test_an_error_without_words_gets_some(status):
    assert len(refused(status, b"").message) > 10


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("Wed, 01 Jan 2031 00:01:00 GMT", 60.0),
        ("Tue, 31 Dec 2030 00:00:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("1e12", 86_400.0),
        ("", None),
    ],
)
def test_retry_after_is_read_in_each_form(text, seconds):
    error = refused(503, retry_after=text, date="Wed, 01 Jan 2031 00:00:00 GMT")
    assert error.retry_after == seconds


def test_a_retry_after_date_needs_the_cloud_s_clock():
    assert refused(503, retry_after="Wed, 01 Jan 2031 00:01:00 GMT").retry_after is None


@pytest.mark.parametrize(
    ("method", "status", "after", "unsure"),
    [
        ("POST", 500, "", True),
        ("POST", 502, "", True),
        ("POST", 503, "", True),
        ("POST", 503, "5", False),
        ("POST", 504, "", True),
        ("POST", 501, "", False),
        ("DELETE", 500, "", True),
        ("GET", 500, "", False),
        ("POST", 409, "", False),
        ("POST", 429, "", False),
        ("POST", 408, "", True),
    ],
)
def test_only_a_writing_call_that_may_have_happened_is_unsure(method, status, after, unsure):
    assert refused(status, method=method, retry_after=after).unsure is unsure


@given(st.integers(300, 999), st.binary(max_size=200), st.sampled_from(["GET", "POST"]))
def test_every_answer_makes_an_error(status, content, method):
    error = refusal(an_answer(status, content), service="compute", method=method)
    assert isinstance(error, OpenStackError)
    assert error.message


# No answer at all


def through_keystoneauth(error: Exception) -> Exception:
    """Wrap an exception of requests as keystoneauth does: only the context keeps it."""
    try:
        try:
            raise error
        except requests.RequestException:
            raise keystone.ConnectFailure("Unable to establish connection") from None
    except keystone.ConnectFailure as wrapped:
        return wrapped


def a_new_connection_error(reason: str) -> requests.ConnectionError:
    pool = urllib3.HTTPConnectionPool("nova.example")
    refused_by = urllib3.exceptions.NewConnectionError(pool, reason)
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", refused_by))


def a_certificate_error() -> requests.exceptions.SSLError:
    cause = ssl.SSLCertVerificationError("certificate verify failed")
    cause.verify_message = "self-signed certificate"
    return requests.exceptions.SSLError(urllib3.exceptions.SSLError(cause))


def a_broken_connection() -> requests.ConnectionError:
    inner = ConnectionResetError(104, "Connection reset by peer")
    return requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", inner))


def an_unknown_host() -> requests.ConnectionError:
    inner = urllib3.exceptions.NameResolutionError("nova.example", None, OSError("unknown"))
    pool = urllib3.HTTPConnectionPool("nova.example")
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", inner))


def a_proxy_error() -> requests.exceptions.ProxyError:
    return requests.exceptions.ProxyError(
        urllib3.exceptions.ProxyError("Unable to connect to proxy", OSError("403 Forbidden"))
    )


@pytest.mark.parametrize(
    ("error", "leaf", "words"),
    [
        (a_new_connection_error("refused"), ConnectFailed, "does not take connections"),
        (an_unknown_host(), ConnectFailed, "no address"),
        (requests.ConnectTimeout("slow"), ConnectFailed, "in time"),
        (a_certificate_error(), ConnectFailed, "cacert"),
        (a_proxy_error(), ConnectFailed, "proxy"),
        (requests.ReadTimeout("slow"), TimedOut, "did not answer in time"),
        (a_broken_connection(), ConnectionLost, "broke"),
        (requests.exceptions.ChunkedEncodingError("cut"), ConnectionLost, "broke"),
        (requests.exceptions.SSLError("EOF in violation of protocol"), ConnectionLost, "broke"),
    ],
)
@pytest.mark.parametrize("wrap", [through_keystoneauth, lambda error: error])
def test_what_never_left_is_told_from_what_was_lost(error, leaf, words, wrap):
    made = failure(wrap(error), outside=None, service="compute", method="POST", url=URL)
    assert type(made) is leaf
    assert words in made.message
    assert "nova.example" in made.message
    assert made.unsure is (leaf is not ConnectFailed)


def test_a_lost_answer_to_a_reading_call_leaves_no_doubt():
    made = failure(a_broken_connection(), outside=None, service="compute", method="GET", url=URL)
    assert made.unsure is False


def test_braces_in_a_foreign_message_do_no_harm():
    made = failure(
        requests.ConnectionError("{place} {0} {}"),
        outside=None,
        service="compute",
        method="GET",
        url=URL,
    )
    assert isinstance(made, ConnectionLost)


def test_an_error_that_the_caller_was_handling_says_nothing_of_this_call():
    outside = a_new_connection_error("refused")
    inner = a_broken_connection()
    inner.__context__ = outside
    made = failure(inner, outside=outside, service="compute", method="POST", url=URL)
    assert isinstance(made, ConnectionLost)
    assert made.unsure


def test_a_url_that_cannot_be_read_does_no_harm():
    assert public_url("http://[::1") == "(an address that cannot be read)"


def test_a_url_in_an_error_holds_neither_credentials_nor_query():
    url = public_url("https://alice:hunter2@nova.example:8774/v2.1/servers?token=hunter2#hunter2")
    assert url == "https://nova.example:8774/v2.1/servers"


# Signing in


def test_a_sign_in_that_was_lost_is_never_unsure():
    error = through_keystoneauth(a_broken_connection())
    made = sign_in_failure(error, auth_url="https://keystone.example/v3")
    assert isinstance(made, ConnectionLost)
    assert made.unsure is False


def test_a_sign_in_that_fails_oddly_is_a_failed_authentication():
    made = sign_in_failure(keystone.MissingAuthPlugin("none"), auth_url="https://k.example")
    assert isinstance(made, AuthenticationFailed)
