"""A cloud without a network: answers are given to the driver below requests, in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from leasehold.openstack import Connection, Settings, SignIn
from leasehold.openstack.secret import Secret

KEYSTONE = "http://keystone.example/v3"
NOVA = "http://nova.example/v2.1"
NEUTRON = "http://neutron.example"
GLANCE = "http://glance.example"
CINDER = "http://cinder.example/v3/project-1"


@dataclass
class Seen:
    """A request as it left."""

    method: str
    url: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """An answer to give, or an exception in place of one."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None


Answering = Reply | Callable[[Seen], Reply]


class Wire(HTTPAdapter):
    """Answers as told; each route uses its replies up, then repeats the last."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self.tokens = 0
        self._routes: dict[tuple[str, str], list[Answering]] = {}
        self.on("POST", f"{KEYSTONE}/auth/tokens", self._sign_in)

    def on(self, method: str, url: str, *replies: Answering) -> "Wire":
        """Answer a method on a URL, its query left out."""
        self._routes[method, url] = list(replies)
        return self

    def calls(self, method: str = "", url: str = "") -> list[Seen]:
        """List the requests to services; sign-ins only if they are asked for."""
        asked_for = [seen for seen in self.seen if url or not seen.url.startswith(KEYSTONE)]
        return [
            seen for seen in asked_for if seen.method == (method or seen.method) and url in seen.url
        ]

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:  # type: ignore[override]  # what is left out is the network's
        parts = urlsplit(str(request.url))
        seen = Seen(
            method=str(request.method),
            url=f"{parts.scheme}://{parts.netloc}{parts.path}",
            query=parse_qsl(parts.query),
            headers=dict(request.headers),
            body=request.body.encode() if isinstance(request.body, str) else request.body or b"",
        )
        self.seen.append(seen)
        reply = self._reply(seen)
        if reply.error is not None:
            raise reply.error
        return self._response(request, reply)

    def _reply(self, seen: Seen) -> Reply:
        replies = self._routes.get((seen.method, seen.url))
        if not replies:
            return Reply({"itemNotFound": {"message": f"no route {seen.method} {seen.url}"}}, 404)
        answering = replies.pop(0) if len(replies) > 1 else replies[0]
        return answering(seen) if callable(answering) else answering

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        raw = urllib3.HTTPResponse(
            body=BytesIO(body), headers=reply.headers, status=reply.status, preload_content=False
        )
        return self.build_response(request, raw)

    def _sign_in(self, _: Seen) -> Reply:
        self.tokens += 1
        return Reply(a_token(), 201, {"X-Subject-Token": f"token-{self.tokens}"})


def a_token(**fields: object) -> dict[str, Any]:
    """Build Keystone's answer to a sign-in."""
    token = {
        "methods": ["password"],
        "user": {"id": "user-1", "name": "alice", "domain": {"id": "default", "name": "Default"}},
        "project": {
            "id": "project-1",
            "name": "lab",
            "domain": {"id": "default", "name": "Default"},
        },
        "roles": [{"id": "role-1", "name": "member"}],
        "issued_at": "2030-01-01T00:00:00.000000Z",
        "expires_at": "2100-01-01T00:00:00.000000Z",
        "catalog": [
            a_catalog_entry("compute", "nova", NOVA),
            a_catalog_entry("network", "neutron", NEUTRON),
            a_catalog_entry("image", "glance", GLANCE),
            a_catalog_entry("volumev3", "cinderv3", CINDER),
        ],
    }
    return {"token": {**token, **fields}}


def a_catalog_entry(
    kind: str, name: str, url: str, *, region: str = "RegionOne", interface: str = "public"
) -> dict[str, Any]:
    endpoint = {"id": f"{name}-{region}", "interface": interface, "region": region, "url": url}
    return {"type": kind, "name": name, "endpoints": [{**endpoint, "region_id": region}]}


def settings(**fields: Any) -> Settings:
    """Build settings that sign in to the wire's Keystone, without retries."""
    options = {
        "username": "alice",
        "password": Secret("correct horse"),
        "project_name": "lab",
        "user_domain_id": "default",
        "project_domain_id": "default",
    }
    sign_in = SignIn(auth_type="v3password", auth_url=KEYSTONE, options=options)
    return Settings(**{"sign_in": sign_in, "retries": 0, **fields})


def connection(wire: Wire, *, pauses: list[float] | None = None, **fields: Any) -> Connection:
    """Build a connection over the wire; its retries write down what they would wait."""
    waited = [] if pauses is None else pauses

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    return Connection(settings(**fields), adapter=wire, random=lambda: 0.0, pause=pause)
