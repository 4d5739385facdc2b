import pytest

from leasehold.openstack import Secret, SettingsError
from leasehold.openstack.credentials import sign_in_of

V3 = "https://keystone.example/v3"


def signing_in(**arguments):
    return sign_in_of({"auth_url": V3, **arguments})


def test_a_password_signs_in_by_v3():
    made = signing_in(username="alice", password="pw", project_name="lab", user_domain_name="Corp")
    assert made.auth_type == "v3password"
    assert made.options == {
        "username": "alice",
        "password": Secret("pw"),
        "project_name": "lab",
        "user_domain_name": "Corp",
        "project_domain_id": "default",
    }


def test_a_user_given_by_id_needs_no_domain():
    assert "user_domain_id" not in signing_in(user_id="u1", password="pw").options


def test_the_url_s_version_chooses_the_old_sign_in():
    made = signing_in(
        auth_url="https://keystone.example/v2.0/", username="alice", password="pw", project_name="p"
    )
    assert made.auth_type == "v2password"
    assert made.options == {"username": "alice", "password": Secret("pw"), "tenant_name": "p"}


def test_the_old_sign_in_s_version_is_put_on_a_url_without_one():
    made = signing_in(
        auth_type="v2password", auth_url="https://k.example", username="alice", password="pw"
    )
    assert made.auth_url == "https://k.example/v2.0"


def test_a_token_signs_in_and_is_secret():
    made = signing_in(token="tok", project_id="p1")
    assert made.auth_type == "v3token"
    assert made.options == {"token": Secret("tok"), "project_id": "p1"}


def test_an_application_credential_signs_in_without_a_scope():
    made = signing_in(
        application_credential_id="ac",
        application_credential_secret="s3cret",
        project_name="ignored: the credential has its own",
    )
    assert made.auth_type == "v3applicationcredential"
    assert made.options == {
        "application_credential_id": "ac",
        "application_credential_secret": Secret("s3cret"),
    }


def test_options_of_other_plugins_are_passed_on_and_kept_secret():
    made = signing_in(
        auth_type="v3oidcpassword", auth_options={"client_id": "c", "client_secret": "s"}
    )
    assert made.options == {"client_id": "c", "client_secret": Secret("s")}


@pytest.mark.parametrize(
    ("auth_type", "url"),
    [
        ("v3password", "https://k.example/identity/v3"),
        ("v2password", "https://k.example/identity/v2.0"),
        ("leasehold_v1_1", "https://k.example/identity/v1.1"),
        ("v3oidcclientcredentials", "https://k.example/identity/v3"),
    ],
)
@pytest.mark.parametrize("tail", ["", "/", "/v3/auth/tokens", "/v2.0/tokens/", "/v1.0"])
def test_a_plugin_that_was_asked_for_gets_the_url_of_its_version(auth_type, url, tail):
    made = signing_in(
        auth_type=auth_type,
        auth_url=f"https://k.example/identity{tail}",
        username="alice",
        password="pw",
    )
    assert made.auth_url == url


@pytest.mark.parametrize(
    ("path", "auth_type"),
    [
        ("/v3/auth/tokens", "v3password"),
        ("/v2.0/tokens/", "v2password"),
        ("/v1.1", "leasehold_v1_1"),
        ("/v1.0", "leasehold_v1_0"),
        ("", "v3password"),
    ],
)
def test_a_password_means_what_the_url_s_version_makes_of_it(path, auth_type):
    made = signing_in(auth_url=f"https://k.example{path}", username="alice", password="pw")
    assert made.auth_type == auth_type


def test_an_api_key_is_rackspace_s_unless_the_url_is_older():
    rackspace = signing_in(auth_url="https://k.example", username="alice", api_key="key")
    assert (rackspace.auth_type, rackspace.auth_url) == ("rackspace", "https://k.example/v2.0")
    assert rackspace.options == {"username": "alice", "api_key": Secret("key")}
    old = signing_in(auth_url="https://k.example/v1.1", username="alice", api_key="key")
    assert old.auth_type == "leasehold_v1_1"


def older(**arguments):
    made = signing_in(
        **{"auth_url": "https://k.example", "username": "alice", "password": "pw", **arguments}
    )
    return [way.auth_type for way in made.older]


def test_without_a_version_older_ones_may_be_tried():
    assert older(project_name="lab") == ["v2password", "leasehold_v1_1", "leasehold_v1_0"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"auth_type": "v3password"},
        {"user_domain_name": "Corp"},
        {"project_domain_id": "d1"},
        {"domain_name": "Default"},
        {"project_id": "p1"},
    ],
)
def test_nothing_older_is_tried_where_it_would_mean_something_else(arguments):
    assert older(**arguments) == []


def test_a_version_in_the_url_is_the_only_one_tried():
    assert signing_in(username="alice", password="pw").older == ()


def test_plugins_that_ask_nobody_need_no_keystone():
    made = sign_in_of({"auth_type": "none"})
    assert (made.auth_type, made.auth_url) == ("none", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"auth_type": "rackspace", "username": "a"}, "api_key is needed"),
        ({"auth_type": "leasehold_v1_0", "api_key": "k"}, "username is needed"),
        ({"auth_type": "leasehold_v3oidcaccesstoken"}, "identity_provider is needed"),
        ({"auth_type": "leasehold_given_token"}, "token is needed"),
        ({"auth_type": "v3oidcaccesstoken"}, "identity_provider is needed"),
    ],
)
def test_what_our_plugins_lack_is_said_by_name(arguments, words):
    with pytest.raises(SettingsError, match=words):
        signing_in(**arguments)


@pytest.mark.parametrize("secret", ["s3cr3t-key\n", " s3cr3t-key", "s3cr3t\rkey", "s3cr3t-key☃"])
@pytest.mark.parametrize(
    ("auth_type", "option"),
    [
        ("leasehold_v1_0", "api_key"),
        ("leasehold_given_token", "token"),
        ("admin_token", "token"),
        ("leasehold_v3oidcaccesstoken", "access_token"),
    ],
)
def test_a_secret_that_no_header_can_hold_is_refused_and_not_shown(auth_type, option, secret):
    others = {"identity_provider": "lab", "protocol": "openid", "username": "alice"}
    with pytest.raises(SettingsError, match=f"{option} has a character") as caught:
        signing_in(auth_type=auth_type, auth_options={**others, option: secret})
    assert "s3cr3t" not in str(caught.value)


def test_a_password_that_no_header_can_hold_is_not_tried_as_an_old_key():
    assert older(password="schneemann ☃") == ["v2password", "leasehold_v1_1"]
