"""Describes our plugins to keystoneauth: what its entry points name."""

from typing import ClassVar

from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.loading import BaseLoader, Opt

from leasehold.openstack.plugins.oidc import OidcFirstProject
from leasehold.openstack.plugins.rackspace import Rackspace
from leasehold.openstack.plugins.v1_0 import V1Dot0
from leasehold.openstack.plugins.v1_1 import V1Dot1
from leasehold.openstack.plugins.voms import Voms

_AUTH_URL = Opt("auth-url", required=True, help="Keystone's address")
_USERNAME = Opt("username", required=True, help="Name of the user")
_API_KEY = Opt("api-key", required=True, secret=True, help="API key of the user")
_TENANT = (
    Opt("tenant-id", help="ID of the tenant", deprecated=[Opt("project-id")]),
    Opt("tenant-name", help="Name of the tenant", deprecated=[Opt("project-name")]),
)


class _Loader(BaseLoader):
    plugin: ClassVar[type[BaseIdentityPlugin]]
    options: ClassVar[tuple[Opt, ...]]

    @property
    def plugin_class(self) -> type[BaseIdentityPlugin]:
        """Name the plugin that the options are for."""
        return self.plugin

    def get_options(self) -> list[Opt]:
        """List what the plugin wants to be told."""
        return [*super().get_options(), *self.options]


class V1Dot0Loader(_Loader):
    """``leasehold_v1_0``."""

    plugin = V1Dot0
    options = (_AUTH_URL, _USERNAME, _API_KEY)


class V1Dot1Loader(_Loader):
    """``leasehold_v1_1``."""

    plugin = V1Dot1
    options = (_AUTH_URL, _USERNAME, _API_KEY)


class RackspaceLoader(_Loader):
    """``rackspace``."""

    plugin = Rackspace
    options = (_AUTH_URL, _USERNAME, _API_KEY, *_TENANT)


class VomsLoader(_Loader):
    """``leasehold_v2voms``."""

    plugin = Voms
    options = (_AUTH_URL, *_TENANT)


class OidcLoader(_Loader):
    """``leasehold_v3oidcaccesstoken``."""

    plugin = OidcFirstProject
    options = (
        _AUTH_URL,
        Opt("identity-provider", required=True, help="Name of the identity provider"),
        Opt("protocol", required=True, help="Protocol, as Keystone's configuration calls it"),
        Opt("access-token", required=True, secret=True, help="OpenID Connect access token"),
        Opt("project", help="Name or ID of the project; the first one if left out"),
    )
