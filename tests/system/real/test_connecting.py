"""Every form of an address, and what else settles how to connect, against real Keystone."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.testbed import real_clouds

from leasehold.openstack import (
    AuthenticationFailed,
    EndpointMissing,
    NotFound,
    OpenStackError,
    connect,
)

pytestmark = pytest.mark.real


@pytest.fixture
def auth() -> dict[str, Any]:
    return dict(real_clouds()["clouds"]["lab"]["auth"])


@pytest.fixture
def root(auth: dict[str, Any]) -> str:
    return str(auth.pop("auth_url")).removesuffix("/v3")


@pytest.mark.parametrize(
    "path", ["", "/", "/v3", "/v3/", "/v3/auth/tokens", "/v3/auth/tokens/", "//v3"]
)
def test_keystone_is_found_however_its_address_ends(auth, root, path) -> None:
    with connect(auth_url=root + path, **auth) as cloud:
        assert cloud.identity().project_name == auth["project_name"]


def test_libcloud_s_words_connect(auth, root) -> None:
    with connect(
        ex_force_auth_url=root,
        ex_force_auth_version="3.x_password",
        username=auth["username"],
        password=auth["password"],
        ex_tenant_name=auth["project_name"],
        ex_domain_name="Default",
        ex_force_service_name="nova",
        ex_force_service_region="RegionOne",
    ) as cloud:
        assert list(cloud.compute.flavors(limit=1)) is not None
        assert next(cloud.image.images()).id


def test_no_older_keystone_is_made_up_for_a_wrong_address(auth, root) -> None:
    host = f"{urlsplit(root).scheme}://{urlsplit(root).netloc}"
    with pytest.raises(NotFound, match="auth_url"):
        connect(auth_url=f"{host}/nowhere", **auth).identity()
    with pytest.raises(OpenStackError):
        connect(auth_url=f"{root}/v2.0", **auth).identity()


def test_a_forced_token_finds_the_services_without_a_sign_in(auth, root) -> None:
    token = connect(auth_url=root, **auth).transport.token().reveal()
    cloud = connect(ex_force_auth_token=token, ex_force_auth_url=root)
    assert cloud.identity().project_name == auth["project_name"]
    assert next(cloud.compute.flavors()).id
    bad = connect(ex_force_auth_token="nonsense", ex_force_auth_url=root)
    with pytest.raises(AuthenticationFailed, match="never renewed"):
        bad.identity()


def test_a_forced_url_that_is_keystone_s_is_told(auth, root) -> None:
    cloud = connect(auth_url=root, **auth, ex_force_base_url=f"{root}/v3")
    with pytest.raises(NotFound, match="probably the authentication URL"):
        next(cloud.compute.flavors())


def test_what_the_catalog_lacks_is_told_with_what_it_has(auth, root) -> None:
    cloud = connect(auth_url=root, **auth, region="Nowhere")
    with pytest.raises(EndpointMissing, match=r"compute .* in RegionOne, public, http"):
        next(cloud.compute.flavors())


def test_a_cached_token_is_good_for_the_next_connection(auth, root, tmp_path) -> None:
    tokens = []
    for _ in range(2):
        with connect(auth_url=root, **auth, token_cache=str(tmp_path / "tokens")) as cloud:
            assert next(cloud.compute.flavors()).id
            tokens.append(cloud.transport.token())
    assert tokens[0] == tokens[1]
