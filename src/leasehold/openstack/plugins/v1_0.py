"""Keystone's API 1.0: user and key go out in headers, and token and addresses come back in them."""

from keystoneauth1 import exceptions
from keystoneauth1.session import Session

from leasehold.openstack.plugins.old_access import OldAccess, OldPlugin, old_access

_ADDRESSES = {
    "cloudServers": "X-Server-Management-Url",
    "cloudFiles": "X-Storage-Url",
    "cloudFilesCDN": "X-CDN-Management-Url",
}


class V1Dot0(OldPlugin):
    """Signs in by ``GET /v1.0``. `auth_url` ends with the version.

    The token does not say when it ends, so it is kept until a service refuses it.
    """

    def get_auth_ref(self, session: Session) -> OldAccess:
        """Ask for a token; called by keystoneauth when there is none."""
        headers = {"X-Auth-User": self.username, "X-Auth-Key": self.api_key}
        response = session.get(self.auth_url, headers=headers, authenticated=False, log=False)
        if not (token := response.headers.get("X-Auth-Token")):
            raise exceptions.InvalidResponse(response=response)
        services = {
            name: [{"publicURL": response.headers[header]}]
            for name, header in _ADDRESSES.items()
            if header in response.headers
        }
        return old_access(token, services, username=self.username)
