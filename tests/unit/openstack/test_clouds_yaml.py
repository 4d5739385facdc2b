import json

import pytest

from leasehold.openstack import SettingsError, UnknownCloud
from leasehold.openstack.clouds_yaml import from_clouds_yaml

AUTH = {
    "auth_url": "https://keystone.example/v3",
    "username": "alice",
    "password": "pw",
    "project_name": "lab",
    "user_domain_name": "Corp",
    "project_domain_name": "Corp",
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    path = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))

    def write(**clouds):
        path.write_text(json.dumps({"clouds": clouds}))
        return path

    return write


def test_an_entry_is_read_with_its_region_interface_and_ca(write):
    write(lab={"auth": AUTH, "region_name": "One", "interface": "internal", "cacert": "ca.pem"})
    assert from_clouds_yaml("lab") == {
        **AUTH,
        "auth_type": "password",
        "region": "One",
        "interface": "internal",
        "cacert": "ca.pem",
    }


def test_endpoints_microversions_and_the_time_out_are_read(write):
    write(
        lab={
            "auth": AUTH,
            "compute_endpoint_override": "http://nova.example/v2.1",
            "block_storage_endpoint_override": "http://cinder.example/v3",
            "compute_default_microversion": "2.60",
            "api_timeout": 7,
            "verify": False,
        }
    )
    arguments = from_clouds_yaml("lab")
    assert arguments["endpoints"] == {
        "compute": "http://nova.example/v2.1",
        "block-storage": "http://cinder.example/v3",
    }
    assert arguments["compute_microversion"] == "2.60"
    assert arguments["timeout"] == 7.0
    assert arguments["verify"] is False


def test_names_and_types_of_single_services_are_read(write):
    entry = {"compute_service_name": "cirrus", "block_storage_service_type": "volumev2"}
    write(lab={"auth": AUTH, **entry})
    arguments = from_clouds_yaml("lab")
    assert arguments["service_names"] == {"compute": "cirrus"}
    assert arguments["service_types"] == {"block-storage": "volumev2"}


def test_settings_of_single_services_are_read_under_every_name_of_the_service(write):
    entry = {
        "region_name": "One",
        "compute_region_name": "Two",
        "image_region_name": "One",
        "network_interface": "internal",
        "volume_service_type": "volumev2",
        "volume_service_name": "cinder-eu",
        "volumev3_endpoint_override": "http://cinder.example/v3",
        "reservation_endpoint_override": "http://blazar.example",
    }
    write(lab={"auth": AUTH, **entry})
    arguments = from_clouds_yaml("lab")
    assert {k: v for k, v in arguments.items() if isinstance(v, dict)} == {
        "endpoints": {
            "block-storage": "http://cinder.example/v3",
            "reservation": "http://blazar.example",
        },
        "service_names": {"block-storage": "cinder-eu"},
        "service_types": {"block-storage": "volumev2"},
        "service_regions": {"compute": "Two"},
        "service_interfaces": {"network": "internal"},
    }


@pytest.mark.parametrize("name", ["interface", "network_interface"])
def test_a_choice_of_several_interfaces_is_refused(write, name):
    write(lab={"auth": AUTH, name: ["internal", "public"]})
    with pytest.raises(SettingsError, match=r"several interfaces.*internal, public"):
        from_clouds_yaml("lab")


def test_an_application_credential_is_read(write):
    secret = {"application_credential_id": "ac", "application_credential_secret": "s"}
    write(
        lab={
            "auth_type": "v3applicationcredential",
            "auth": {"auth_url": "https://keystone.example/v3", **secret},
        }
    )
    arguments = from_clouds_yaml("lab")
    assert arguments["auth_type"] == "v3applicationcredential"
    assert arguments["application_credential_secret"] == "s"


def test_options_of_other_plugins_are_kept(write):
    auth = {"auth_url": "https://keystone.example/v3", "identity_provider": "corp"}
    write(lab={"auth_type": "v3oidcpassword", "auth": auth})
    assert from_clouds_yaml("lab")["auth_options"] == {"identity_provider": "corp"}


def test_an_unknown_cloud_s_error_names_the_nearest_and_the_files(write):
    path = write(lab={"auth": AUTH}, prod={"auth": AUTH})
    with pytest.raises(UnknownCloud) as caught:
        from_clouds_yaml("labb")
    assert caught.value.near == ("lab",)
    assert str(path) in caught.value.searched
    assert "Did you mean 'lab'?" in str(caught.value)


def test_an_unknown_cloud_like_no_other_gets_a_list_of_all(write):
    write(lab={"auth": AUTH}, prod={"auth": AUTH})
    with pytest.raises(UnknownCloud, match="There are: lab, prod"):
        from_clouds_yaml("xyzzy")


def test_an_unknown_region_of_an_entry_lists_the_known(write):
    write(lab={"auth": AUTH, "regions": ["One", "Two"]})
    with pytest.raises(SettingsError, match="One"):
        from_clouds_yaml("lab", region="Three")


def test_one_of_several_regions_is_chosen(write):
    write(lab={"auth": AUTH, "regions": ["One", "Two"]})
    assert from_clouds_yaml("lab", region="Two")["region"] == "Two"
