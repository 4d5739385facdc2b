"""Old and rare ways to sign in, as Libcloud and keystoneauth do it, unchanged."""

from collections.abc import Iterator
from typing import Any

import pytest
from keystoneauth1 import loading
from keystoneauth1.session import Session
from libcloud.common.openstack_identity import get_class_for_auth_version
from libcloud.common.types import InvalidCredsError

from leasehold.emulator import Emulator

# Libcloud parses with a regular expression that newer Pythons warn of, and leaves sockets open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:libcloud.*"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(params=["/identity", ""], ids=["below its prefix", "at the root"])
def keystone(request: pytest.FixtureRequest, shared: Emulator) -> str:
    return shared.url + str(request.param)


def libcloud(keystone: str, version: str, user: str, key: str, **more: Any) -> Any:
    """Signed in; v2.0 is told with what, as Libcloud's drivers do."""
    connection = get_class_for_auth_version(version)(
        auth_url=keystone, user_id=user, key=key, **more
    )
    given = {"auth_type": "password"} if version == "2.0_password" else {}
    return connection.authenticate(**given)


DOMAINS = {"user_domain_id": "default", "project_domain_id": "default"}
OIDC = {"user": "lab", "key": "demo-access-token", "tenant_name": "openid"}


@pytest.mark.parametrize(
    ("version", "given"),
    [
        ("1.0", {"user": "demo", "key": "demo-key"}),
        ("1.1", {"user": "demo", "key": "demo-key"}),
        ("2.0", {"user": "demo", "key": "demo-key", "tenant_name": "demo"}),
        ("2.0_apikey", {"user": "demo", "key": "demo-key"}),
        ("2.0_password", {"user": "demo", "key": "demo", "tenant_name": "demo"}),
        ("3.x_password", {"user": "demo", "key": "demo", "tenant_name": "demo"}),
        ("3.x_oidc_access_token", OIDC),
    ],
)
def test_libcloud_signs_in_in_every_version(
    shared: Emulator, keystone: str, version: str, given: dict[str, str]
) -> None:
    connection = libcloud(keystone, version, **given)
    token = shared.run(lambda: shared.world.valid_token(connection.auth_token))
    assert token is not None
    assert token.project is not None
    assert (token.user.name, token.project.name) == ("demo", "demo")
    assert connection.urls
    with pytest.raises(InvalidCredsError):
        libcloud(keystone, version, **{**given, "key": "wrong"})


def test_libcloud_finds_what_versions_there_are(keystone: str) -> None:
    connection = libcloud(keystone, "3.x_password", "demo", "demo", tenant_name="demo")
    versions = connection.list_supported_versions()
    assert [version.version for version in versions] == ["v2.0", "v3.14"]


def test_libcloud_lists_the_tenants_of_v2_0(keystone: str) -> None:
    connection = libcloud(keystone, "2.0_password", "demo", "demo", tenant_name="demo")
    assert [tenant.name for tenant in connection.list_tenants()] == ["demo"]


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session()
    yield session
    session.session.close()


@pytest.mark.parametrize("project", [{}, {"project_name": "demo", "project_domain_id": "default"}])
def test_keystoneauth_signs_in_with_an_access_token(
    keystone: str, session: Session, project: dict[str, str]
) -> None:
    session.auth = loading.get_plugin_loader("v3oidcaccesstoken").load_from_options(
        auth_url=f"{keystone}/v3",
        identity_provider="lab",
        protocol="openid",
        access_token="demo-access-token",
        **project,
    )
    assert (session.get_project_id() is not None) == bool(project)
    assert session.get_token()


@pytest.mark.parametrize(
    ("plugin", "tail", "options"),
    [
        ("v2password", "/v2.0", {"tenant_name": "demo"}),
        ("v3password", "/v3", {"project_name": "demo", **DOMAINS}),
        ("password", "", {"project_name": "demo", **DOMAINS}),
    ],
)
def test_keystoneauth_signs_in_with_a_version_or_without(
    keystone: str, session: Session, plugin: str, tail: str, options: dict[str, str]
) -> None:
    session.auth = loading.get_plugin_loader(plugin).load_from_options(
        auth_url=keystone + tail, username="demo", password="demo", **options
    )
    assert session.get_endpoint(service_type="compute", region_name="RegionOne")
