import json
import subprocess
import sys

import pytest

from leasehold.openstack import (
    Connection,
    Secret,
    ServiceType,
    SettingsError,
    UnknownArgument,
    connect,
)

from .wire import KEYSTONE, NOVA, Reply, Wire, connection, settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"):
        monkeypatch.delenv(name, raising=False)


GIVEN = {"auth_url": KEYSTONE, "username": "alice", "password": "pw", "project_name": "lab"}


def test_arguments_alone_are_enough(monkeypatch):
    monkeypatch.setenv("OS_PROJECT_NAME", "of somebody's shell")
    sign_in = connect(**GIVEN).settings.sign_in
    assert sign_in.options["project_name"] == "lab"


def test_the_environment_is_used_if_nothing_else_is_given(monkeypatch):
    monkeypatch.setenv("OS_AUTH_URL", KEYSTONE)
    monkeypatch.setenv("OS_USERNAME", "bob")
    monkeypatch.setenv("OS_PASSWORD", "pw")
    made = connect(region="Two").settings
    assert made.sign_in.options["username"] == "bob"
    assert made.region == "Two"


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_cloud_s_name_leads_to_clouds_yaml(way, tmp_path, monkeypatch):
    path = tmp_path / "clouds.yaml"
    auth = {key: value for key, value in GIVEN.items() if key != "password"}
    path.write_text(json.dumps({"clouds": {"lab": {"auth": {**auth, "password": "of the file"}}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    if way == "variable":
        monkeypatch.setenv("OS_CLOUD", "lab")
    made = connect("lab" if way == "argument" else None).settings
    assert made.name == "lab"
    assert made.sign_in.options["password"] == Secret("of the file")


def test_a_single_argument_goes_before_the_file(tmp_path, monkeypatch):
    path = tmp_path / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {"lab": {"auth": GIVEN}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert connect("lab", username="eve").settings.sign_in.options["username"] == "eve"


@pytest.fixture(params=["clouds.yaml", "environment"])
def described(request, tmp_path, monkeypatch):
    """Tell the same cloud by one source or the other; gives what `connect()` is told of it."""
    if request.param == "environment":
        for name, value in GIVEN.items():
            monkeypatch.setenv(f"OS_{name.upper()}", value)
        return []
    path = tmp_path / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {"lab": {"auth": GIVEN}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return ["lab"]


def test_libcloud_s_scope_holds_for_what_the_source_says(described):
    options = connect(*described, ex_token_scope="unscoped").settings.sign_in.options
    assert not {"project_name", "project_domain_id"} & options.keys()


@pytest.mark.parametrize(
    ("version", "auth_type", "secret"),
    [
        ("2.0_apikey", "rackspace", "api_key"),
        ("3.x_appcred", "v3applicationcredential", "application_credential_secret"),
    ],
)
def test_libcloud_s_way_to_sign_in_takes_the_source_s_secret(described, version, auth_type, secret):
    made = connect(*described, ex_force_auth_version=version).settings.sign_in
    assert (made.auth_type, made.options[secret]) == (auth_type, Secret("pw"))


def test_a_forced_token_replaces_the_sign_in_of_the_source(described):
    made = connect(*described, ex_force_auth_token="tok").settings.sign_in
    assert (made.auth_type, made.auth_url) == ("leasehold_given_token", KEYSTONE)
    assert made.options == {"token": Secret("tok")}


def test_a_single_argument_takes_the_place_of_the_other_name_in_the_source(described):
    made = connect(*described, project_id="p1", user_id="u1").settings.sign_in.options
    assert (made["project_id"], made["user_id"]) == ("p1", "u1")
    assert not {"project_name", "username"} & made.keys()


def test_an_address_of_one_service_leaves_those_of_others_to_the_file(tmp_path, monkeypatch):
    path = tmp_path / "clouds.yaml"
    entry = {"auth": GIVEN, "network_endpoint_override": "http://neutron.example"}
    path.write_text(json.dumps({"clouds": {"lab": entry}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert connect("lab", ex_force_base_url=NOVA).settings.endpoints == {
        ServiceType.NETWORK: "http://neutron.example",
        ServiceType.COMPUTE: NOVA,
    }


def test_an_argument_that_is_none_is_not_given():
    assert connect(**GIVEN, region=None).settings.region is None


def test_nothing_at_all_says_what_to_give():
    with pytest.raises(SettingsError, match="OS_CLOUD"):
        connect()


def test_a_mistyped_argument_is_found_before_anything_else():
    with pytest.raises(UnknownArgument, match="'project_name'"):
        connect(projectname="lab")


def test_connecting_sends_nothing():
    wire = Wire()
    connection(wire)
    assert wire.seen == []


def test_neither_openstacksdk_nor_libcloud_is_imported_before_it_is_needed():
    program = "import sys, leasehold.openstack; print({'openstack', 'libcloud'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_a_connection_tells_who_we_are():
    identity = connection(Wire()).identity()
    assert (identity.project_id, identity.user_name) == ("project-1", "alice")
    assert identity.roles == ("member",)


def test_a_closed_connection_s_retries_do_not_wait():
    wire = Wire().on("GET", f"{NOVA}/servers/s1", Reply(status=503))
    with Connection(settings(retries=3), adapter=wire, random=lambda: 0.0) as cloud:
        pass
    with pytest.raises(Exception, match="not available"):
        cloud.compute.server("s1")
    assert len(wire.calls()) == 1
