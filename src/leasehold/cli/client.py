"""Calls to the service, over the standard library's HTTP: it starts in no time."""

import http.client
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from leasehold.bearer import may_be_sent
from leasehold.cli.exits import Exit, Unreachable, UsageError
from leasehold.errors import LeaseholdError
from leasehold.lab.model import Event
from leasehold.service.problem import ErrorAnswer, Problem

T = TypeVar("T")

_TIMEOUT = 30.0
_STREAM_TIMEOUT = 60.0
"""A stream sends a comment every 15 seconds; after this long without one it is dead."""

_OF_A_PROXY = (502, 503, 504)
_PRINTABLE = re.compile(r"[!-~]+")


class Refused(LeaseholdError):
    """The service said no; `problem` says why."""

    def __init__(self, status: int, problem: Problem) -> None:
        self.status = status
        self.problem = problem
        super().__init__(problem.message)

    @property
    def exit(self) -> Exit:
        """The exit code for it."""
        if self.status == 400:
            return Exit.USAGE
        if self.problem.code == "not_enough":
            return Exit.NOT_ENOUGH
        return Exit.REFUSED if self.status in (401, 403, 409) else Exit.FAILED


class Client:
    """One caller of one service. A connection per call; nothing is retried here."""

    def __init__(self, server: str, *, token: str | None = None, owner: str | None = None) -> None:
        if "://" not in server:
            server = f"http://{server}"
        try:
            parts = urllib.parse.urlsplit(server)
            port = parts.port
        except ValueError:
            parts, port = urllib.parse.urlsplit(""), None
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or not _PRINTABLE.fullmatch(server)
        ):
            raise UsageError(
                f"--server: found {server!r}; allowed: http://HOST:PORT or https://HOST:PORT"
            )
        token = (token or "").strip()
        if not may_be_sent(token):
            raise UsageError(
                "--token or LEASEHOLD_TOKEN: found a character that no header may have; allowed:"
                " what `leasehold token` printed"
            )
        self.server = server.rstrip("/")
        self.timeout = _TIMEOUT
        """Seconds that one call may take to connect, and to answer."""
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = port
        self._path = parts.path.rstrip("/") + "/api/v1"
        self._headers = {"accept": "application/json", "user-agent": "leasehold"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        elif owner:
            self._headers["leasehold-owner"] = urllib.parse.quote(owner, safe="@")

    def get(self, kind: type[T], path: str, **query: object) -> T:
        """GET; None and False are left out of the query."""
        return self._call("GET", kind, path, query)

    def post(
        self,
        kind: type[T],
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        **query: object,
    ) -> T:
        """POST `body` as JSON; with `key` the service does it once, however often it is sent."""
        return self._call("POST", kind, path, query, body, key)

    def patch(self, kind: type[T], path: str, body: object, **query: object) -> T:
        """PATCH `body` as JSON."""
        return self._call("PATCH", kind, path, query, body)

    def delete(self, kind: type[T], path: str, **query: object) -> T:
        """DELETE; the service takes it twice without harm."""
        return self._call("DELETE", kind, path, query)

    def follow(self, *, after: int | None = None, **query: object) -> Iterator[Event | None]:
        """Yield events as they come, and None at once and then whenever the stream only shows that it
        lives. Ends when the service ends the stream. Raises `Unreachable` and `Refused`."""
        headers = {**self._headers, "accept": "text/event-stream"}
        path = self._target("/events", {"after": after, **query})
        with self._connection(_STREAM_TIMEOUT) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise self._no(answer.status, answer.read())
            for line in answer:
                if line.startswith(b"data:"):
                    yield msgspec.json.decode(line[5:], type=Event)
                elif line.startswith(b":"):
                    yield None

    def _call(
        self,
        method: str,
        kind: type[T],
        path: str,
        query: dict[str, object],
        body: object = None,
        key: str | None = None,
    ) -> T:
        headers = dict(self._headers)
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        with self._connection(self.timeout) as connection:
            connection.request(method, self._target(path, query), content, headers)
            answer = connection.getresponse()
            text = answer.read()
        if answer.status >= 300:
            raise self._no(answer.status, text)
        try:
            return msgspec.json.decode(text or b"null", type=kind)
        except msgspec.DecodeError as error:
            raise Unreachable(self.server, f"the answer is not Leasehold's: {error}") from None

    def _target(self, path: str, query: dict[str, object]) -> str:
        asked = {
            name: str(value).lower() if value is True else str(value)
            for name, value in query.items()
            if value is not None and value is not False
        }
        search = f"?{urllib.parse.urlencode(asked)}" if asked else ""
        return self._path + urllib.parse.quote(path) + search

    def _no(self, status: int, text: bytes) -> LeaseholdError:
        """What an answer that is no success says: of the service, or of a proxy that missed it."""
        try:
            problem = msgspec.json.decode(text, type=ErrorAnswer).error
        except msgspec.DecodeError:
            if status in _OF_A_PROXY:
                return Unreachable(self.server, f"a proxy there answers {status}", reached=True)
            message = f"what answers there is no Leasehold (status {status})"
            problem = Problem(code="not_leasehold", message=message)
        return Refused(status, problem)

    @contextmanager
    def _connection(self, timeout: float) -> Iterator[http.client.HTTPConnection]:
        kind: Any = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        connected = False
        try:
            connection.connect()
            connected = True
            yield connection
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise Unreachable(self.server, why, reached=connected) from None
        finally:
            connection.close()
