"""Keeps tokens beyond one connection, so that a short-lived program need not sign in each time."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from leasehold.openstack.secret import Secret

if TYPE_CHECKING:
    from leasehold.openstack.settings import SignIn


class TokenCacheWarning(UserWarning):
    """A cache of tokens cannot be used as it is; the driver signs in instead."""


class CachedToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in gave."""

    token: Secret
    expires_at: datetime | None
    """None if Keystone did not say."""
    body: bytes | None
    """Keystone's answer with the catalog, as JSON; None if only the token is known."""


class TokenCache(Protocol):
    """Where tokens are kept. Threads may share it, and it never raises for what it cannot do."""

    def get(self, sign_in: "SignIn") -> CachedToken | None:
        """Give the token of that sign-in, which may have expired."""

    def put(self, sign_in: "SignIn", cached: CachedToken) -> None:
        """Keep the token of that sign-in, in place of an older one."""

    def clear(self, sign_in: "SignIn") -> None:
        """Forget the token of that sign-in."""


def key_of(sign_in: "SignIn") -> str:
    """Name a sign-in, so that no other one has its name; what is secret cannot be read off it.

    Takes some 50 ms on purpose: whoever gets hold of the cache shall not try out passwords.
    """
    public, secret = [sign_in.auth_type, sign_in.auth_url, sign_in.certificate], []
    for name, value in sorted(sign_in.options.items()):
        if isinstance(value, Secret):
            secret.append([name, value.reveal()])
        else:
            public += [name, value]
    salt = hashlib.sha256(msgspec.json.encode(public)).digest()
    return hashlib.scrypt(msgspec.json.encode(secret), salt=salt, n=2**14, r=8, p=1, dklen=24).hex()
