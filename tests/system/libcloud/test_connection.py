"""`driver.connection`: what programs use beside the driver's methods."""

from datetime import UTC, datetime
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError

from leasehold.emulator import Emulator
from leasehold.libcloud import OpenStack_2_NodeDriver
from leasehold.openstack import NotFound
from tests.system.libcloud.pair import Pair
from tests.system.libcloud.shown import shown


@pytest.mark.parametrize(
    "path", ["/servers", "/flavors/detail", "/servers?name=nothing", "flavors?minRam=100&limit=1"]
)
def test_a_request_of_a_programs_own_is_answered_alike(emulated: Pair, path: str) -> None:
    theirs, ours = emulated.theirs.connection.request(path), emulated.ours.connection.request(path)
    assert (ours.status, ours.object, ours.success()) == (theirs.status, theirs.object, True)


def test_parameters_are_put_behind_those_of_the_path(emulated: Pair) -> None:
    answers = [
        driver.connection.request("/flavors?limit=5", params={"minRam": 1_000_000}).object
        for driver in (emulated.theirs, emulated.ours)
    ]
    assert answers[0] == answers[1] == {"flavors": []}


def test_data_is_sent_as_json_and_the_status_is_told(emulated: Pair) -> None:
    made = emulated.ours.connection.request(
        "/os-keypairs", method="POST", data={"keypair": {"name": "raw"}}
    )
    assert made.object["keypair"]["name"] == "raw"
    gone = emulated.ours.connection.request("/os-keypairs/raw", method="DELETE")
    assert gone.success()
    assert gone.object is None


def test_a_refusal_is_raised_as_libcloud_raises_it_with_ours_beneath(emulated: Pair) -> None:
    with pytest.raises(BaseHTTPError) as theirs:
        emulated.theirs.connection.request("/servers/none")
    with pytest.raises(BaseHTTPError) as ours:
        emulated.ours.connection.request("/servers/none")
    assert ours.value.code == theirs.value.code == 404
    assert str(ours.value) == str(theirs.value)
    assert isinstance(ours.value.__cause__, NotFound)


def test_the_token_and_the_endpoint_it_is_for_can_be_used_for_another_driver(
    emulated: Pair, account: dict[str, Any]
) -> None:
    connection = emulated.ours.connection
    answer = connection.request("/servers", headers={"X-Auth-Token": connection.auth_token})
    assert answer.status == 200
    assert connection.auth_token_expires > datetime.now(UTC)
    assert connection.auth_user_info["name"] == account["key"]


def test_host_port_and_path_are_those_of_the_endpoint(emulated: Pair, emulator: Emulator) -> None:
    theirs, ours = emulated.theirs.connection, emulated.ours.connection
    theirs.request("/servers")
    names = ("host", "port", "request_path")
    assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]
    assert bool(ours.secure) is bool(theirs.secure) is False
    assert ours.get_endpoint() == theirs.get_endpoint()


def test_the_catalog_is_libclouds_own_class_with_the_same_content(emulated: Pair) -> None:
    theirs = emulated.theirs.connection.get_service_catalog()
    ours = emulated.ours.connection.get_service_catalog()
    assert shown(ours.get_entries()) == shown(theirs.get_entries())
    assert ours.get_regions("compute") == ["RegionOne"]


def test_signing_in_beforehand_costs_the_one_token_of_the_driver(
    account: dict[str, Any], emulator: Emulator
) -> None:
    driver = OpenStack_2_NodeDriver(**account)
    before = tokens(emulator)
    driver.connection._populate_hosts_and_request_paths()
    driver.list_sizes()
    driver.connection.request("/servers")
    assert tokens(emulator) - before == 1


def tokens(emulator: Emulator) -> int:
    return emulator.requests.of("identity", "POST")
