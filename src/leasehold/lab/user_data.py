"""The user-data of a node: the machine type's own, our keys, and the sentinel. Pure."""

import base64
import functools
from collections.abc import Sequence
from email.charset import BASE64, Charset
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import yaml

from leasehold.errors import LeaseholdError

SENTINEL = "/run/leasehold/ready"
"""The file that cloud-init's last command writes: our id of the server, so that no other server, met
at the same address, can be taken for it."""

LARGEST = 65535
"""Bytes of base64 that Nova takes (api-ref, "Create Server", user_data)."""

HEADER = "#cloud-config"

_MARK = "leasehold-mark-7d1f5b0e93a84c62"
"""Stands for the mark in a template; nobody else's text holds it."""


class BadUserData(LeaseholdError):
    """User-data that cannot be used."""


def compose(base: str | None, public_keys: Sequence[str], mark: str) -> str:
    """User-data that does what `base` says, lets `public_keys` in and writes `mark` at the end.

    A cloud-config is extended; a script becomes one part of a multi-part message. Raises
    `BadUserData` for what is neither, or what would be too large.
    """
    text = _template(base, tuple(public_keys)).replace(_MARK, mark)
    size = len(base64.b64encode(text.encode()))
    if size > LARGEST:
        raise BadUserData(f"user-data is {size} bytes in base64; Nova takes {LARGEST}")
    return text


@functools.lru_cache(maxsize=64)
def _template(base: str | None, public_keys: tuple[str, ...]) -> str:
    """The same with a placeholder for the mark: reading and writing YAML takes milliseconds."""
    ours: dict[str, Any] = {
        "ssh_authorized_keys": list(public_keys),
        "runcmd": [f"mkdir -p /run/leasehold && echo {_MARK} > {SENTINEL}"],
    }
    if base is None or not base.strip():
        return _cloud_config(ours)
    if base.startswith(HEADER):
        return _cloud_config(_extended(base, ours))
    if base.startswith("#!"):
        message = MIMEMultipart(boundary="==leasehold==")
        message.attach(_part(base, "x-shellscript"))
        message.attach(_part(_cloud_config(ours), "cloud-config"))
        return message.as_string()
    first = base.splitlines()[0][:40]
    raise BadUserData(f"user-data begins with {first!r}; allowed: {HEADER}, or a script with #!")


def _part(text: str, kind: str) -> MIMEText:
    if text.isascii():
        return MIMEText(text, kind, "us-ascii")
    charset = Charset("utf-8")
    charset.body_encoding = BASE64  # said here: programs change what is usual, as Buildbot does
    return MIMEText(text, kind, charset)  # type: ignore[arg-type]  # it takes a Charset


def _cloud_config(content: dict[str, Any]) -> str:
    return f"{HEADER}\n{yaml.safe_dump(content, sort_keys=False)}"


def _extended(base: str, ours: dict[str, Any]) -> dict[str, Any]:
    try:
        content = yaml.safe_load(base)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        raise BadUserData(f"user-data is no YAML: {yaml_problem(error)}") from None
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise BadUserData(f"user-data holds a {type(content).__name__}; cloud-config is a mapping")
    for key, values in ours.items():
        found = content.get(key) or []
        if not isinstance(found, list):
            kind = type(found).__name__
            raise BadUserData(f"{key} in user-data is a {kind}; it has to be a list")
        content[key] = [*found, *values]
    return content


def yaml_problem(error: Exception) -> str:
    """What is wrong and where, without the text itself: it may hold passwords."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return type(error).__name__
