"""The way of requests onto the wire: kept-open connections, and a proxy if one is named."""

from typing import Any

import requests
from keystoneauth1.session import TCPKeepAliveAdapter

CONNECTIONS = 100
"""Connections kept open per host. More threads than that still work: they connect anew each time."""


class Adapter(TCPKeepAliveAdapter):
    """Sends requests, all of them through `proxy_url` if it is given.

    Given here, it also holds for sign-ins; and requests would let the environment go before it.
    """

    def __init__(self, *, proxy_url: str | None = None) -> None:
        super().__init__(pool_maxsize=CONNECTIONS)
        self._proxy_url = proxy_url

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one request."""
        if self._proxy_url:
            options["proxies"] = {"http": self._proxy_url, "https": self._proxy_url}
        response: requests.Response = super().send(request, **options)
        return response
