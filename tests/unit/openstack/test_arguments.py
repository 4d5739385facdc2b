import pytest

from leasehold.openstack import Secret, ServiceType, SettingsError
from leasehold.openstack.arguments import settings_of
from leasehold.openstack.settings import Wish
from leasehold.openstack.token_file import TokenFile

V3 = "https://keystone.example/v3"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"auth_url": ""}, "no auth_url"),
        ({"auth_url": "keystone.example"}, "must begin with http"),
        ({"auth_url": "https://[::1/v3"}, "cannot be read as an address"),
        ({"auth_url": "https://"}, "and a host"),
        ({"auth_url": "https://k.example:five/v3"}, "cannot be read as an address: Port"),
        ({"auth_url": "https://k.example:99999/v3"}, "cannot be read as an address: Port"),
        ({"auth_url": " https://k.example/v3"}, "a space or a line's end"),
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
        (
            {"username": "a", "password": "b", "service_interfaces": {"image": "inside"}},
            "interface of image is one of public, internal, admin, not 'inside'",
        ),
        ({"username": "a", "password": "b", "endpoints": {"cmpute": "http://x"}}, "'cmpute'"),
        ({"username": "a", "password": "b", "service_names": {"x": "y"}}, "service_names names no"),
        ({"username": "a", "password": "b", "api_version": "3"}, "1.0, 1.1 or 2.x"),
        ({"username": "a", "password": "b", "timeout": "soon"}, "timeout is a number, more than 0"),
        ({"username": "a", "password": "b", "timeout": 0}, "timeout is a number, more than 0"),
        ({"username": "a", "password": "b", "retries": -1}, "retries is a number, 0 or more"),
        ({"username": "a", "password": "b", "proxy_url": "proxy:3128"}, "proxy_url must begin"),
        ({"username": "a", "password": "b", "key": "me.key"}, "name that by cert"),
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
            "retry_delay": 0.1,
            "backoff": 3.0,
            "proxy_url": "http://proxy.example:3128",
            "service_types": {"volumev3": "cinder-eu"},
            "service_names": {"image": "glance-eu"},
            "service_regions": {"image": "Three"},
            "service_interfaces": {"image": "adminURL"},
        },
        name="mine",
    )
    assert (made.name, made.region, made.interface) == ("mine", "Two", "internal")
    assert made.endpoints == {ServiceType.VOLUME: "http://cinder.example/v3"}
    assert made.microversions == {ServiceType.COMPUTE: "2.60"}
    assert (made.verify, made.cert) == ("ca.pem", ("me.pem", "me.key"))
    assert (made.timeout, made.retries, made.retry_delay, made.backoff) == (5.0, 0, 0.1, 3.0)
    assert made.proxy_url == Secret("http://proxy.example:3128")
    assert made.wishes == {
        ServiceType.VOLUME: Wish(type="cinder-eu"),
        ServiceType.IMAGE: Wish(name="glance-eu", region="Three", interface="admin"),
    }


@pytest.mark.parametrize(
    ("version", "plain"),
    [("1.0", True), ("1.1", True), ("2", False), ("2.1", False), ("2.x", False)],
)
def test_microversions_are_for_compute_2_only(version, plain):
    made = settings_of({"auth_url": V3, "username": "a", "password": "b", "api_version": version})
    assert made.plain_compute is plain


def test_verification_can_be_switched_off_even_with_a_ca():
    made = settings_of(
        {"auth_url": V3, "username": "a", "password": "b", "verify": False, "cacert": "ca.pem"}
    )
    assert made.verify is False


def test_numbers_may_be_texts_and_files_paths(tmp_path):
    made = settings_of(
        {
            "auth_url": V3,
            "username": "alice",
            "password": "pw",
            "timeout": "5",
            "retries": "2",
            "debug": tmp_path / "debug.log",
            "token_cache": tmp_path / "tokens",
        }
    )
    assert (made.timeout, made.retries) == (5.0, 2)
    assert made.debug
    assert made.debug.path == str(tmp_path / "debug.log")
    assert isinstance(made.token_cache, TokenFile)
