import pytest

from leasehold.openstack import Secret, ServiceType, SettingsError
from leasehold.openstack.arguments import settings_of
from leasehold.openstack.libcloud_arguments import translated
from leasehold.openstack.settings import Wish

URL = "https://keystone.example:5000"
USER = {"ex_force_auth_url": URL, "username": "alice", "password": "pw", "ex_tenant_name": "lab"}


def settings(**arguments):
    return settings_of(translated({**USER, **arguments}))


@pytest.mark.parametrize(
    ("version", "auth_type", "path", "options"),
    [
        ("1.0", "leasehold_v1_0", "/v1.0", {"username": "alice", "api_key": Secret("pw")}),
        ("1.1", "leasehold_v1_1", "/v1.1", {"username": "alice", "api_key": Secret("pw")}),
        (
            "2.0",
            "rackspace",
            "/v2.0",
            {"username": "alice", "api_key": Secret("pw"), "tenant_name": "lab"},
        ),
        (
            "2.0_apikey",
            "rackspace",
            "/v2.0",
            {"username": "alice", "api_key": Secret("pw"), "tenant_name": "lab"},
        ),
        (
            "2.0_password",
            "v2password",
            "/v2.0",
            {"username": "alice", "password": Secret("pw"), "tenant_name": "lab"},
        ),
        ("2.0_voms", "leasehold_v2voms", "/v2.0", {"tenant_name": "lab"}),
        (
            "3.x_password",
            "v3password",
            "/v3",
            {
                "username": "alice",
                "password": Secret("pw"),
                "project_name": "lab",
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
        ),
        (
            "3.x_appcred",
            "v3applicationcredential",
            "/v3",
            {
                "application_credential_id": "alice",
                "application_credential_secret": Secret("pw"),
            },
        ),
        (
            "3.x_oidc_access_token",
            "leasehold_v3oidcaccesstoken",
            "/v3",
            {"identity_provider": "alice", "protocol": "lab", "access_token": Secret("pw")},
        ),
        (
            "3.x_token",
            "v3token",
            "/v3",
            {"token": Secret("pw"), "project_name": "lab", "project_domain_id": "default"},
        ),
    ],
)
def test_each_auth_version_of_libcloud_s_is_a_plugin(version, auth_type, path, options):
    made = settings(ex_force_auth_version=version).sign_in
    assert (made.auth_type, made.auth_url) == (auth_type, URL + path)
    assert made.options == options


@pytest.mark.parametrize(
    ("version", "source"),
    [
        ("2.0_apikey", {"api_key": "of the file"}),
        ("3.x_token", {"token": "of the file"}),
        (
            "3.x_appcred",
            {
                "application_credential_id": "of the file",
                "application_credential_secret": "of the file",
            },
        ),
        (
            "3.x_oidc_access_token",
            {
                "auth_type": "leasehold_v3oidcaccesstoken",
                "auth_options": {
                    "identity_provider": "of the file",
                    "protocol": "of the file",
                    "access_token": "of the file",
                },
            },
        ),
    ],
)
def test_what_is_given_in_libcloud_s_words_goes_before_what_the_source_says_in_ours(
    version, source
):
    given = {**USER, "ex_force_auth_version": version}
    assert settings_of(translated(given, source)) == settings_of(translated(given))


def test_a_voms_proxy_is_the_client_s_certificate():
    assert settings(ex_force_auth_version="2.0_voms", password="/tmp/proxy").cert == "/tmp/proxy"


def test_an_auth_version_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(SettingsError, match=r"one of 1\.0, .*3\.x_password.*not '4\.0'"):
        settings(ex_force_auth_version="4.0")


def test_an_oidc_project_is_chosen_by_the_domain_s_name_as_libcloud_has_it():
    made = settings(ex_force_auth_version="3.x_oidc_access_token", ex_domain_name="physics")
    assert made.sign_in.options["project"] == "physics"
    default = settings(ex_force_auth_version="3.x_oidc_access_token", ex_domain_name="Default")
    assert "project" not in default.sign_in.options


def test_an_oidc_token_without_a_project_keeps_its_protocol():
    made = settings(ex_force_auth_version="3.x_oidc_access_token", ex_token_scope="unscoped")
    assert made.sign_in.auth_type == "v3oidcaccesstoken"
    assert made.sign_in.options["protocol"] == "lab"


@pytest.mark.parametrize(
    ("scope", "options"),
    [
        ("project", {"project_name", "project_domain_id"}),
        ("domain", {"domain_name"}),
        ("unscoped", set()),
    ],
)
def test_a_token_s_scope_is_chosen(scope, options):
    made = settings(
        ex_token_scope=scope, ex_domain_name="Corp", ex_tenant_domain_id="d1"
    ).sign_in.options
    assert made["user_domain_name"] == "Corp"
    assert set(made) - {"username", "password", "user_domain_name"} == options


def test_a_scope_that_does_not_exist_is_refused():
    with pytest.raises(SettingsError, match="project, domain, unscoped"):
        settings(ex_token_scope="galaxy")


def test_each_forced_url_is_for_its_own_service():
    made = settings(
        ex_force_base_url="https://nova.example/v2/p",
        ex_force_image_url="https://glance.example",
        ex_force_network_url="https://neutron.example",
        ex_force_volume_url="https://cinder.example/v3/p",
        ex_force_reservation_url="https://blazar.example/v1",
    )
    assert made.endpoints == {
        ServiceType.COMPUTE: "https://nova.example/v2/p",
        ServiceType.IMAGE: "https://glance.example",
        ServiceType.NETWORK: "https://neutron.example",
        ServiceType.VOLUME: "https://cinder.example/v3/p",
        ServiceType.RESERVATION: "https://blazar.example/v1",
    }
    alone = settings(ex_force_image_url="https://glance.example").endpoints
    assert alone == {ServiceType.IMAGE: "https://glance.example"}


def test_a_forced_base_url_is_the_old_compute_s_if_that_is_asked_for():
    made = settings(api_version="1.0", ex_force_base_url="https://nova.example/v1.0/1")
    assert made.endpoints == {ServiceType.COMPUTE_V1: "https://nova.example/v1.0/1"}


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("compute", ServiceType.COMPUTE),
        ("cloud-compute", ServiceType.COMPUTE),
        ("image", ServiceType.IMAGE),
        ("volumev2", ServiceType.VOLUME),
    ],
)
def test_a_wish_is_for_compute_or_for_the_service_whose_type_it_names(kind, service):
    made = settings(ex_force_service_type=kind, ex_force_service_name="mine")
    assert made.wishes == {service: Wish(type=kind, name="mine")}


