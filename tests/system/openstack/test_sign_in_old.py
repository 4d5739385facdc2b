"""Every way to sign in that Libcloud has, and its forms of an address, over HTTP."""

import pytest
from keystoneauth1.session import Session

from leasehold.emulator import Emulator
from leasehold.openstack import AuthenticationFailed, connect

from .conftest import connected

KEY = {"username": "demo", "password": "demo-key"}
PASSWORD = {"username": "demo", "password": "demo", "ex_tenant_name": "demo"}


def flavors(cloud) -> list[str]:
    return [flavor.name for flavor in cloud.compute.flavors()]


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("1.0", KEY),
        ("1.1", KEY),
        ("2.0", {**KEY, "ex_tenant_name": "demo"}),
        ("2.0_apikey", KEY),
        ("2.0_password", PASSWORD),
        ("3.x_password", PASSWORD),
        (
            "3.x_oidc_access_token",
            {"username": "lab", "password": "demo-access-token", "ex_tenant_name": "openid"},
        ),
    ],
)
@pytest.mark.parametrize("path", ["/identity", "", "/identity/v2.0/tokens/", "/v3/"])
def test_each_version_signs_in_wherever_the_address_ends(
    emulator: Emulator, version: str, given: dict[str, str], path: str
) -> None:
    cloud = connect(
        ex_force_auth_url=emulator.url + path, ex_force_auth_version=version, retries=0, **given
    )
    assert "tiny" in flavors(cloud)
    wrong = connect(
        ex_force_auth_url=emulator.url + path,
        ex_force_auth_version=version,
        retries=0,
        **{**given, "password": "wrong"},
    )
    with pytest.raises(AuthenticationFailed):
        wrong.identity()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_old_token_is_kept_and_renewed_after_a_401(emulator: Emulator, version: str) -> None:
    cloud = connect(ex_force_auth_url=emulator.url, ex_force_auth_version=version, retries=0, **KEY)
    for _ in range(3):
        flavors(cloud)
    assert emulator.requests.of("identity") == 1
    emulator.run(emulator.world.tokens.clear)
    flavors(cloud)
    assert emulator.requests.of("identity") == 2


@pytest.mark.parametrize(
    ("keystone", "options"),
    [("v3", {}), ("v2.0", {}), ("v1", {"password": "demo-key"})],
)
def test_without_a_version_the_newest_that_there_is_signs_in(
    keystone: str, options: dict[str, str]
) -> None:
    with Emulator(keystone=(keystone,), seed=1) as emulator:
        cloud = connected(emulator, auth_url=f"{emulator.url}/identity", **options)
        assert cloud.identity().user_name == "demo"
        assert "tiny" in flavors(cloud)


def test_an_application_credential_of_libcloud_s_signs_in(emulator: Emulator) -> None:
    made = connected(emulator).transport
    answer = Session().post(
        f"{emulator.auth_url}/users/{made.identity().user_id}/application_credentials",
        json={"application_credential": {"name": "ci"}},
        headers={"X-Auth-Token": made.token().reveal()},
        authenticated=False,
    )
    credential = answer.json()["application_credential"]
    cloud = connect(
        ex_force_auth_url=emulator.url,
        ex_force_auth_version="3.x_appcred",
        username=credential["id"],
        password=credential["secret"],
    )
    assert "tiny" in flavors(cloud)


def test_an_application_credential_that_is_gone_is_told_in_keystones_words(
    emulator: Emulator,
) -> None:
    cloud = connect(
        auth_url=emulator.auth_url,
        application_credential_id="0" * 32,
        application_credential_secret="x",
    )
    with pytest.raises(AuthenticationFailed, match="Could not find Application Credential"):
        cloud.identity()
