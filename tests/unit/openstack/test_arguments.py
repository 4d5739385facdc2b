import pytest

from leasehold.openstack import Secret, ServiceType, SettingsError, UnknownArgument
from leasehold.openstack.arguments import check_names, settings_of

V3 = "https://keystone.example/v3"


def signing_in(**arguments):
    return settings_of({"auth_url": V3, **arguments}).sign_in


def test_an_unknown_argument_s_error_names_the_nearest():
    with pytest.raises(UnknownArgument, match="did you mean 'username'") as caught:
        check_names(["usernam"])
    assert caught.value.near == "username"
    assert isinstance(caught.value, TypeError)


def test_an_argument_like_nothing_gets_no_guess():
    with pytest.raises(UnknownArgument) as caught:
        check_names(["qqqq"])
    assert caught.value.near is None


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
    ("arguments", "words"),
    [
        ({"auth_url": ""}, "no auth_url"),
        ({"auth_url": "keystone.example"}, "must begin with http"),
        ({"auth_url": "https://[::1/v3"}, "cannot be read as an address"),
        ({"auth_url": "https://"}, "and a host"),
        ({"endpoints": {"compute": "nova:8774"}}, "the endpoint of compute must begin with"),
        ({"username": "alice"}, "password is needed"),
        ({"password": "pw"}, "username or user_id is needed"),
        ({"auth_type": "v3token"}, "token is needed"),
        (
            {"application_credential_secret": "s"},
            "application_credential_id or application_credential_name is needed",
        ),
        (
            {"username": "a", "password": "b", "interface": "inside"},
            "public, internal, admin, not 'inside'",
        ),
        ({"username": "a", "password": "b", "endpoints": {"cmpute": "http://x"}}, "'cmpute'"),
    ],
)
def test_settings_that_lack_something_say_what(arguments, words):
    with pytest.raises(SettingsError, match=words):
        settings_of({"auth_url": V3, **arguments})


def test_the_way_to_the_cloud_is_settable():
    made = settings_of(
        {
            "auth_url": V3,
            "username": "alice",
            "password": "pw",
            "region": "Two",
            "interface": "internalURL",
            "endpoints": {"volumev3": "http://cinder.example/v3"},
            "compute_microversion": "2.60",
            "cacert": "ca.pem",
            "cert": "me.pem",
            "key": "me.key",
            "timeout": 5.0,
            "retries": 0,
        },
        name="mine",
    )
    assert (made.name, made.region, made.interface) == ("mine", "Two", "internal")
    assert made.endpoints == {ServiceType.VOLUME: "http://cinder.example/v3"}
    assert made.microversions == {ServiceType.COMPUTE: "2.60"}
    assert (made.verify, made.cert) == ("ca.pem", ("me.pem", "me.key"))
    assert (made.timeout, made.retries) == (5.0, 0)


def test_verification_can_be_switched_off_even_with_a_ca():
    made = settings_of(
        {"auth_url": V3, "username": "a", "password": "b", "verify": False, "cacert": "ca.pem"}
    )
    assert made.verify is False
