"""Writes down each request as curl would send it, and its answer, without any secret."""

import os
import shlex
import threading
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter

from leasehold.openstack.redaction import Redactor
from leasehold.openstack.settings import Debug

LARGEST = 1024 * 1024
"""Bytes of a body that is shown. Images are not shown at all."""

PROOF = '"X-Auth-Token: $OS_TOKEN"'
"""Put in place of the token, so that the line works when it is pasted."""

_DULL = frozenset({"accept-encoding", "connection", "content-length", "user-agent"})
_SHOWN = ("json", "text/", "xml", "form-urlencoded")


class DebugLogWarning(UserWarning):
    """A request was not written down, though it was made: the file cannot be written."""


class RecordingAdapter(BaseAdapter):
    """Sends through another adapter, and appends what passed to a file, one record at a time.

    Bodies are read whole for that, except those that are not shown; who streams an image still does.
    A file that cannot be written fails no call: a `DebugLogWarning` says once what is missing, and
    the numbers of later records have a gap.
    """

    def __init__(
        self,
        adapter: BaseAdapter,
        debug: Debug,
        redactor: Redactor,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._adapter = adapter
        self._debug = debug
        self._redactor = redactor
        self._now = now
        self._lock = threading.Lock()
        self._count = 0
        self._warned = False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # options are passed on as they are
        """Send one request, and write it down with its answer, or with why there is none."""
        at = self._now()
        asked = curl(request, self._redactor, options)
        try:
            response = self._adapter.send(request, **options)
            answered = self._answer(response)
        except Exception as error:
            self._write(at, asked, f"no answer: {self._redactor.text(str(error))}\n")
            raise
        self._write(at, asked, answered)
        return response

    def close(self) -> None:
        """Close the adapter beneath."""
        self._adapter.close()

    def _answer(self, response: requests.Response) -> str:
        head = [f"HTTP {response.status_code} {response.reason or ''}".rstrip()]
        shown = self._redactor.headers(response.headers)
        head += [f"{name}: {value}" for name, value in shown.items()]
        return "\n".join([*head, "", self._body(response)]) + "\n"

    def _body(self, response: requests.Response) -> str:
        kind = response.headers.get("content-type", "")
        told = response.headers.get("content-length", "")
        length = int(told) if told.isdecimal() else 0
        if kind and not _is_shown(kind, length):
            return f"({length or 'some'} bytes of {kind}, not shown)"
        content: bytes = response.content  # by requests, whose exceptions keystoneauth knows
        response.raw = _replayed(response, content)
        return self._redactor.body(content, kind, pretty=self._debug.pretty)

    def _write(self, at: datetime, asked: str, answered: str) -> None:
        with self._lock:
            self._count += 1
            record = (
                f"# {self._count} at {at.isoformat(timespec='milliseconds')}\n{asked}\n{answered}\n"
            )
            try:
                self._append(record.encode("utf-8", "backslashreplace"))
            except OSError as error:
                self._warn(error)

    def _append(self, record: bytes) -> None:
        """Add to the file by one write, for other processes may append to the same one."""
        number = os.open(self._debug.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(number, "wb", buffering=0) as file:
            file.write(record)

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            warnings.warn(
                f"LEASEHOLD_DEBUG: {self._debug.path} cannot be written ({error.strerror}); requests "
                "are made all the same, and left out there",
                DebugLogWarning,
                stacklevel=2,
            )


def curl(request: requests.PreparedRequest, redactor: Redactor, options: Mapping[str, Any]) -> str:
    """Write a request as a command that can be pasted, after ``export OS_TOKEN=...``."""
    words = ["curl", "-i", "-X", str(request.method), shlex.quote(redactor.text(str(request.url)))]
    headers = {name: str(value) for name, value in request.headers.items()}
    for name, value in redactor.headers(headers).items():
        if name.lower() == "x-auth-token":
            words += ["-H", PROOF]
        elif name.lower() not in _DULL:
            words += ["-H", shlex.quote(f"{name}: {value}")]
    words += _tls(options)
    words += _data(request, redactor)
    return " ".join(words)


def _tls(options: Mapping[str, Any]) -> list[str]:
    verify, cert = options.get("verify"), options.get("cert")
    words = ["-k"] if verify is False else []
    if isinstance(verify, str):
        words += ["--cacert", shlex.quote(verify)]
    for flag, path in zip(
        ("--cert", "--key"), [cert] if isinstance(cert, str) else cert or (), strict=False
    ):
        words += [flag, shlex.quote(str(path))]
    return words


def _data(request: requests.PreparedRequest, redactor: Redactor) -> list[str]:
    body = request.body
    if body is None:
        return []
    content = body.encode() if isinstance(body, str) else body
    kind = str(request.headers.get("content-type", ""))
    if not isinstance(content, bytes) or not _is_shown(kind, len(content)):
        return ["--data-binary", "@FILE"]
    return ["--data-raw", shlex.quote(redactor.body(content, kind))]


def _is_shown(kind: str, length: int) -> bool:
    return length <= LARGEST and any(word in kind for word in _SHOWN)


def _replayed(response: requests.Response, content: bytes) -> urllib3.HTTPResponse:
    """Put back what was read, for whoever waits for it; it is not compressed any more."""
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
    }
    return urllib3.HTTPResponse(
        body=BytesIO(content),
        headers=headers,
        status=response.status_code,
        reason=response.reason,
        preload_content=False,
    )
