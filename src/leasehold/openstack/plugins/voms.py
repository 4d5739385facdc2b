"""A VOMS proxy certificate in place of a password, as grid sites have it before Keystone v2.0."""

from collections.abc import MutableMapping

from keystoneauth1 import exceptions
from keystoneauth1.access import AccessInfoV2
from keystoneauth1.identity import v2
from keystoneauth1.session import Session


class Voms(v2.Auth):
    """Signs in by the session's client certificate. `auth_url` ends with /v2.0.

    Without a tenant it is the first one that the certificate opens; usually there is only one.
    """

    def get_auth_data(self, headers: MutableMapping[str, str] | None = None) -> dict[str, object]:
        """Say that the certificate of the connection is the proof."""
        return {"voms": True}

    def get_auth_ref(self, session: Session) -> AccessInfoV2:
        """Ask for a token; called by keystoneauth when there is none, or it ends soon."""
        if not self.has_scope_parameters:
            unscoped = super().get_auth_ref(session)
            self.tenant_name = self._first_tenant(session, str(unscoped.auth_token))
        return super().get_auth_ref(session)

    def _first_tenant(self, session: Session, token: str) -> str:
        response = session.get(
            f"{self.auth_url}/tenants",
            headers={"Accept": "application/json", "X-Auth-Token": token},
            authenticated=False,
            log=False,
        )
        try:
            return str(response.json()["tenants"][0]["name"])
        except (ValueError, KeyError, TypeError, IndexError):
            raise exceptions.InvalidResponse(response=response) from None

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Tell this sign-in from others, for a cache of tokens."""
        return {
            "auth_url": self.auth_url,
            "tenant_id": self.tenant_id,
            "tenant_name": self.tenant_name,
        }
