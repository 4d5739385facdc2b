"""An API key in place of a password: the extension RAX-KSKEY of Keystone's API 2.0."""

from collections.abc import MutableMapping

from keystoneauth1.identity import v2


class Rackspace(v2.Auth):
    """Signs in by user name and API key. `auth_url` ends with /v2.0."""

    def __init__(
        self,
        auth_url: str,
        username: str,
        api_key: str,
        *,
        tenant_id: str | None = None,
        tenant_name: str | None = None,
    ) -> None:
        super().__init__(auth_url, tenant_id=tenant_id, tenant_name=tenant_name)
        self.username = username
        self.api_key = api_key

    def get_auth_data(self, headers: MutableMapping[str, str] | None = None) -> dict[str, object]:
        """Give the part of the request that proves who asks."""
        credentials = {"username": self.username, "apiKey": self.api_key}
        return {"RAX-KSKEY:apiKeyCredentials": credentials}

    def get_cache_id_elements(self) -> dict[str, str | None]:
        """Tell this sign-in from others, for a cache of tokens."""
        return {
            "auth_url": self.auth_url,
            "username": self.username,
            "api_key": self.api_key,
            "tenant_id": self.tenant_id,
            "tenant_name": self.tenant_name,
        }
