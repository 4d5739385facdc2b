import pytest
from keystoneauth1.identity import v2, v3

from leasehold.openstack import (
    AuthenticationFailed,
    MalformedAnswer,
    NotFound,
    ServiceUnavailable,
    SettingsError,
    SignIn,
)
from leasehold.openstack.secret import Secret
from leasehold.openstack.sign_in import plugin_of

from .wire import KEYSTONE, Reply, Wire, a_token, connection

TOKENS = f"{KEYSTONE}/auth/tokens"


def a_sign_in(auth_type: str, **options: str) -> SignIn:
    return SignIn(
        auth_type=auth_type,
        auth_url=KEYSTONE,
        options={name: Secret(value) for name, value in options.items()},
    )


@pytest.mark.parametrize(
    ("sign_in", "plugin"),
    [
        (a_sign_in("v3password", user_id="u", password="p"), v3.Password),
        (a_sign_in("v3token", token="t"), v3.Token),
        (
            a_sign_in(
                "v3applicationcredential",
                application_credential_id="i",
                application_credential_secret="s",
            ),
            v3.ApplicationCredential,
        ),
        (a_sign_in("v2password", username="u", password="p"), v2.Password),
        (a_sign_in("v2token", token="t"), v2.Token),
        (a_sign_in("v3totp", user_id="u", passcode="p"), v3.TOTP),
    ],
)
def test_each_way_of_signing_in_has_its_plugin(sign_in, plugin):
    assert type(plugin_of(sign_in)) is plugin


def test_a_plugin_that_does_not_exist_is_an_error_of_the_settings():
    with pytest.raises(SettingsError, match="v9magic"):
        plugin_of(a_sign_in("v9magic"))


def test_an_option_that_a_plugin_does_not_know_is_named():
    with pytest.raises(SettingsError, match="takes no pasword; it takes"):
        plugin_of(a_sign_in("v3totp", pasword="p"))


def refused_sign_in(*replies: Reply):
    cloud = connection(Wire().on("POST", TOKENS, *replies))
    with pytest.raises(Exception) as caught:
        cloud.identity()
    return caught.value


def test_wrong_credentials_say_so_and_keep_keystone_s_words():
    error = refused_sign_in(Reply({"error": {"message": "Please sign in.", "code": 401}}, 401))
    assert isinstance(error, AuthenticationFailed)
    assert "does not accept the credentials" in str(error)
    assert "Please sign in." in str(error)


@pytest.mark.parametrize("status", [300, 404, 405])
def test_an_address_that_is_not_keystone_s_says_so(status):
    error = refused_sign_in(Reply(b"<h1>?</h1>", status))
    assert isinstance(error, NotFound)
    assert "auth_url" in str(error)


def test_a_keystone_that_is_not_well_is_unavailable_and_leaves_no_doubt():
    error = refused_sign_in(Reply(b"", 503))
    assert isinstance(error, ServiceUnavailable)
    assert error.unsure is False


@pytest.mark.parametrize("body", [b"", b"<html>", {}, [], {"token": None}, {"token": {}}])
def test_an_answer_that_is_no_token_is_an_error_of_ours(body):
    error = refused_sign_in(Reply(body, 201))
    assert isinstance(error, MalformedAnswer)


def test_a_token_without_its_header_is_an_error_of_ours():
    assert isinstance(refused_sign_in(Reply(a_token(), 201)), MalformedAnswer)


def test_neither_password_nor_token_is_in_an_error():
    error = refused_sign_in(Reply({"error": {"message": "no", "code": 401}}, 401))
    assert "correct horse" not in f"{error!r} {error} {vars(error)}"
