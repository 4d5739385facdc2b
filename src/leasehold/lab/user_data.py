"""The user-data of a node: the machine type's, its system's, our keys and the sentinel. Pure."""

import base64
import functools
from collections.abc import Sequence
from email import message_from_string
from email.charset import BASE64, Charset
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any, NamedTuple

import yaml

from leasehold.errors import LeaseholdError

SENTINEL = "/run/leasehold/ready"
"""The file that cloud-init's last command writes: our id of the server, so that no other server, met
at the same address, can be taken for it."""

LARGEST = 65535
"""Bytes of base64 that Nova takes (api-ref, "Create Server", user_data)."""

HEADER = "#cloud-config"

_MARK = "leasehold-mark-7d1f5b0e93a84c62"
_NAME = "leasehold-name-7d1f5b0e93a84c62"
"""Stand for mark and name in a template; nobody else's text holds them."""


class BadUserData(LeaseholdError):
    """User-data that cannot be used."""


def compose(
    base: str | None, public_keys: Sequence[str], mark: str, host_name: str | None = None
) -> str:
    """User-data that does what `base` says, lets `public_keys` in and writes `mark` at the end.

    The node calls itself `host_name`, in full, unless `base` has an ``fqdn`` for it. Raises
    `BadUserData` for what cannot be merged, or what would be too large.
    """
    template = _template(base, tuple(public_keys), named=host_name is not None)
    text = template.replace(_MARK, mark).replace(_NAME, host_name or "")
    size = len(base64.b64encode(text.encode()))
    if size > LARGEST:
        raise BadUserData(f"user-data is {size} bytes in base64; Nova takes {LARGEST}")
    return text


def merge(*texts: str | None) -> str:
    """One user-data that does what all of these say, in their order.

    cloud-configs become one: lists are appended, mappings merged, of other values the last counts.
    Scripts, and what else a MIME message brings, stay parts of their own. Raises `BadUserData`.
    """
    parts = [part for text in texts for part in _parts(text or "")]
    config: dict[str, Any] = {}
    for part in parts:
        if part.kind == _CONFIG:
            config = _merged(config, _mapping(part.text), "user-data")
    others = [part for part in parts if part.kind != _CONFIG]
    text = f"{HEADER}\n{yaml.safe_dump(config, sort_keys=False) if config else ''}"
    if not others:
        return text
    message = MIMEMultipart(boundary="==leasehold==")
    for part in [*others, _Part(_CONFIG, text)]:
        message.attach(_attached(part))
    return message.as_string()


class _Part(NamedTuple):
    kind: str
    """The second half of its MIME type: ``cloud-config``, ``x-shellscript`` ..."""
    text: str


_CONFIG = "cloud-config"


@functools.lru_cache(maxsize=64)
def _template(base: str | None, public_keys: tuple[str, ...], *, named: bool) -> str:
    """The same with placeholders for what is each node's own: YAML takes milliseconds."""
    ours = {
        "ssh_authorized_keys": list(public_keys),
        "runcmd": [f"mkdir -p /run/leasehold && echo {_MARK} > {SENTINEL}"],
    }
    name = f"{HEADER}\nfqdn: {_NAME}\n" if named else None
    return merge(name, base, f"{HEADER}\n{yaml.safe_dump(ours, sort_keys=False)}")


def _parts(text: str) -> list[_Part]:
    if not text.strip():
        return []
    if text.startswith(HEADER):
        return [_Part(_CONFIG, text)]
    if text.startswith("#!"):
        return [_Part("x-shellscript", text)]
    if text.lower().startswith(("content-type: multipart/", "mime-version:")):
        leaves = [each for each in message_from_string(text).walk() if not each.is_multipart()]
        return [_Part(each.get_content_subtype(), _payload(each)) for each in leaves]
    first = text.splitlines()[0][:40]
    allowed = f"{HEADER}, a script with #!, or a MIME message of such"
    raise BadUserData(f"user-data begins with {first!r}; allowed: {allowed}")


def _payload(part: Message) -> str:
    content = part.get_payload(decode=True)
    try:
        return content.decode() if isinstance(content, bytes) else ""
    except UnicodeDecodeError:
        raise BadUserData("a part of the user-data is no text in UTF-8") from None


def _attached(part: _Part) -> MIMEText:
    if part.text.isascii():
        return MIMEText(part.text, part.kind, "us-ascii")
    charset = Charset("utf-8")
    charset.body_encoding = BASE64  # said here: programs change what is usual, as Buildbot does
    return MIMEText(part.text, part.kind, charset)  # type: ignore[arg-type]  # it takes a Charset


def _mapping(text: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise BadUserData(f"user-data is no YAML: {yaml_problem(error)}") from None
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise BadUserData(f"user-data holds a {type(content).__name__}; cloud-config is a mapping")
    return content


def _merged(first: Any, second: Any, place: str) -> Any:
    """Two values of one key as one; nothing at all gives way to anything."""
    if isinstance(first, dict) and isinstance(second, dict):
        both = {key: _merged(first[key], second[key], str(key)) for key in first if key in second}
        return first | second | both
    if isinstance(first, list) and isinstance(second, list):
        return [*first, *second]
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, dict | list) or isinstance(second, dict | list):
        kinds = type(first).__name__, type(second).__name__
        raise BadUserData(f"{place} in user-data is a {kinds[0]}; it has to be a {kinds[1]}")
    return second


def yaml_problem(error: Exception) -> str:
    """What is wrong and where, without the text itself: it may hold passwords."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return type(error).__name__
