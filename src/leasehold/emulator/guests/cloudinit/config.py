"""Reads the keys of cloud-config that guests apply, and names those that they do not."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import yaml

from leasehold.emulator.guests.cloudinit.parts import Part, unzipped
from leasehold.emulator.guests.inside.messages import Account, FileToWrite

_T = TypeVar("_T")

_APPLIED = frozenset(
    {
        "bootcmd",
        "disable_root",
        "fqdn",
        "groups",
        "hostname",
        "manage_etc_hosts",
        "prefer_fqdn_over_hostname",
        "preserve_hostname",
        "runcmd",
        "ssh_authorized_keys",
        "user",
        "users",
        "write_files",
    }
)
_USER_APPLIED = frozenset(
    {
        "create_groups",
        "gecos",
        "groups",
        "homedir",
        "lock_passwd",
        "name",
        "no_create_home",
        "primary_group",
        "shell",
        "ssh_authorized_keys",
        "sudo",
        "uid",
    }
)
DEFAULT = "default"
"""The entry of ``users`` that stands for the image's own account."""


class Invalid(ValueError):
    """A key holds what its module cannot use; the module is skipped, as cloud-init does."""


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All parts of cloud-config together."""

    hostname: str | None = None
    fqdn: str | None = None
    preserve_hostname: bool = False
    disable_root: bool = False
    default_user: str | None = None
    """Another name for the image's own account (``user``)."""
    keys: tuple[str, ...] = ()
    users: tuple[Account | str, ...] = (DEFAULT,)
    """Accounts, or names alone; `DEFAULT` among them."""
    groups: dict[str, tuple[str, ...]] = {}
    files: tuple[FileToWrite, ...] = ()
    deferred_files: tuple[FileToWrite, ...] = ()
    bootcmd: str | None = None
    runcmd: str | None = None
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """As in result.json: which module could not use its key."""


def read(parts: Sequence[Part]) -> CloudConfig:
    """Read parts of cloud-config; of a key given twice the later part's value counts."""
    merged: dict[str, Any] = {}
    notes: list[str] = []
    failures: list[str] = []
    for part in parts:
        try:
            merged.update(_mapping(part))
        except Invalid as error:
            notes.append(f"[WARNING]: {error}")
            failures.append(str(error))
    return _Reader(merged, notes, failures).config()


def script(commands: object) -> str:
    """Make a shell script of a list of commands: strings as they are, lists quoted."""
    if not isinstance(commands, list):
        raise Invalid(f"expected a list of commands, found {_kind(commands)}")
    lines = []
    for command in commands:
        if isinstance(command, list):
            words = ("'" + str(word).replace("'", "'\\''") + "'" for word in command)
            lines.append(_text(" ".join(words)))
        elif isinstance(command, str):
            lines.append(_text(command))
        elif command is not None:
            raise Invalid(f"expected a string or a list as command, found {_kind(command)}")
    return "\n".join(["#!/bin/sh", *lines, ""])


class _Reader:
    """Goes through the keys; each one that is wrong costs only its own module."""

    def __init__(self, merged: Mapping[str, Any], notes: list[str], failures: list[str]) -> None:
        self._merged, self._notes, self._failures = merged, notes, failures

    def config(self) -> CloudConfig:
        for key in sorted(self._merged.keys() - _APPLIED):
            self._notes.append(f"cloud-config key {key!r} is not applied by the emulator")
        nothing: tuple[tuple[FileToWrite, ...], tuple[FileToWrite, ...]] = ((), ())
        now, later = self._use("write_files", _files, nothing)
        values = CloudConfig(
            hostname=self._use("hostname", _text, None),
            fqdn=self._use("fqdn", _text, None),
            preserve_hostname=self._use("preserve_hostname", _truth, False),
            disable_root=self._use("disable_root", _truth, False),
            default_user=self._use("user", _default_user, None),
            keys=self._use("ssh_authorized_keys", _lines, ()),
            users=self._use("users", self._users, (DEFAULT,)),
            groups=self._use("groups", _groups, {}),
            files=now,
            deferred_files=later,
            bootcmd=self._use("bootcmd", script, None),
            runcmd=self._use("runcmd", script, None),
        )
        return msgspec.structs.replace(
            values, notes=tuple(self._notes), failures=tuple(self._failures)
        )

    def _use(self, key: str, read_value: Callable[[Any], _T], otherwise: _T) -> _T:
        value = self._merged.get(key)
        if value is None:
            return otherwise
        try:
            return read_value(value)
        except Invalid as error:
            self._notes.append(f"[WARNING]: Invalid cloud-config: {key}: {error}")
            self._failures.append(f"('{key}', {error})")
            return otherwise

    def _users(self, value: object) -> tuple[Account | str, ...]:
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",")]
        elif isinstance(value, dict):
            value = [
                {**(more if isinstance(more, dict) else {}), "name": name}
                for name, more in value.items()
            ]
        if not isinstance(value, list):
            raise Invalid(f"expected a list of users, found {_kind(value)}")
        return tuple(self._user(entry) for entry in value)

    def _user(self, value: object) -> Account | str:
        if isinstance(value, str):
            return value
        if not isinstance(value, dict) or not isinstance(value.get("name"), str):
            raise Invalid("each user must be a name, or have one under 'name'")
        for key in sorted(value.keys() - _USER_APPLIED, key=str):
            self._notes.append(f"{key!r} of user {value['name']!r} is not applied by the emulator")
        uid = value.get("uid")
        if uid is not None and not str(uid).isdecimal():
            raise Invalid(f"uid: expected a number, found {uid!r}")
        return Account(
            name=_name(value["name"]),
            gecos=_field(value.get("gecos") or ""),
            home=_field(value["homedir"]) if value.get("homedir") else None,
            login_shell=_field(value.get("shell") or "/bin/sh"),
            uid=None if uid is None else int(uid),
            groups=_names(value.get("groups")),
            sudo=_sudo(value.get("sudo")),
            keys=_lines(value.get("ssh_authorized_keys") or []),
            create_home=not value.get("no_create_home"),
        )


