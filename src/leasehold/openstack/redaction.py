"""Takes secrets out of what is written down of requests and answers.

In two ways at once: by place (headers, fields and parameters that hold secrets) and by value (what the
connection was given, and whatever was found in such a place before, wherever it turns up again).
"""

import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

HIDDEN = "***"
SHORTEST = 6
"""Characters. What is shorter is hidden by its place only: as a value it would be found in words."""

LONGEST = 8192
REMEMBERED = 1000

_HEADERS = re.compile(
    r"(?:x-auth-.*|.*authorization|.*cookie.*|.*(?:token|secret|password|key))", re.IGNORECASE
)
_FIELDS = (
    *("password", "passwd", "passcode", "passphrase", "adminpass", "secret", "apikey", "authkey"),
    *("privatekey", "userdata", "accesstoken", "refreshtoken", "idtoken", "authtoken", "assertion"),
    "keyring",
)
# Fields that are secret only below another one, or only if they are a text.
_NESTED = {("token", "id"), ("credentials", "key"), ("personality", "contents")}
_TEXTS = frozenset({"token", "tokenid", "code"})
_USER_OF_URL = re.compile(r"(://)[^/@\s]+@")
_PARAMETER = re.compile(
    r"""((?:[?&;]|%3F|%26)(?:token|[\w-]*(?:password|secret|signature|_sig|access_token|api_?key))(?:=|%3D))[^&;"'\s<]+""",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""(\b(?:adminPass|password|apiKey|secret|token)\s*=\s*["'])[^"']+""", re.IGNORECASE
)


class Redactor:
    """Hides the secrets of one connection. Threads may share it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, None] = {}
        for secret in secrets:
            self._learn(secret)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Give the headers, with those that prove something hidden."""
        return {
            name: self._hide(value) if _HEADERS.fullmatch(name) else self.text(value)
            for name, value in headers.items()
        }

    def body(self, content: bytes, kind: str, *, pretty: bool = False) -> str:
        """Give a body as text: JSON and forms field by field, what else is text by value."""
        if "json" in kind:
            try:
                found = self._json(json.loads(content), "")
            except ValueError:
                pass
            else:
                return json.dumps(found, indent=2 if pretty else None, ensure_ascii=False)
        text = content.decode("utf-8", "replace")
        if "form-urlencoded" in kind:
            pairs = [(n, self._field("", n, v)) for n, v in parse_qsl(text, keep_blank_values=True)]
            text = urlencode(pairs, safe="*")
        return self.text(text)

    def text(self, text: str) -> str:
        """Give a text without any secret that is known, or that stands in a URL or an attribute."""
        text = _USER_OF_URL.sub(rf"\g<1>{HIDDEN}@", text)
        text = _ATTRIBUTE.sub(rf"\g<1>{HIDDEN}", _PARAMETER.sub(rf"\g<1>{HIDDEN}", text))
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        for secret in known:
            for spelled in _spellings(secret):
                text = text.replace(spelled, HIDDEN)
        return text

    def _json(self, value: Any, parent: str) -> Any:
        match value:
            case dict():
                return {self.text(k): self._field(parent, k, below) for k, below in value.items()}
            case list():
                return [self._json(each, parent) for each in value]
            case None | bool():
                return value
            case _:
                shown = self.text(str(value))
                return value if shown == str(value) else shown

    def _field(self, parent: str, name: str, value: Any) -> Any:
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        if value is None or isinstance(value, dict | bool):
            return self._json(value, plain)
        secret = any(word in plain for word in _FIELDS) or (parent, plain) in _NESTED
        if not (secret or (plain in _TEXTS and isinstance(value, str))):
            return self._json(value, plain)
        if isinstance(value, list):
            return [self._field(parent, name, each) for each in value]
        return self._hide(str(value))

    def _hide(self, value: str) -> str:
        self._learn(value)
        if " " in value:  # Bearer and its like
            self._learn(value.rpartition(" ")[2])
        return HIDDEN

    def _learn(self, secret: str) -> None:
        if SHORTEST <= len(secret) <= LONGEST:
            with self._lock:
                self._known.pop(secret, None)
                self._known[secret] = None
                if len(self._known) > REMEMBERED:
                    del self._known[next(iter(self._known))]


def _spellings(secret: str) -> Iterable[str]:
    """Write a secret as JSON, URLs and forms would."""
    escaped = (json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False))
    spelled = {secret, *escaped, quote(secret, safe=""), quote_plus(secret)}
    return sorted(spelled, key=len, reverse=True)