def test_region_and_microversion_keep_their_meaning():
    made = settings(ex_force_service_region="Two", ex_force_microversion="2.42")
    assert (made.region, made.microversions) == ("Two", {ServiceType.COMPUTE: "2.42"})


def test_a_forced_token_shows_itself_to_keystone_for_the_catalog():
    made = settings(ex_force_auth_token="tok").sign_in
    assert (made.auth_type, made.auth_url) == ("leasehold_given_token", URL + "/v3")
    assert made.options == {"token": Secret("tok")}


def test_a_forced_token_with_an_address_needs_no_keystone():
    made = settings_of(
        translated({"ex_force_auth_token": "tok", "ex_force_base_url": "https://n.example/v2/p"})
    )
    assert made.sign_in.is_given_token
    assert made.endpoints == {ServiceType.COMPUTE: "https://n.example/v2/p"}


def test_a_forced_token_alone_is_not_enough():
    with pytest.raises(SettingsError, match="needs ex_force_base_url"):
        translated({"ex_force_auth_token": "tok"})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"auth_url": "https://a.example"}, {"ex_force_auth_url": "https://b.example"}),
        ({"project_name": "a"}, {"ex_tenant_name": "b"}),
        ({"region": "a"}, {"ex_force_service_region": "b"}),
        ({"endpoints": {"image": "https://a"}}, {"ex_force_image_url": "https://b"}),
        ({"service_names": {"compute": "a"}}, {"ex_force_service_name": "b"}),
        ({"auth_type": "v3password"}, {"ex_force_auth_version": "1.1"}),
    ],
)
def test_two_names_of_one_thing_must_agree(ours, theirs):
    with pytest.raises(SettingsError, match="two names of one thing"):
        translated({**ours, **theirs})


def test_two_names_of_one_thing_may_agree():
    assert translated({"auth_url": URL, "ex_force_auth_url": URL}) == {"auth_url": URL}
