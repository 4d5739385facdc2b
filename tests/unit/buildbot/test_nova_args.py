"""novaclient's arguments in our words."""

import io

import pytest

from leasehold.buildbot.nova_args import Nic, read_nova_args


def test_nothing_given_says_nothing() -> None:
    read = read_nova_args({})
    assert {getattr(read, name) or None for name in read.__struct_fields__} == {None}


@pytest.mark.parametrize("userdata", ["#!x", b"#!x", io.StringIO("#!x"), io.BytesIO(b"#!x")])
def test_user_data_is_taken_in_all_forms_that_novaclient_takes(userdata: object) -> None:
    assert read_nova_args({"userdata": userdata}).user_data == "#!x"


def test_interfaces_are_networks_with_or_without_an_address_or_ports() -> None:
    nics = [{"net-id": "n"}, {"net-id": "n", "v6-fixed-ip": "::1"}, {"port-id": "p"}]
    assert read_nova_args({"nics": nics}).nics == (
        Nic(network="n"),
        Nic(network="n", fixed_ip="::1"),
        Nic(port="p"),
    )
    assert read_nova_args({"nics": "auto"}).nics == "auto"


def test_files_are_encoded_as_nova_wants_them() -> None:
    read = read_nova_args({"files": {"/etc/motd": "hi"}, "config_drive": 1})
    assert read.extra == {"personality": [{"path": "/etc/motd", "contents": "aGk="}]}
    assert read.config_drive is True
