"""The control side, as an agent speaks to it: a call is a connection; nothing is retried here."""

import http.client
import ssl
import urllib.parse
from typing import TypeVar

import msgspec

from leasehold.datasets.agent.config import AgentConfig, read_token
from leasehold.datasets.agent.errors import BadConfig, ControlRefused, ControlUnreachable
from leasehold.datasets.model import Dataset, DatasetWish
from leasehold.datasets.protocol import PATH_DATASETS, PATH_ORDERS, PATH_REPORT, Orders, Report

T = TypeVar("T")

_SECONDS = 20.0
"""For an answer, over what a call asked to wait."""


class _Problem(msgspec.Struct):
    code: str
    message: str


class _Answer(msgspec.Struct):
    error: _Problem


class Control:
    """Every method raises `ControlUnreachable` and `ControlRefused`. May be used by several threads."""

    def __init__(self, config: AgentConfig) -> None:
        """Raises `BadConfig` for a token or authority that cannot be used."""
        parts = urllib.parse.urlsplit(config.service)
        self.service = config.service.rstrip("/")
        self._host = parts.hostname or ""
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._token_file = config.token_file
        self._tls: ssl.SSLContext | None = None
        read_token(config.token_file)
        if parts.scheme == "https":
            try:
                self._tls = ssl.create_default_context(cafile=config.authority)
            except OSError as error:
                raise BadConfig(f"authority {config.authority}: {error.strerror}") from error

    @property
    def is_exposed(self) -> bool:
        """Whether the token goes over a network for others to see."""
        return self._tls is None and self._host not in ("localhost", "127.0.0.1", "::1")

    def report(self, report: Report) -> Orders:
        return self._call("POST", PATH_REPORT, Orders, report)

    def orders(self, after: int | None, wait: float) -> Orders:
        """The orders, as soon as they are not number `after`, and after `wait` seconds in any case."""
        query = {"wait": f"{wait:g}", **({} if after is None else {"after": str(after)})}
        return self._call(
            "GET", f"{PATH_ORDERS}?{urllib.parse.urlencode(query)}", Orders, wait=wait
        )

    def datasets(self) -> list[Dataset]:
        return self._call("GET", PATH_DATASETS, list[Dataset])

    def create(self, wish: DatasetWish) -> Dataset:
        return self._call("POST", PATH_DATASETS, Dataset, wish)

    def fetch(self, name: str) -> Dataset:
        """Ask for a dataset to come to this node."""
        return self._call("POST", f"{_path_of(name)}/fetch", Dataset)

    def delete(self, name: str) -> Dataset:
        return self._call("DELETE", _path_of(name), Dataset)

    def _call(
        self, method: str, path: str, kind: type[T], body: object = None, wait: float = 0.0
    ) -> T:
        # Read anew for each call: a token is renewed by writing the file.
        headers = {"authorization": f"Bearer {read_token(self._token_file)}"}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        connection = self._connection(wait + _SECONDS)
        try:
            connection.request(method, self._path + path, content, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ControlUnreachable(f"no answer from {self.service}: {why}") from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise self._refusal(answer.status, text)
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.DecodeError as error:
            raise ControlUnreachable(
                f"{self.service} does not answer as Leasehold: {error}"
            ) from None

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=timeout, context=self._tls
        )

    def _refusal(self, status: int, text: bytes) -> ControlRefused | ControlUnreachable:
        try:
            problem = msgspec.json.decode(text, type=_Answer).error
        except msgspec.DecodeError:
            return ControlUnreachable(
                f"{self.service} does not answer as Leasehold: status {status}"
            )
        return ControlRefused(status, problem.code, problem.message)


def _path_of(name: str) -> str:
    return f"{PATH_DATASETS}/{urllib.parse.quote(name, safe='')}"
