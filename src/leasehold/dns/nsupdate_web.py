"""Names set through somebody's nsupdate-web, which holds the key of the zone in our place.

Its GET sets the addresses of one name. It has no way to remove one, keeps no marks and tells nothing
back; so a name is read back from DNS, and one that is given up is pointed at an address where nobody
is. Our own gateway takes a DELETE, and then the name is really gone.
"""

import http.client
import ssl
from collections.abc import Collection
from urllib.parse import urlencode, urlsplit

from leasehold.dns.errors import Denied, DnsError, NoAnswer, Refused, Unreachable
from leasehold.dns.names import host_label
from leasehold.dns.server import Server

PARKED = "192.0.2.1"
"""An address of TEST-NET-1 (RFC 5737), which is routed nowhere."""

_NO_SUCH_METHOD = (404, 405, 501)
_LONGEST = 4096


class NsupdateWeb:
    """One nsupdate-web or gateway, and the domain in which it sets names. Thread-safe."""

    def __init__(
        self,
        url: str,
        domain: str,
        server: Server,
        *,
        token: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        """`server` answers for the domain; `token` is an owner's, for our own gateway."""
        self.url = url
        self.domain = domain
        self._server = server
        self._token = token
        self._timeout = timeout

    def set(self, label: str, addresses: Collection[str]) -> None:
        """Let the name have just these addresses. Raises `DnsError`; sent twice it is set once."""
        wanted = [("name", host_label(label)), *(("ip", each) for each in addresses)]
        status, text = self._call("GET", wanted)
        if status != 200:
            raise self._no(status, text)

    def remove(self, label: str) -> None:
        """Take the name away, or point it at `PARKED` where that cannot be done."""
        status, text = self._call("DELETE", [("name", host_label(label))])
        if status in _NO_SUCH_METHOD:
            self.set(label, (PARKED,))
        elif status != 200:
            raise self._no(status, text)

    def addresses(self, label: str) -> tuple[str, ...]:
        """What the name has in DNS; none while it is parked. Raises `DnsError`."""
        name = f"{host_label(label)}.{self.domain}"
        return tuple(each for each in self._server.addresses(name) if each != PARKED)

    def _call(self, method: str, wanted: list[tuple[str, str]]) -> tuple[int, str]:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        path = f"{parts.path or '/'}?{urlencode(wanted)}"
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read(_LONGEST).decode("utf-8", "replace").strip()
        except (ConnectionRefusedError, ssl.SSLCertVerificationError) as error:
            hint = "see that it runs, and that `nsupdate_url` is right"
            raise Unreachable(self.url, str(error), hint) from error
        except (OSError, http.client.HTTPException) as error:
            found = str(error) or type(error).__name__
            raise NoAnswer(self.url, found, "see that it runs, and what its log says") from error
        finally:
            connection.close()

    def _no(self, status: int, text: str) -> DnsError:
        found = f"{status} {text[:200]!r}"
        if status in (401, 403):
            return Denied(self.url, found, "let its rule allow the names of the machine type")
        if status >= 500:
            return NoAnswer(self.url, found, "see what its log says")
        return Refused(self.url, found, "see that `nsupdate_url` names an nsupdate-web")
