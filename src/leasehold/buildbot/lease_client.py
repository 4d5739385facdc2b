"""Calls to a Leasehold service, as far as workers need them. Blocking; nothing is retried here."""

import http.client
import urllib.parse
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from leasehold.bearer import may_be_sent
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason

TIMEOUT = 30.0
LONGEST_WAIT = 30
"""Seconds that the service may hold an answer back until something changes."""

T = TypeVar("T")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A leased machine, as far as it concerns us."""

    name: str
    cloud: str
    address: str | None = None
    ssh_port: int = 22
    ssh_user: str = "root"
    host_key: str | None = None
    server_id: str | None = None
    reason: Reason | None = None


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease. Its state is waiting, preparing or ready; or released, expired or failed."""

    id: str
    state: str
    purpose: str = ""
    nodes: tuple[Node, ...] = ()
    until: datetime | None = None
    reason: Reason | None = None


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    message: str
    reason: Reason | None = None


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    error: _Problem


_CAUSES = {401: Cause.CREDENTIALS, 403: Cause.CREDENTIALS, 404: Cause.NOT_FOUND}


class LeaseClient:
    """One service and one caller. Methods raise `Impossible`: with `Cause.CLOUD_BUSY` if the same
    call may work later, else with what the service says."""

    def __init__(self, url: str, token: str | None, owner: str) -> None:
        """A token may have blanks around it, such as the end of the line in its file."""
        self.url = url
        token = (token or "").strip()
        if not may_be_sent(token):
            text = f"the token for Leasehold at {url} has a character that no header may have"
            raise Impossible(Reason(cause=Cause.CREDENTIALS, text=text))
        parts = urllib.parse.urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._path = parts.path.rstrip("/") + "/api/v1"
        self._headers = {"accept": "application/json", "content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        else:
            self._headers["leasehold-owner"] = urllib.parse.quote(owner)

    def lock(self, machine_type: str, purpose: str, public_key: str, key: str) -> Lease:
        """Ask for one machine; the same `key` gets the same lease, however often it is sent."""
        wish = {
            "machine_type": machine_type,
            "purpose": purpose,
            "public_keys": [public_key],
            "key": key,
        }
        return self._call("POST", "/leases", Lease, wish)

    def wait(self, lease: str, known: str) -> Lease:
        """The lease, as soon as its state is another one, or after a while."""
        query = urllib.parse.urlencode({"wait": LONGEST_WAIT, "state": known})
        return self._call("GET", f"/leases/{lease}?{query}", Lease)

    def extend(self, lease: str, seconds: int) -> Lease:
        """Keep a lease longer."""
        return self._call("POST", f"/leases/{lease}/extend", Lease, {"seconds": seconds})

    def release(self, lease: str) -> None:
        """Give a lease back; one that has ended stays as it is."""
        self._call("DELETE", f"/leases/{lease}", Lease)

    def open_leases(self) -> Sequence[Lease]:
        """All leases that have not ended, everybody's."""
        return self._call("GET", "/leases", tuple[Lease, ...])

    def _call(self, method: str, path: str, kind: type[T], body: object = None) -> T:
        content = None if body is None else msgspec.json.encode(body)
        maker = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = maker(self._host, self._port, timeout=TIMEOUT + LONGEST_WAIT)
        try:
            connection.request(method, self._path + path, content, self._headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise self._busy(f"does not answer: {why}") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise self._refused(answer.status, text)
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            raise self._busy(f"answers something else: {error}") from error

    def _refused(self, status: int, text: bytes) -> Impossible:
        try:
            problem = msgspec.json.decode(text, type=_Answer).error
        except msgspec.DecodeError:
            return self._busy(f"answers with status {status}")
        if status >= 500:
            return self._busy(problem.message)
        cause = _CAUSES.get(status, Cause.REFUSED)
        told = Reason(cause=cause, text=f"Leasehold at {self.url}: {problem.message}")
        return Impossible(problem.reason or told)

    def _busy(self, text: str) -> Impossible:
        return Impossible(Reason(cause=Cause.CLOUD_BUSY, text=f"Leasehold at {self.url} {text}"))
