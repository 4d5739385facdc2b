"""Reads and writes a token cache of Apache Libcloud's kind, so that both share its tokens."""

from collections.abc import Mapping
from typing import Any

import msgspec

from leasehold.openstack.plugins.old_access import old_access
from leasehold.openstack.secret import Secret
from leasehold.openstack.settings import SignIn
from leasehold.openstack.token_cache import CachedToken, key_of

# What tells sign-ins apart, and has no place in Libcloud's key.
_BEYOND = (
    *("user_id", "user_domain_id", "project_id", "project_domain_name", "domain_id", "domain_name"),
    *("system_scope", "trust_id", "token", "auth_options", "application_credential_id"),
    "application_credential_name",
)


class LibcloudCache:
    """An ``ex_auth_cache``: an object with get, put and clear, under Libcloud's own key.

    Libcloud keeps a token of v3 without its catalog; Keystone is asked for it again. A sign-in that
    Libcloud's key cannot tell from others, such as one to a project by its id, has a key of ours.
    """

    def __init__(self, cache: Any, arguments: Mapping[str, Any]) -> None:
        """Take the cache, and the arguments that Libcloud makes the key of, by our names."""
        from libcloud.common import openstack_identity as identity

        self._context = identity.OpenStackAuthenticationContext
        self._cache = cache
        self._shared = "username" in arguments and not any(n in arguments for n in _BEYOND)
        self._named = identity.OpenStackAuthenticationCacheKey(
            arguments.get("auth_url"),
            arguments.get("username"),
            _scope(arguments),
            arguments.get("project_name"),
            arguments.get("user_domain_name", "Default"),
            arguments.get("project_domain_id", "default"),
        )

    def _key(self, sign_in: SignIn) -> Any:
        if self._shared:
            return self._named
        return self._named._replace(user_id=f"leasehold {key_of(sign_in)}")

    def get(self, sign_in: SignIn) -> CachedToken | None:
        """Give the token that Libcloud, or the driver, put there."""
        if (context := self._cache.get(self._key(sign_in))) is None:
            return None
        return CachedToken(
            token=Secret(context.token), expires_at=context.expiration, body=_body(context, sign_in)
        )

    def put(self, sign_in: SignIn, cached: CachedToken) -> None:
        """Keep the token as Libcloud would."""
        access = msgspec.json.decode(cached.body or b"{}").get("access", {})
        context = self._context(
            cached.token.reveal(),
            expiration=cached.expires_at,
            urls=_urls(access.get("serviceCatalog"), sign_in),
            user=access.get("user"),
        )
        self._cache.put(self._key(sign_in), context)

    def clear(self, sign_in: SignIn) -> None:
        """Forget the token."""
        self._cache.clear(self._key(sign_in))


def _scope(arguments: Mapping[str, Any]) -> str:
    if arguments.get("ex_force_auth_version") == "3.x_appcred":
        return "unscoped"
    scope: str = arguments.get("ex_token_scope", "project")
    return scope


def _urls(catalog: list[dict[str, Any]] | None, sign_in: SignIn) -> Any:
    """Give the catalog in the form of its version: of v1.1 it is a dict by name."""
    if catalog and sign_in.auth_type.startswith("leasehold_v1_"):
        return {service["name"]: service["endpoints"] for service in catalog}
    return catalog


def _body(context: Any, sign_in: SignIn) -> bytes | None:
    """Make the answer that the token came with, as far as Libcloud kept it."""
    if not context.urls or sign_in.auth_type.startswith(("v3", "leasehold_v3")):
        return None
    name = str(sign_in.options.get("username", ""))
    expires = context.expiration.isoformat() if context.expiration else None
    if isinstance(context.urls, dict):
        old = old_access(context.token, context.urls, username=name, expires=expires)
        return msgspec.json.encode(old._data)
    access = {
        "token": {"id": context.token, "expires": expires},
        "serviceCatalog": context.urls,
        "user": context.user or {"id": name, "name": name, "roles": []},
    }
    return msgspec.json.encode({"access": access})
