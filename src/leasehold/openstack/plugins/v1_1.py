"""Keystone's API 1.1: a token and a catalog by the names of services, in JSON."""

from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.session import Session

from leasehold.openstack.plugins.old_access import OldAccess, OldPlugin, old_access


class V1Dot1(OldPlugin):
    """Signs in by ``POST /v1.1/auth``. `auth_url` ends with the version."""

    def get_auth_ref(self, session: Session) -> OldAccess:
        """Ask for a token; called by keystoneauth when there is none, or it ends soon."""
        body = {"credentials": {"username": self.username, "key": self.api_key}}
        response = session.post(
            f"{self.auth_url}/auth",
            json=body,
            headers={"Accept": "application/json"},
            authenticated=False,
            log=False,
        )
        try:
            auth: dict[str, Any] = response.json()["auth"]
            return old_access(
                auth["token"]["id"],
                auth.get("serviceCatalog", {}),
                username=self.username,
                expires=auth["token"].get("expires"),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise exceptions.InvalidResponse(response=response) from None
