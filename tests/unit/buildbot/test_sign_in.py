"""Which cloud is meant, and how to sign in."""

import pytest

from leasehold.buildbot.arguments import Arguments
from leasehold.buildbot.sign_in import connect_arguments, name_of

OLD = {
    "os_auth_url": "http://keystone.example:5000/v3",
    "os_username": "user",
    "os_password": "password",
    "os_tenant_name": "tenant",
}


def name(**changes: object) -> str:
    return name_of(connect_arguments(Arguments(**{**OLD, **changes})))


def test_the_old_arguments_are_put_into_the_drivers_words() -> None:
    given = Arguments(**OLD, os_user_domain="users", os_project_domain="projects", region="r1")
    assert connect_arguments(given) == {
        "auth_url": "http://keystone.example:5000/v3",
        "username": "user",
        "password": "password",
        "project_name": "tenant",
        "user_domain_name": "users",
        "project_domain_name": "projects",
        "region": "r1",
    }


def test_options_of_a_plugin_are_known_by_their_old_names_or_passed_on() -> None:
    options = {
        "auth_type": "v3totp",
        "auth_url": "http://k",
        "user-name": "user",
        "tenant_name": "tenant",
        "default_domain_id": "default",
        "passcode": "123",
    }
    assert connect_arguments(Arguments(os_auth_args=options)) == {
        "auth_type": "v3totp",
        "auth_url": "http://k",
        "username": "user",
        "project_name": "tenant",
        "user_domain_id": "default",
        "project_domain_id": "default",
        "auth_options": {"passcode": "123"},
    }


def test_a_new_password_or_user_finds_the_ledger_of_the_old_one() -> None:
    assert name(os_password="new") == name(os_username="other") == name()


@pytest.mark.parametrize(
    "other",
    [
        {"os_tenant_name": "other"},
        {"region": "r2"},
        {"os_auth_url": "http://other.example:5000/v3"},
        {"os_project_domain": "other"},
    ],
)
def test_another_project_region_or_keystone_has_a_ledger_of_its_own(other: dict) -> None:
    assert name(**other) != name()


def test_the_name_says_which_cloud_it_is_and_makes_a_file_name() -> None:
    assert name(os_tenant_name="a/b ../c").startswith("keystone.example-a-b-..-c-")
    assert name_of({"cloud": "mine"}).startswith("mine-")


def test_without_a_project_the_credential_says_which_cloud_it_is() -> None:
    def of(credential: str) -> str:
        return name_of({"auth_url": "http://k", "application_credential_id": credential})

    assert of("one") != of("two")
