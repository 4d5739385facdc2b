"""What a Keystone before v2.0 says at sign-in, in the form that v2.0 gave it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from keystoneauth1.access import AccessInfoV2
from keystoneauth1.identity.base import BaseIdentityPlugin

Endpoints = Iterable[Mapping[str, Any]]

# Old catalogs say what a service is called, and leave to the reader what it is.
_TYPES = {
    "cloudServers": "compute",
    "cloudServersOpenStack": "compute",
    "nova": "compute",
    "cloudImages": "image",
    "glance": "image",
    "cloudBlockStorage": "volume",
    "cinder": "volume",
    "cloudNetworks": "network",
    "quantum": "network",
    "neutron": "network",
    "cloudFiles": "object-store",
    "swift": "object-store",
    "cloudFilesCDN": "rax:object-cdn",
}


class OldAccess(AccessInfoV2):
    """The answer to a sign-in by v1.0 or v1.1; a token of v1.0 does not say when it ends."""

    @property
    def expires(self) -> datetime | None:
        """When the token ends; None if Keystone did not say."""
        expires: datetime | None = super().expires if self._token.get("expires") else None
        return expires


def old_access(
    token: str, services: Mapping[str, Endpoints], *, username: str, expires: str | None = None
) -> OldAccess:
    """Translate a catalog that is a dict by the names of services."""
    catalog = [
        {"type": _TYPES.get(name, name), "name": name, "endpoints": [dict(e) for e in endpoints]}
        for name, endpoints in services.items()
    ]
    return OldAccess(
        {
            "access": {
                "token": {"id": token, "expires": expires},
                "user": {"id": username, "name": username, "roles": []},
                "serviceCatalog": catalog,
            }
        }
    )


class OldPlugin(BaseIdentityPlugin):
    """What the plugins for v1.0 and v1.1 have in common: user, key, and a state that is restored."""

    auth_ref: AccessInfoV2 | None

    def __init__(self, auth_url: str, username: str, api_key: str) -> None:
        super().__init__(auth_url=auth_url)
        self.username = username
        self.api_key = api_key

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Tell this sign-in from others, for a cache of tokens."""
        return {"auth_url": self.auth_url, "username": self.username, "api_key": self.api_key}

    def set_auth_state(self, data: str | None) -> None:
        """Take up what `get_auth_state` gave; keystoneauth would take it for an answer of v2.0."""
        super().set_auth_state(data)
        if self.auth_ref is not None:
            self.auth_ref = OldAccess(self.auth_ref._data)
