"""The reference of the HTTP API, from the OpenAPI document that the service itself answers."""

import asyncio
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from tools.docs.markdown import anchor, code, prose, table

from leasehold.engine.clock import SystemClock
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import load
from leasehold.lab.open import open_lab
from leasehold.lab.rights import Role
from leasehold.service.app import make_app
from leasehold.service.feed import Feed
from leasehold.service.tokens import Tokens

Document = dict[str, Any]
"""OpenAPI is JSON without end; only what is shown is looked at."""

PATH = "/api/v1/openapi.json"
_SCHEMAS = "#/components/schemas/"
_EVERYWHERE = ("400", "401", "403")


def page() -> str:
    document = openapi()
    parts = [_intro(document)]
    for tag in document["tags"]:
        parts += [f"## {tag['name']}", tag["description"]]
        for method, path, operation in routes(document):
            if tag["name"] in operation["tags"]:
                parts += _route(method, path, operation)
    parts.append("## Objects")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts += _object(name, schema)
    return "\n\n".join(parts)


def openapi() -> Document:
    """The document of a service with nothing in it, asked for as a client would."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "leasehold.toml"
        path.write_text("[clouds.memory]\n")
        clock = SystemClock()
        lab = open_lab(load(path), clouds={"memory": MemoryCloud(clock)}, clock=clock)
        lab.start()
        try:
            app = make_app(lab, Feed(lab), tokens=Tokens({}), local_owner="nobody@localhost")
            return asyncio.run(_get(app, PATH))
        finally:
            lab.stop()


async def _get(app: Any, path: str) -> Document:
    """One GET, without a socket."""
    body = bytearray()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        body.extend(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "server": ("localhost", 80),
        "client": ("localhost", 0),
    }
    await app(scope, receive, send)
    document: Document = msgspec.json.decode(body)
    return document


def routes(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Method, path and operation, in the order of the paths."""
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _intro(document: Document) -> str:
    return f"""# HTTP API

{document["info"]["description"]}

[HTTP API](../api.md) shows how to call it. A running service answers this reference as OpenAPI
{document["openapi"]} at `{PATH}`.

Every route may answer 400 (the request is wrong) and, where the service has tokens, 401 (no token, or
an unknown one) and 403 (the token's role may not do it, or somebody else holds what it is about). A
route is for every role unless it says otherwise. The tables list what comes beside these. The body of
every error is an [ErrorAnswer](#erroranswer)."""


def _route(method: str, path: str, operation: Document) -> Iterator[str]:
    yield f"### {method} {path}"
    told = f"**{operation['summary']}.** {prose(operation.get('description'))} {_roles(operation)}"
    yield told.rstrip()
    if parameters := operation.get("parameters"):
        yield table(("parameter", "in", "type", "default", "meaning"), map(_parameter, parameters))
    if body := operation.get("requestBody"):
        yield f"Body: {_type(_content(body))}"
    answers = [each for each in operation["responses"].items() if each[0] not in _EVERYWHERE]
    yield table(("status", "body", "meaning"), map(_answer, answers))


def _roles(operation: Document) -> str:
    """Who may call it: OpenAPI keeps the roles in the first way to sign in."""
    roles = operation["security"][0].get("token")
    if roles is None:
        return "For everybody, without a token."
    return "" if len(roles) == len(Role) else f"For the role {' or '.join(map(code, roles))}."


def _parameter(parameter: Document) -> tuple[str, ...]:
    schema = parameter["schema"]
    shown = "required" if parameter["required"] else _default(schema)
    meaning = prose(parameter.get("description"))
    return code(parameter["name"]), parameter["in"], _type(schema), shown, meaning


def _answer(item: tuple[str, Document]) -> tuple[str, str, str]:
    status, answer = item
    if status.startswith("2"):
        shown = _type(_content(answer)) if "content" in answer else "none"
        return status, shown, ""  # HTTP's own words say nothing
    return status, "error", answer["description"]


def _content(holder: Document) -> Document:
    """The schema of the one media type there is."""
    (media,) = holder["content"].values()
    schema: Document = media["schema"]
    return schema


def _object(name: str, schema: Document) -> Iterator[str]:
    yield f"### {name}"
    yield prose(schema.get("description"))
    if values := schema.get("enum"):
        yield "One of " + ", ".join(map(code, values)) + "."
        return
    required = schema.get("required", ())
    yield table(
        ("field", "type", "default", "meaning"),
        [
            (
                code(field),
                _type(each),
                "" if field in required else _default(each),
                prose(each.get("description")),
            )
            for field, each in schema["properties"].items()
        ],
    )


def _type(schema: Document) -> str:
    match schema:
        case {"$ref": str(reference)}:
            name = reference.removeprefix(_SCHEMAS)
            return f"[{name}](#{anchor(name)})"
        case {"allOf": [inner]}:
            return _type(inner)
        case {"oneOf": list(choices)}:
            return _choice(choices)
        case {"const": value}:
            return code(value)
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "string", "format": "date-time"}:
            return "time"
        case {"type": kind}:
            return str(kind)
        case _:
            return "anything"


def _choice(choices: Iterable[Document]) -> str:
    """The alternatives; null last, as most fields may be missing."""
    words = [_type(each) for each in choices if each.get("type") != "null"]
    return " or ".join([*words, "null"])


def _default(schema: Document) -> str:
    value = schema.get("default")
    return code(msgspec.json.encode(value).decode()) if value not in (None, "", []) else ""
