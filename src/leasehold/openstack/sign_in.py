"""Makes what signs in, and reads what came of it."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from keystoneauth1 import exceptions as keystone
from keystoneauth1 import loading
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity import v2, v3
from keystoneauth1.plugin import BaseAuthPlugin

from leasehold.openstack.errors import SettingsError
from leasehold.openstack.ids import ProjectId
from leasehold.openstack.plugins.given_token import GivenToken
from leasehold.openstack.plugins.oidc import OidcFirstProject
from leasehold.openstack.plugins.rackspace import Rackspace
from leasehold.openstack.plugins.v1_0 import V1Dot0
from leasehold.openstack.plugins.v1_1 import V1Dot1
from leasehold.openstack.plugins.voms import Voms
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn

# The usual plugins are made directly: keystoneauth's loader would scan every installed package,
# and its generic plugins would ask Keystone for its versions before each first sign-in.
_DIRECT: dict[str, Callable[..., BaseAuthPlugin]] = {
    "leasehold_given_token": GivenToken,
    "leasehold_v1_0": V1Dot0,
    "leasehold_v1_1": V1Dot1,
    "leasehold_v2voms": Voms,
    "leasehold_v3oidcaccesstoken": OidcFirstProject,
    "rackspace": Rackspace,
    "v2password": v2.Password,
    "v2token": v2.Token,
    "v3applicationcredential": v3.ApplicationCredential,
    "v3oidcaccesstoken": v3.OidcAccessToken,
    "v3password": v3.Password,
    "v3token": v3.Token,
}


def plugin_of(sign_in: SignIn) -> BaseAuthPlugin:
    """Make the keystoneauth plugin of a sign-in.

    Raises `SettingsError` where the plugin does not exist or an option is missing or unknown.
    """
    options = {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in sign_in.options.items()
    }
    try:
        if make := _DIRECT.get(sign_in.auth_type):
            return make(auth_url=sign_in.auth_url, **options)
        loader = loading.get_plugin_loader(sign_in.auth_type)
        known = {option.dest for option in loader.get_options()}
        if "auth_url" in known:
            options = {"auth_url": sign_in.auth_url, **options}
        if unknown := sorted(set(options) - known):
            raise SettingsError(
                f"sign-in {sign_in.auth_type!r} takes no {', '.join(unknown)}; "
                f"it takes {', '.join(sorted(known))}"
            )
        return loader.load_from_options(**options)
    except (keystone.AuthPluginException, TypeError) as error:
        raise SettingsError(f"cannot sign in by {sign_in.auth_type!r}: {error}") from None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are to the cloud, as it said at sign-in; nothing if there was no sign-in."""

    project_id: ProjectId | None = None
    project_name: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    roles: tuple[str, ...] = ()
    expires_at: datetime | None = None


def identity_of(access: AccessInfo) -> Identity:
    """Read it off the answer to a sign-in."""
    return Identity(
        project_id=access.project_id,
        project_name=access.project_name,
        user_id=access.user_id,
        user_name=access.username,
        roles=tuple(access.role_names or ()),
        expires_at=access.expires,
    )
