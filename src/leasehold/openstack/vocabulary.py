"""The words that `connect()` takes, ours and Libcloud's, and what each may be. Pure."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from leasehold.openstack.arguments import Arguments
from leasehold.openstack.errors import SettingsError, UnknownArgument
from leasehold.openstack.libcloud_arguments import LibcloudArguments

_KINDS: dict[str, Any] = {**get_type_hints(Arguments), **get_type_hints(LibcloudArguments)}
_CACHES = ("token_cache", "ex_auth_cache")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments that were given at all, each of them of its kind.

    A whole number is taken for the text that it is in a file, and a `verify` that is a text for a
    `cacert`, as requests has it. Raises `UnknownArgument`, with the nearest name, and
    `SettingsError`; neither shows a value, for it may be a secret.
    """
    for name in given:
        if name not in _KINDS:
            near = get_close_matches(name, _KINDS, n=1, cutoff=0.5)
            raise UnknownArgument(name, near=near[0] if near else None)
    found = {k: _checked(k, value) for k, value in given.items() if value is not None}
    if isinstance(path := found.get("verify"), str):
        if found.setdefault("cacert", path) != path:
            raise SettingsError("verify and cacert name different files: give one")
        found["verify"] = True
    return found


def _checked(name: str, value: Any) -> Any:
    kind = _KINDS[name]
    if name in _CACHES:
        methods = all(callable(getattr(value, each, None)) for each in ("get", "put", "clear"))
        is_file = name == "token_cache" and isinstance(value, str | Path)
        path = "a path or " if name == "token_cache" else ""
        return _must(methods or is_file, name, f"{path}an object with get, put and clear", value)
    if kind is str:
        return _text(name, value)
    if kind == Mapping[str, str]:
        _must(isinstance(value, Mapping), name, "a mapping of texts", value)
        return {_text(f"a key of {name}", k): _text(f"{name}[{k!r}]", v) for k, v in value.items()}
    if kind in (bool, bool | str, str | Path):
        allowed = {bool: "True or False", bool | str: "True, False or a path"}
        return _must(isinstance(value, kind), name, allowed.get(kind, "a path"), value)
    return value  # numbers, which are read from texts as well


def _text(name: str, value: object) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    _must(whole or isinstance(value, str), name, "a text", value)
    return str(value)


def _must(holds: bool, name: str, allowed: str, value: Any) -> Any:
    if not holds:
        raise SettingsError(f"{name} is {allowed}, not of type {type(value).__name__}")
    return value
