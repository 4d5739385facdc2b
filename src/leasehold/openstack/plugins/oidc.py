"""An OpenID Connect access token whose project is found, not given: by name or id, or the first."""

from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.access import AccessInfoV3
from keystoneauth1.identity import v3
from keystoneauth1.session import Session


class OidcFirstProject(v3.OidcAccessToken):
    """Signs in by an access token, and to a project that it may use. `auth_url` ends with /v3.

    keystoneauth's own plugin wants the project with its domain, which federated users rarely know.
    """

    def __init__(
        self,
        auth_url: str,
        identity_provider: str,
        protocol: str,
        access_token: str,
        *,
        project: str | None = None,
    ) -> None:
        super().__init__(auth_url, identity_provider, protocol, access_token=access_token)
        self.project = project

    def get_auth_ref(self, session: Session) -> AccessInfoV3:
        """Ask for a token; called by keystoneauth when there is none, or it ends soon."""
        unscoped = str(self.get_unscoped_auth_ref(session).auth_token)
        project_id = self._project_id(self._projects(session, unscoped))
        return v3.Token(self.auth_url, unscoped, project_id=project_id).get_auth_ref(session)

    def _projects(self, session: Session, token: str) -> list[dict[str, Any]]:
        headers = {"Accept": "application/json", "X-Auth-Token": token}
        try:
            response = session.get(
                f"{self.auth_url}/auth/projects", headers=headers, authenticated=False, log=False
            )
        except exceptions.NotFound:  # Keystone before Kilo has it in the extension only
            response = session.get(
                f"{self.auth_url}/OS-FEDERATION/projects",
                headers=headers,
                authenticated=False,
                log=False,
            )
        try:
            projects: list[dict[str, Any]] = response.json()["projects"]
        except (ValueError, KeyError, TypeError):
            raise exceptions.InvalidResponse(response=response) from None
        return projects

    def _project_id(self, projects: list[dict[str, Any]]) -> str:
        fitting = [p for p in projects if self.project in (None, p["id"], p["name"])]
        if not fitting:
            there = ", ".join(p["name"] for p in projects) or "none"
            wanted = f"project {self.project!r}" if self.project else "any project"
            raise exceptions.AuthorizationFailure(
                f"the access token does not open {wanted}; it opens: {there}"
            )
        return str(fitting[0]["id"])

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Tell this sign-in from others, for a cache of tokens."""
        return {**super().get_cache_id_elements(), "project": self.project}
