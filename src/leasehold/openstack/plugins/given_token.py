"""A token that somebody else manages: it is used as it is, and never replaced."""

from keystoneauth1 import exceptions
from keystoneauth1.access import AccessInfo, create
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session


class GivenToken(BaseIdentityPlugin):
    """Uses a token without signing in; Keystone only tells what it is good for, if that is asked.

    `auth_url` ends with /v3, for older Keystones let nobody look at a token of his own.
    """

    def __init__(self, auth_url: str, token: str) -> None:
        super().__init__(auth_url=auth_url, reauthenticate=False)
        self.token = token

    def get_auth_ref(self, session: Session) -> AccessInfo:
        """Get project and catalog of the token, which is not changed by that."""
        response = session.get(
            f"{self.auth_url}/auth/tokens",
            headers={
                "Accept": "application/json",
                "X-Auth-Token": self.token,
                "X-Subject-Token": self.token,
            },
            authenticated=False,
            log=False,
        )
        try:
            return create(body=response.json(), auth_token=self.token)
        except ValueError:
            raise exceptions.InvalidResponse(response=response) from None

    def get_headers(self, session: Session) -> dict[str, str]:
        """Give the token as it is; keystoneauth would look it up first."""
        return {"X-Auth-Token": self.token}

    def invalidate(self) -> bool:
        """Say that there is no way to another token."""
        return False

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Tell this token from others; a cache has nothing to keep of it."""
        return {"auth_url": self.auth_url, "token": self.token}