def _mapping(part: Part) -> dict[str, Any]:
    try:
        content = yaml.safe_load(part.content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        raise Invalid(f"Failed loading yaml blob{where}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise Invalid(f"Failed loading yaml blob: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Invalid(f"Failed loading yaml blob: expected a mapping, found {_kind(content)}")
    return {str(key): value for key, value in content.items()}


def _files(value: object) -> tuple[tuple[FileToWrite, ...], tuple[FileToWrite, ...]]:
    """Read ``write_files``: those to write at once, and those deferred."""
    if not isinstance(value, list):
        raise Invalid(f"expected a list of files, found {_kind(value)}")
    now: list[FileToWrite] = []
    later: list[FileToWrite] = []
    for entry in value:
        if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
            raise Invalid("each file must have its path under 'path'")
        path = entry["path"]
        if not path.startswith("/"):
            raise Invalid(f"expected an absolute path, found {path!r}")
        if "source" in entry and "content" not in entry:
            raise Invalid(f"{path}: 'source' is not applied by the emulator; use 'content'")
        file = FileToWrite(
            path=path,
            content=_decoded(path, entry.get("content"), entry.get("encoding")),
            permissions=_permissions(path, entry.get("permissions")),
            owner=_text(entry.get("owner") or "root:root"),
            append=bool(entry.get("append")),
        )
        (later if entry.get("defer") else now).append(file)
    return tuple(now), tuple(later)


def _decoded(path: str, content: object, encoding: object) -> bytes:
    data = content if isinstance(content, bytes) else _text("" if content is None else content)
    raw = data.encode() if isinstance(data, str) else data
    steps = str(encoding or "text/plain").lower().strip().replace("base64", "b64")
    if steps not in {"text/plain", "b64", "gz", "gzip", "gz+b64", "gzip+b64"}:
        raise Invalid(
            f"{path}: unknown encoding {encoding!r}; known are text/plain, b64, gz and gz+b64"
        )
    try:
        if "b64" in steps:
            raw = base64.b64decode(raw)
    except binascii.Error as error:
        raise Invalid(f"{path}: content is not base64 ({error})") from error
    if steps.startswith("gz"):
        unpacked, broken = unzipped(raw)
        if broken or unpacked is raw:
            raise Invalid(f"{path}: content is not gzip")
        raw = unpacked
    return raw


def _permissions(path: str, value: object) -> int:
    if value is None:
        return 0o644
    if isinstance(value, int):
        return value  # YAML has read 0644 as octal already
    try:
        return int(_text(value), 8)
    except ValueError:
        raise Invalid(f"{path}: permissions must be octal as '0644', found {value!r}") from None


def _groups(value: object) -> dict[str, tuple[str, ...]]:
    if isinstance(value, str):
        value = value.split(",")
    entries = value if isinstance(value, list) else [value]
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if isinstance(entry, dict):
            found |= {_name(name): _names(members) for name, members in entry.items()}
        else:
            found[_name(entry)] = ()
    return found


def _sudo(value: object) -> tuple[str, ...]:
    if value is None or value is False:
        return ()
    return _lines(value)


def _default_user(value: object) -> str | None:
    return _name(value.get("name") if isinstance(value, dict) else value)


def _lines(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.splitlines()
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise Invalid(f"expected a list of strings, found {_kind(value)}")
    return tuple(line for line in (_text(entry).strip() for entry in value) if line)


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    entries = value.split(",") if isinstance(value, str) else value
    if isinstance(entries, dict):
        entries = list(entries)
    if not isinstance(entries, list):
        raise Invalid(f"expected a list of names, found {_kind(value)}")
    return tuple(_name(entry) for entry in entries if str(entry).strip())


def _name(value: object) -> str:
    name = _text(value).strip()
    if not name or any(sign in name for sign in ":/\n, "):
        raise Invalid(f"{name!r} cannot be a name of a user or group")
    return name


def _field(value: object) -> str:
    text = _text(value)
    if ":" in text or "\n" in text:
        raise Invalid(f"{text!r} cannot be part of a line of /etc/passwd")
    return text


def _text(value: object) -> str:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Invalid("found half of a surrogate pair, which is no character")
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Invalid(f"expected a string, found {_kind(value)}")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return str(value).strip().lower() in {"true", "1", "on", "yes"}


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "a string", bool: "a truth value"}
    return names.get(type(value), f"a {type(value).__name__}")
