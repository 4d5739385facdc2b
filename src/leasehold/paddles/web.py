"""HTTP as far as paddles' API needs it: a request read whole, an answer of one piece of JSON.

Plain ASGI: a lock costs less than what a framework would do around it.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]

LARGEST_BODY = 1 << 20

_JSON = (b"content-type", b"application/json")
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, OPTIONS"),
    (b"access-control-allow-headers", b"origin, authorization, accept"),
)
_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request that is not done: paddles' status for it, and a message for people."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    body: bytes = b"{}"
    status: int = 200
    location: str | None = None


class Note:
    """What a request says of itself to the logs, while it is handled."""

    def __init__(self) -> None:
        self.action = ""
        """What it wants to do, in a word."""
        self.owner: str | None = None
        """Whose name it gives; paddles has no other proof of who asks."""
        self.target = ""
        """On what."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    method: str
    parts: tuple[str, ...]
    """The path between the slashes, decoded."""
    path: str
    """The path as it was sent."""
    query: str
    body: bytes
    gone: Callable[[], Awaitable[None]]
    """Returns when the caller has hung up."""
    note: Note

    @property
    def slash(self) -> bool:
        """Whether the path ends as paddles wants it."""
        return self.path.endswith("/")

    def parameters(self) -> dict[str, str]:
        """The query by name. Raises `Refused` for a name that is given twice."""
        found: dict[str, str] = {}
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, errors="strict")
        except ValueError:
            raise Refused(400, "the query string is not UTF-8") from None
        for name, value in pairs:
            if name in found:
                raise Refused(400, f"{name} is given twice in the query string")
            found[name] = value
        return found

    def fields(self) -> dict[str, Any]:
        """The body, whatever its content type says. Raises `Refused` if it is no JSON object."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError):
            raise Refused(400, "could not decode JSON body") from None
        if not isinstance(found, dict):
            raise Refused(400, "the JSON body must be an object, {...}")
        return found


def as_json(value: object) -> Answer:
    return Answer(body=_encode(value))


def told(status: int, message: str) -> Answer:
    """An error in paddles' form."""
    return Answer(status=status, body=_encode({"message": message}))


async def read(scope: Scope, receive: Receive, note: Note) -> Request:
    """Read a request to its end. Raises `Refused` if it is too large, or its path is no text."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the request ended before its body did")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise Refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    try:
        path = scope["raw_path"].decode("ascii")
        parts = tuple(unquote(part, errors="strict") for part in path.split("/") if part)
        query = scope.get("query_string", b"").decode("ascii")
    except UnicodeDecodeError:
        raise Refused(400, "the path is not UTF-8") from None

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    method = scope["method"]
    return Request(
        method=method, parts=parts, path=path, query=query, body=body, gone=gone, note=note
    )


async def send_answer(
    send: Send, answer: Answer, *, head_only: bool = False, extra: Sequence[Header] = ()
) -> None:
    """Send an answer; it says how long it is, so that the connection can be kept."""
    length = (b"content-length", str(len(answer.body)).encode())
    headers = [_JSON, length, *_CORS, *extra]
    if answer.location is not None:
        headers.append((b"location", answer.location.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head_only else answer.body})
