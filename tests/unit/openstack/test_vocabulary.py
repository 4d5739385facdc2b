from pathlib import Path

import pytest

from leasehold.openstack import SettingsError, UnknownArgument
from leasehold.openstack.vocabulary import checked


@pytest.mark.parametrize(
    ("name", "near"),
    [("usernam", "username"), ("ex_force_auth_ur", "ex_force_auth_url"), ("tenant_name", None)],
)
def test_an_unknown_argument_s_error_names_the_nearest_of_both_vocabularies(name, near):
    with pytest.raises(UnknownArgument) as caught:
        checked({name: "x"})
    assert isinstance(caught.value, TypeError)
    if near:
        assert caught.value.near == near
        assert f"did you mean '{near}'" in str(caught.value)


def test_an_argument_like_nothing_gets_no_guess():
    with pytest.raises(UnknownArgument) as caught:
        checked({"qqqq": "x"})
    assert caught.value.near is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("password", b"hidden", "password is a text, not of type bytes"),
        ("auth_url", ["http://k.example"], "auth_url is a text, not of type list"),
        ("api_version", 2.1, "api_version is a text, not of type float"),
        ("interface", ["public"], "interface is a text, not of type list"),
        ("project_name", True, "project_name is a text, not of type bool"),
        ("ex_force_auth_version", 3.0, "ex_force_auth_version is a text, not of type float"),
        ("endpoints", "http://n.example", "endpoints is a mapping of texts, not of type str"),
        ("endpoints", {"compute": 2.1}, r"endpoints\['compute'\] is a text, not of type float"),
        ("service_names", {None: "x"}, "a key of service_names is a text, not of type NoneType"),
        ("verify", 0, "verify is True, False or a path, not of type int"),
        ("debug_pretty", 1, "debug_pretty is True or False, not of type int"),
        ("debug", 1, "debug is a path, not of type int"),
        ("token_cache", 1, "token_cache is a path or an object with get, put and clear, not of"),
        ("ex_auth_cache", "f", "ex_auth_cache is an object with get, put and clear, not of type s"),
    ],
)
def test_a_value_of_another_kind_is_refused_and_not_shown(name, value, words):
    with pytest.raises(SettingsError, match=words) as caught:
        checked({name: value})
    assert "hidden" not in str(caught.value)


def test_what_is_none_is_not_given():
    assert checked({"username": None, "password": ""}) == {"password": ""}


def test_a_whole_number_is_a_text_as_files_have_it():
    assert checked({"project_id": 1234, "service_regions": {"image": 2}}) == {
        "project_id": "1234",
        "service_regions": {"image": "2"},
    }


def test_a_path_to_verify_by_is_a_ca_and_switches_verification_on():
    assert checked({"verify": "ca.pem"}) == {"verify": True, "cacert": "ca.pem"}
    assert checked({"verify": "ca.pem", "cacert": "ca.pem"})["cacert"] == "ca.pem"
    with pytest.raises(SettingsError, match="different files"):
        checked({"verify": "ca.pem", "cacert": "other.pem"})


def test_paths_caches_and_numbers_are_left_as_they_are():
    class Cache(dict[str, str]):
        def put(self, key: str, value: str) -> None: ...

    given = {"token_cache": Path("t"), "debug": Path("d"), "ex_auth_cache": Cache(), "timeout": "5"}
    assert checked(given) == given
