import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.openstack import (
    AuthenticationFailed,
    BadRequest,
    Conflict,
    ConnectFailed,
    ConnectionLost,
    NotFound,
    QuotaExceeded,
    RateLimited,
    ServerError,
    ServiceType,
    ServiceUnavailable,
    TimedOut,
)
from leasehold.openstack.call import Call
from leasehold.openstack.retry import LONGEST_DELAY, delay_before_retry


def a_call(*, repeatable: bool) -> Call:
    method = "GET" if repeatable else "POST"
    return Call(service=ServiceType.COMPUTE, method=method, path="/", repeatable=repeatable)


def delay(error, *, repeatable=True, attempt=1, retries=3, random=0.0):
    call = a_call(repeatable=repeatable)
    return delay_before_retry(call, error, attempt, retries=retries, random=lambda: random)


@pytest.mark.parametrize("leaf", [ConnectFailed, RateLimited])
def test_what_had_no_effect_is_sent_again_whatever_it_was(leaf):
    assert delay(leaf("x"), repeatable=True) == 0.5
    assert delay(leaf("x"), repeatable=False) == 0.5


@pytest.mark.parametrize("leaf", [ConnectionLost, ServiceUnavailable])
def test_what_may_have_had_effect_is_sent_again_only_if_that_is_harmless(leaf):
    assert delay(leaf("x"), repeatable=True) == 0.5
    assert delay(leaf("x"), repeatable=False) is None


@pytest.mark.parametrize(
    "leaf",
    [AuthenticationFailed, BadRequest, Conflict, NotFound, QuotaExceeded, ServerError, TimedOut],
)
def test_what_will_not_pass_is_not_sent_again(leaf):
    assert delay(leaf("x")) is None


def test_delays_double_up_to_a_cap():
    delays = [delay(ConnectFailed("x"), attempt=n, retries=9) for n in range(1, 10)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0, 20.0]


def test_retries_end():
    assert delay(ConnectFailed("x"), attempt=3, retries=3) is not None
    assert delay(ConnectFailed("x"), attempt=4, retries=3) is None


def test_retries_can_be_switched_off():
    assert delay(ConnectFailed("x"), retries=0) is None


def test_retry_after_is_honoured():
    assert delay(RateLimited("x", retry_after=7.0)) == 7.0


def test_a_retry_after_that_is_too_long_is_the_caller_s_to_wait_for():
    assert delay(RateLimited("x", retry_after=LONGEST_DELAY + 1)) is None


@given(st.floats(0, 1, exclude_max=True), st.floats(0, LONGEST_DELAY), st.integers(1, 20))
def test_jitter_only_draws_out(random, after, attempt):
    error = RateLimited("x", retry_after=after)
    waited = delay(error, attempt=attempt, retries=20, random=random)
    assert after <= waited <= LONGEST_DELAY * 1.5
