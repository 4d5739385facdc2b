from pathlib import Path
from typing import Any

import pytest

from leasehold.openstack.arguments import settings_of
from leasehold.openstack.flocker_stanza import StanzaError, connect_arguments, read_agent_file

KEYSTONE = "https://keystone.example:5000/v3"
PASSWORD = {"auth_url": KEYSTONE, "username": "u", "password": "hunter2", "project_name": "p"}


def a_stanza(**changes: Any) -> dict[str, Any]:
    return {"backend": "openstack", "region": "LON"} | PASSWORD | changes


def test_a_stanza_signs_in_by_password_in_its_region_unless_it_says_otherwise() -> None:
    settings = settings_of(connect_arguments(a_stanza()))
    assert settings.region == "LON"
    assert settings.sign_in.auth_type == "v3password"
    assert settings.sign_in.options["username"] == "u"
    assert settings.verify is True


def test_the_stanza_of_flockers_page_for_rackspace_is_read_as_it_is() -> None:
    rackspace = {
        "backend": "openstack",
        "region": "DFW",
        "auth_plugin": "rackspace",
        "username": "u",
        "api_key": "hunter2",
        "auth_url": "https://identity.api.rackspacecloud.com/v2.0",
    }
    settings = settings_of(connect_arguments(rackspace))
    assert settings.sign_in.auth_type == "rackspace"
    assert sorted(settings.sign_in.options) == ["api_key", "username"]


@pytest.mark.parametrize("old", ["tenant_name", "project_name"])
def test_options_are_known_by_their_older_names_too(old: str) -> None:
    stanza = {key: value for key, value in a_stanza().items() if key != "project_name"}
    settings = settings_of(connect_arguments(stanza | {"auth_plugin": "password", old: "p"}))
    assert settings.sign_in.options["project_name"] == "p"


def test_options_that_connect_has_no_name_for_reach_their_plugin() -> None:
    arguments = connect_arguments(
        a_stanza(auth_plugin="v3totp", passcode="123456", password=None, auth_url=KEYSTONE)
    )
    assert arguments["auth_type"] == "v3totp"
    assert arguments["auth_options"] == {"passcode": "123456"}


@pytest.mark.parametrize(
    ("tls", "verify"),
    [
        ({}, True),
        ({"verify_ca_path": "/etc/ca.crt"}, "/etc/ca.crt"),
        ({"verify_peer": False}, False),
        ({"verify_peer": False, "verify_ca_path": "/etc/ca.crt"}, False),
    ],
)
def test_the_server_is_verified_as_flocker_verified_it(tls: dict[str, Any], verify: object) -> None:
    assert settings_of(connect_arguments(a_stanza(**tls))).verify == verify


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"passwort": "hunter2"}, "dataset.passwort: found an unknown key; allowed: password"),
        ({"backend": "aws"}, "dataset.backend: found 'aws'; allowed: openstack"),
        ({"region": None}, "dataset.region: found None"),
        (
            {"auth_plugin": "v3pasword"},
            "dataset.auth_plugin: found 'v3pasword'; allowed: .*v3password",
        ),
        ({"verify_peer": "ja"}, "dataset.verify_peer: found 'ja'; allowed: true or false"),
        ({"password": ["hunter2"]}, "dataset.password: found a list; allowed: one value"),
    ],
)
def test_what_is_wrong_is_told_by_its_place_and_never_by_a_secret(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(StanzaError, match=told) as caught:
        connect_arguments(a_stanza(**changes))
    assert "hunter2" not in str(caught.value)


def test_keys_of_another_plugin_are_refused_instead_of_ignored() -> None:
    """What Flocker's users met as "invalid credentials": v3 keys for a plugin that knows none."""
    stanza = a_stanza(auth_plugin="v2password", project_name=None, user_domain_name="Default")
    with pytest.raises(StanzaError, match="user_domain_name: found an unknown key"):
        connect_arguments(stanza | {"tenant_name": "p"})


def test_an_agent_file_is_read_for_its_stanza_alone(tmp_path: Path) -> None:
    path = tmp_path / "agent.yml"
    path.write_text(
        "version: 1\ncontrol-service:\n  hostname: control.example\n"
        f"dataset:\n  backend: openstack\n  region: LON\n  auth_url: {KEYSTONE}\n"
        "  username: u\n  password: hunter2\n  project_name: p\n"
    )
    assert read_agent_file(path)["region"] == "LON"


@pytest.mark.parametrize("written", ["012345", "1_2", "0x1f", "1e3", "1:30", "yes", "2024-01-01"])
def test_a_secret_that_looks_like_a_number_is_read_as_it_is_written(
    tmp_path: Path, written: str
) -> None:
    path = tmp_path / "agent.yml"
    path.write_text(
        f"dataset:\n  backend: openstack\n  region: LON\n  auth_url: {KEYSTONE}\n  username: u\n"
        f"  password: {written}\n  project_name: p\n  project_id:\n  domain_id: ~\n"
    )
    arguments = read_agent_file(path)
    assert arguments["password"] == written
    assert "project_id" not in arguments


@pytest.mark.parametrize(
    ("written", "verify"), [("true", True), ("Yes", True), ("FALSE", False), ("no", False)]
)
def test_the_switch_for_verification_is_read_in_all_of_yamls_words(
    tmp_path: Path, written: str, verify: bool
) -> None:
    path = tmp_path / "agent.yml"
    path.write_text(
        f"dataset:\n  backend: openstack\n  region: LON\n  auth_url: {KEYSTONE}\n  username: u\n"
        f"  password: p\n  project_name: p\n  verify_peer: {written}\n"
    )
    assert settings_of(read_agent_file(path)).verify is verify


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 1\n", "no `dataset:` stanza"),
        ("- a\n", "no `dataset:` stanza"),
        ("dataset: {password: hunter2\n  x", "no YAML in line"),
    ],
)
def test_an_agent_file_without_a_stanza_says_so(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "agent.yml"
    path.write_text(text)
    with pytest.raises(StanzaError, match=told) as caught:
        read_agent_file(path)
    assert "hunter2" not in str(caught.value)


def test_an_agent_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StanzaError, match="No such file"):
        read_agent_file(tmp_path / "agent.yml")
