"""One service of a cloud, spoken to in plain HTTP: what was answered, word for word."""

import html
import json
import re
from typing import Any

import msgspec
from keystoneauth1.adapter import Adapter
from keystoneauth1.session import Session
from requests import Response
from requests.structures import CaseInsensitiveDict

LOWEST = {"compute": "2.1", "identity": "3", "image": "2", "network": "2", "block-storage": "3"}
"""Service types as in the catalog, with the API version spoken here."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error, whatever the dialect it was told in."""

    kind: str
    """The key (compute, volume), type (network) or title (identity, image) it is told under."""
    message: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    headers: CaseInsensitiveDict[str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def one(self) -> Any:
        """What stands under the body's only key: ``{"server": {...}}``."""
        assert self.status < 300, self.text
        (value,) = self.body.values()
        return value

    @property
    def refusal(self) -> Refusal:
        """The error in the body; fails when its form is none of the five services' own."""
        if self.headers["Content-Type"].startswith("text/html"):
            return self._page()
        ((key, error),) = self.body.items()
        if key == "NeutronError":
            assert error.keys() == {"type", "message", "detail"}, error
            return Refusal(kind=error["type"], message=error["message"])
        assert error["code"] == self.status, error
        if key == "error":
            assert error.keys() == {"code", "message", "title"}, error
            return Refusal(kind=error["title"], message=error["message"])
        assert error.keys() - {"retryAfter"} == {"code", "message"}, error
        return Refusal(kind=key, message=error["message"])

    def _page(self) -> Refusal:
        heading = re.search(r"<h1>(.*?)</h1>(.*?)</body>", self.text, re.DOTALL)
        assert heading, self.text
        said = re.sub(r"<[^>]+>", " ", heading[2])
        return Refusal(kind=heading[1], message=html.unescape(said).strip())


class Api:
    """Calls to one service, as one user; never retried, never raising for a status."""

    def __init__(self, session: Session, service_type: str) -> None:
        self.service_type = service_type
        self.made: set[str] = set()
        """The collections something was made in: ``servers``, ``ports``."""
        self._adapter = Adapter(
            session,
            service_type=service_type,
            interface="public",
            min_version=LOWEST[service_type],
            max_version=f"{LOWEST[service_type].partition('.')[0]}.latest",
            raise_exc=False,
        )

    @property
    def endpoint(self) -> str:
        """The address of the API version spoken, found by discovery; no slash at its end."""
        return str(self._adapter.get_endpoint()).rstrip("/")

    @property
    def root(self) -> str:
        """The service's own root, where its version document is; with its slash."""
        return re.sub(r"/v\d.*$", "", self.endpoint) + "/"

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        version: str | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send one request; `path` is below the endpoint, or an absolute URL.

        `token` replaces the user's own, and the empty string sends none.
        """
        sent = dict(headers or {})
        if version:
            name = {"block-storage": "volume"}.get(self.service_type, self.service_type)
            sent["OpenStack-API-Version"] = f"{name} {version}"
        if token:
            sent["X-Auth-Token"] = token
        url = path if path.startswith("http") else self.endpoint + path
        response: Response = self._adapter.session.request(
            url,
            method,
            json=body,
            headers=sent,
            data=data,
            raise_exc=False,
            redirect=False,
            authenticated=token is None,
        )
        if method == "POST" and response.ok:
            self.made.add(path.split("/")[1])
        return Answer(status=response.status_code, headers=response.headers, text=response.text)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: object = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)


def refused(answer: Answer, status: int, kind: str, message: str) -> None:
    """Assert a refusal; `message` is a pattern that the whole text matches."""
    assert answer.status == status, (answer.status, answer.text)
    assert answer.refusal.kind == kind
    assert re.fullmatch(message, answer.refusal.message, re.DOTALL), answer.refusal.message
