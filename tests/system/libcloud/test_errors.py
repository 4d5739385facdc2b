"""What goes wrong is raised as Libcloud raises it, with our own error beneath."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from libcloud.common.exceptions import BaseHTTPError, RateLimitReachedError
from libcloud.common.types import InvalidCredsError, MalformedResponseError
from libcloud.compute.drivers.openstack import OpenStack_2_NodeDriver as Theirs
from libcloud.compute.types import KeyPairDoesNotExistError

from leasehold.emulator import Effect, Emulator, Rule
from leasehold.libcloud import OpenStack_2_NodeDriver
from leasehold.openstack import ConnectionLost, NotFound, ServiceUnavailable
from tests.system.libcloud.pair import Pair


@pytest.fixture
def faulty(emulator: Emulator) -> Iterator[Emulator]:
    yield emulator
    emulator.faults.clear()


def caught(deed: Any, *args: Any) -> Any:
    with pytest.raises(Exception) as raised:
        deed(*args)
    return raised.value


def test_what_is_not_there_is_the_same_refusal_to_the_letter(emulated: Pair) -> None:
    theirs, ours = (caught(driver.ex_get_size, "none") for driver in emulated)
    assert isinstance(ours, BaseHTTPError)
    assert (ours.code, str(ours)) == (theirs.code, str(theirs))
    assert ours.headers["x-openstack-request-id"].startswith("req-")


def test_ours_lies_beneath_with_all_that_it_knows(emulated: Pair) -> None:
    error = caught(emulated.ours.ex_get_size, "none")
    assert isinstance(error.__cause__, NotFound)
    assert error.__cause__.url.endswith("/flavors/none")


def test_a_key_pair_that_is_not_there_is_its_own_kind_of_error(emulated: Pair) -> None:
    theirs, ours = (caught(driver.get_key_pair, "none") for driver in emulated)
    assert type(ours) is type(theirs) is KeyPairDoesNotExistError
    assert (ours.name, ours.driver) == ("none", emulated.ours)


def test_a_wrong_password_is_its_own_kind_of_error(emulated: Pair, account: dict[str, Any]) -> None:
    drivers = [type(driver)(**{**account, "secret": "wrong"}) for driver in emulated]
    theirs, ours = (caught(driver.list_nodes) for driver in drivers)
    assert type(ours) is type(theirs) is InvalidCredsError


def test_too_many_calls_say_how_long_to_wait(emulated: Pair, faulty: Emulator) -> None:
    faulty.faults.add(Rule(effect=Effect.RATE_LIMIT, kind="keypair", method="POST", seconds=0.2))
    theirs, ours = (caught(driver.create_key_pair, "limited") for driver in emulated)
    assert type(ours) is type(theirs) is RateLimitReachedError
    assert ours.retry_after == theirs.retry_after > 0


def test_a_broken_answer_is_malformed(emulated: Pair, faulty: Emulator) -> None:
    """Libcloud takes a body that a proxy calls text for the answer, and breaks with a TypeError."""
    rule = Rule(effect=Effect.ERROR_BEFORE, kind="keypair", method="POST", status=200, body="{oops")
    faulty.faults.add(rule)
    assert type(caught(emulated.ours.create_key_pair, "broken")) is MalformedResponseError
    assert type(caught(emulated.theirs.create_key_pair, "broken")) is TypeError


def test_a_connection_that_breaks_is_an_error_of_requests_and_says_that_it_may_have_worked(
    emulated: Pair, faulty: Emulator
) -> None:
    faulty.faults.add(Rule(effect=Effect.LOST_AFTER, kind="keypair", method="POST"))
    theirs, ours = (caught(driver.create_key_pair, driver.name) for driver in emulated)
    assert type(ours) is type(theirs) is requests.ConnectionError
    assert isinstance(ours.__cause__, ConnectionLost)
    assert ours.__cause__.unsure


def test_a_cloud_that_is_not_there_is_an_error_of_requests(
    emulated: Pair, account: dict[str, Any]
) -> None:
    nowhere = {**account, "ex_force_auth_url": "http://127.0.0.1:1"}
    theirs, ours = (caught(type(driver)(**nowhere).list_nodes) for driver in emulated)
    assert type(ours) is type(theirs) is requests.ConnectionError


@pytest.mark.parametrize("body", ["null", "[]", '{"code": 503}', ""])
def test_an_error_whose_body_is_no_error_is_still_the_errors_status(
    emulated: Pair, faulty: Emulator, body: str
) -> None:
    """Libcloud's parser of errors breaks: AttributeError or TypeError instead of the status."""
    rule = Rule(effect=Effect.ERROR_BEFORE, kind="keypair", method="POST", status=503, body=body)
    faulty.faults.add(rule)
    ours = caught(emulated.ours.create_key_pair, "none")
    assert isinstance(ours, BaseHTTPError)
    assert ours.code == 503
    assert isinstance(ours.__cause__, ServiceUnavailable)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, MalformedResponseError), (503, BaseHTTPError), (403, BaseHTTPError)]
)
def test_a_keystone_that_is_not_well_is_told_as_libcloud_tells_it(
    emulated: Pair, account: dict[str, Any], faulty: Emulator, status: int, kind: type[Exception]
) -> None:
    faulty.faults.add(Rule(effect=Effect.ERROR_BEFORE, kind="token", status=status))
    theirs, ours = (caught(type(driver)(**account).list_nodes) for driver in emulated)
    assert type(ours) is type(theirs) is kind
    assert str(status) in str(ours)


def test_a_new_token_is_fetched_where_libcloud_raises_a_401(account: dict[str, Any]) -> None:
    """Libcloud drops the token and hands the 401 to the program; the next call works again."""
    with Emulator(guests="none") as emulator:
        here = {**account, "ex_force_auth_url": emulator.url + "/identity"}
        theirs, ours = Theirs(**here), OpenStack_2_NodeDriver(**here)
        assert theirs.list_sizes()
        assert ours.list_sizes()
        emulator.expire_tokens()
        assert caught(theirs.list_sizes).code == 401
        assert ours.list_sizes()


def test_a_server_group_that_nova_refuses_is_asked_for_once(
    emulated: Pair, emulator: Emulator
) -> None:
    """Libcloud tries again in the old way whatever the error was, and shows the second one."""
    before = emulator.requests.of("compute", "POST")
    with pytest.raises(BaseHTTPError) as refused:
        emulated.ours.ex_add_server_group("g", "no-such-policy")
    assert refused.value.code == 400
    assert emulator.requests.of("compute", "POST") - before == 1
