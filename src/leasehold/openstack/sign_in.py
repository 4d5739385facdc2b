"""Signs in, and keeps the one token that all services of a connection share."""

import threading
from collections.abc import Callable
from datetime import datetime

import msgspec
from keystoneauth1 import exceptions as keystone
from keystoneauth1 import loading
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity import v2, v3
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from leasehold.openstack.edge import sign_in_failure
from leasehold.openstack.errors import SettingsError
from leasehold.openstack.ids import ProjectId
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn

# The usual plugins are made directly: keystoneauth's loader would scan every installed package,
# and its generic plugins would ask Keystone for its versions before each first sign-in.
_DIRECT: dict[str, Callable[..., BaseAuthPlugin]] = {
    "v2password": v2.Password,
    "v2token": v2.Token,
    "v3applicationcredential": v3.ApplicationCredential,
    "v3password": v3.Password,
    "v3token": v3.Token,
}

# What a broken Keystone makes keystoneauth raise while it reads the answer, besides its own errors.
_GARBAGE = (KeyError, TypeError, ValueError, AttributeError)


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
        if unknown := sorted(set(options) - known):
            raise SettingsError(
                f"sign-in {sign_in.auth_type!r} takes no {', '.join(unknown)}; "
                f"it takes {', '.join(sorted(known))}"
            )
        return loader.load_from_options(auth_url=sign_in.auth_url, **options)
    except (keystone.AuthPluginException, TypeError) as error:
        raise SettingsError(f"cannot sign in by {sign_in.auth_type!r}: {error}") from None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are to the cloud, as it said at sign-in."""

    project_id: ProjectId | None
    project_name: str | None
    user_id: str | None = None
    user_name: str | None
    roles: tuple[str, ...]
    expires_at: datetime | None


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


class Badge:
    """The token of a connection: fetched at the first need, renewed before it expires.

    keystoneauth holds a lock while it fetches, so threads that come together share one sign-in;
    it renews two minutes before the end.
    """

    def __init__(self, sign_in: SignIn, session: Session) -> None:
        self._plugin = plugin_of(sign_in)
        self._auth_url = sign_in.auth_url
        self._session = session
        self._renewal = threading.Lock()

    def headers(self) -> dict[str, str]:
        """Give the headers that prove who we are. Raises what `access` raises."""
        try:
            headers: dict[str, str] | None = self._plugin.get_headers(self._session)
        except (keystone.ClientException, *_GARBAGE) as error:
            raise sign_in_failure(error, auth_url=self._auth_url) from error
        return headers or {}

    def token(self) -> Secret:
        """Give the token itself. Raises what `access` raises."""
        return Secret(self.headers().get("X-Auth-Token", ""))

    def access(self) -> AccessInfo:
        """Give what Keystone said at sign-in: project, catalog, expiry.

        Raises `AuthenticationFailed`, or what a call that failed raises; never as unsure, because
        only the sign-in was sent.
        """
        try:
            return self._plugin.get_access(self._session)
        except (keystone.ClientException, *_GARBAGE) as error:
            raise sign_in_failure(error, auth_url=self._auth_url) from error

    def renew(self, refused: dict[str, str]) -> bool:
        """Drop the token that a service refused; False if there is no way to a new one.

        Several threads find out about one dead token together. Only the first may drop it: the
        others would drop its successor, which is why keystoneauth's own handling is not used.
        """
        with self._renewal:
            if self.headers() != refused:
                return True
            return bool(self._plugin.invalidate())
