"""Keeps the one token that all services of a connection share."""

import threading

import msgspec
from keystoneauth1 import exceptions as keystone
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from leasehold.openstack.edge import sign_in_failure
from leasehold.openstack.errors import AuthenticationFailed, NotFound, OpenStackError
from leasehold.openstack.keystone_url import read_keystone_url
from leasehold.openstack.microversion import Version
from leasehold.openstack.plugins.given_token import GivenToken
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn
from leasehold.openstack.sign_in import Identity, identity_of, plugin_of
from leasehold.openstack.token_cache import CachedToken, TokenCache
from leasehold.openstack.versions import versions_in

REFUSED_AS_GIVEN = (
    "the token that was given (ex_force_auth_token) is not, or no longer, good; it is never "
    "renewed: connect again with a new one, or with credentials by which the driver can sign in"
)

UNKNOWN_AS_GIVEN = (
    "auth_url is no Keystone v3, and no other says what a token that was given (ex_force_auth_token) "
    "is good for: give each service's address with its version and the project's id "
    "(ex_force_base_url, endpoints= ...)"
)

# What a broken Keystone makes keystoneauth raise while it reads the answer, besides its own errors.
_GARBAGE = (KeyError, TypeError, ValueError, AttributeError)


class _State(msgspec.Struct, frozen=True):
    """A plugin's state, as keystoneauth writes it."""

    auth_token: str
    body: msgspec.Raw


class Badge:
    """The token of a connection: fetched at the first need, renewed before it expires.

    keystoneauth holds a lock while it fetches, so threads that come together share one sign-in;
    it renews two minutes before the end. A `cache` is asked once before the first sign-in, and again
    when a service has refused the token, for another process may have a newer one by then.
    """

    def __init__(self, sign_in: SignIn, session: Session, cache: TokenCache | None = None) -> None:
        self._sign_in = sign_in
        self._cache = None if sign_in.is_given_token else cache
        self._looked = cache is None
        self._kept: AccessInfo | None = None
        self._plugin: BaseAuthPlugin = plugin_of(sign_in)
        self._session = session
        self._renewal = threading.Lock()
        self._choice = threading.Lock()

    def headers(self) -> dict[str, str]:
        """Give the headers that prove who we are. Raises what `access` raises.

        A token that was given is known already: no Keystone needs to be there for it.
        """
        if not self._sign_in.is_given_token:
            self.access()
        try:
            headers: dict[str, str] | None = self._plugin.get_headers(self._session)
        except (keystone.ClientException, *_GARBAGE) as error:
            raise self._failure(error) from error
        return headers or {}

    def token(self) -> Secret:
        """Give the token itself. Raises what `access` raises."""
        return Secret(self.headers().get("X-Auth-Token", ""))

    def identity(self) -> Identity:
        """Tell who we are. Raises what `access` raises."""
        access = self.access()
        return identity_of(access) if access else Identity()

    def access(self) -> AccessInfo | None:
        """Give what Keystone said at sign-in: project, catalog, expiry; None if none was asked.

        A Keystone that does not know the version that was tried for want of a better knowledge is
        asked which ones it has. Raises `AuthenticationFailed`, or what a call that failed raises;
        never as unsure, because only the sign-in was sent.
        """
        missing: NotFound | None = None
        while True:
            tried = self._plugin
            try:
                return self._access()
            except NotFound as error:
                missing = missing or error
                if not self._step_back(tried):
                    raise missing from error.__cause__

    def _access(self) -> AccessInfo | None:
        if not isinstance(self._plugin, BaseIdentityPlugin):
            return None
        self._look(self._plugin)
        try:
            access: AccessInfo = self._plugin.get_access(self._session)
        except (keystone.ClientException, *_GARBAGE) as error:
            raise self._failure(error) from error
        self._keep(self._plugin, access)
        return access

    def _look(self, plugin: BaseIdentityPlugin, *, refused: str | None = None) -> None:
        """Take up a token of the cache, unless it is the one that was refused."""
        with self._choice:
            if self._cache is None or (self._looked and refused is None):
                return
            self._looked = True
            cached = self._cache.get(self._sign_in)
            if cached is None or cached.token.reveal() == refused:
                return
            plugin.auth_ref = self._kept = self._restored(plugin, cached)

    def _restored(self, plugin: BaseIdentityPlugin, cached: CachedToken) -> AccessInfo | None:
        """Make of a cached token what its sign-in made; None if that fails, for then we sign in."""
        token = cached.token.reveal()
        try:
            if cached.body is None:
                return GivenToken(self._sign_in.auth_url, token).get_auth_ref(self._session)
            state = _State(auth_token=token, body=msgspec.Raw(cached.body))
            plugin.set_auth_state(msgspec.json.encode(state).decode())
        except (keystone.ClientException, *_GARBAGE):
            return None
        return plugin.auth_ref

    def _keep(self, plugin: BaseIdentityPlugin, access: AccessInfo) -> None:
        """Put what a sign-in gave into the cache."""
        if self._cache is None or access is self._kept or not (text := plugin.get_auth_state()):
            return
        self._kept = access
        state = msgspec.json.decode(text, type=_State)
        cached = CachedToken(
            token=Secret(state.auth_token), expires_at=access.expires, body=bytes(state.body)
        )
        self._cache.put(self._sign_in, cached)

    def _failure(self, error: Exception) -> OpenStackError:
        failed = sign_in_failure(error, auth_url=self._sign_in.auth_url)
        if self._sign_in.is_given_token and isinstance(failed, AuthenticationFailed):
            failed.message = f"{REFUSED_AS_GIVEN}. Keystone says: {failed.message}"
        if self._sign_in.is_given_token and isinstance(failed, NotFound):
            failed.message = UNKNOWN_AS_GIVEN
        return failed

    def _step_back(self, tried: BaseAuthPlugin) -> bool:
        """Take the newest of the older ways to sign in that this Keystone lists.

        One that lists none of them may be of before there were lists: those are tried in turn.
        """
        with self._choice:
            if self._plugin is not tried:
                return True  # another thread was here first
            if not (ways := self._sign_in.older):
                return False
            offered = self._versions()
            listed = [way for way in ways if _version(way) in offered]
            following = listed or [way for way in ways if _version(way) < (2, 0)]
            if not following:
                return False
            self._sign_in = msgspec.structs.replace(following[0], older=tuple(following[1:]))
            self._plugin = plugin_of(self._sign_in)
            self._looked = False
            return True

    def _versions(self) -> tuple[Version, ...]:
        url = read_keystone_url(self._sign_in.auth_url).root + "/"
        try:
            answer = self._session.get(url, authenticated=False, raise_exc=False, log=False)
        except keystone.ClientException:
            return ()
        return versions_in(answer.content)

    def renew(self, refused: dict[str, str]) -> bool:
        """Drop the token that a service refused; False if there is no way to a new one.

        Several threads find out about one dead token together. Only the first may drop it: the
        others would drop its successor, which is why keystoneauth's own handling is not used.
        """
        with self._renewal:
            if self.headers() != refused:
                return True
            renewable = bool(self._plugin.invalidate())
            if self._cache is not None and isinstance(self._plugin, BaseIdentityPlugin):
                self._look(self._plugin, refused=refused.get("X-Auth-Token", ""))
                if self._plugin.auth_ref is None:
                    self._cache.clear(self._sign_in)
            return renewable


def _version(sign_in: SignIn) -> Version:
    return read_keystone_url(sign_in.auth_url).version or (3, 0)
