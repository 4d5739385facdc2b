"""Reads one table of a configuration file into a Struct, with errors that name the key."""

import re
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from leasehold.engine.choice import near
from leasehold.errors import LeaseholdError

S = TypeVar("S", bound=msgspec.Struct)

_SECRET = re.compile("pass|secret|token|credential", re.IGNORECASE)
"""Keys whose values are never shown."""


class ConfigError(LeaseholdError):
    """A configuration that cannot be used: which file, which key, what was found, what is allowed."""

    def __init__(self, file: Path, key: str, found: str, allowed: str) -> None:
        self.file = file
        self.key = key
        self.found = found
        self.allowed = allowed
        where = f"{file}: {key}" if key else str(file)
        super().__init__(f"{where}: found {found}; allowed: {allowed}")


def read_table(kind: type[S], table: object, file: Path, place: str) -> S:
    """Convert a TOML table to `kind`. Raises `ConfigError` for the first key that does not fit."""
    if not isinstance(table, dict):
        raise ConfigError(file, place, show(table), f"a table of {kind.__name__} keys")
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in table:
        if key not in fields:
            likely = near(key, list(fields))
            allowed = (
                f"did you mean {' or '.join(likely)}?" if likely else ", ".join(sorted(fields))
            )
            raise ConfigError(file, f"{place}.{key}", "an unknown key", allowed)
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in table:
            if field.required:
                raise ConfigError(file, f"{place}.{name}", "nothing", _words(field.type))
            continue
        inside = _tables_of(field.type)
        if inside is not None:
            values[field.name] = _read_tables(inside, table[name], file, f"{place}.{name}")
            continue
        try:
            values[field.name] = msgspec.convert(table[name], field.type)
        except msgspec.ValidationError as error:
            inner = str(error).partition(" - at `$")[2].rstrip("`")
            allowed = str(error).partition(" - at ")[0]
            found = "***" if _SECRET.search(name) else show(table[name])
            raise ConfigError(file, f"{place}.{name}{inner}", found, allowed) from None
    return kind(**values)


def _tables_of(type_: Any) -> type[msgspec.Struct] | None:
    """The kind of table that a key holds by name, if it holds such."""
    inner = get_args(type_)[1] if get_origin(type_) is dict else None
    return inner if isinstance(inner, type) and issubclass(inner, msgspec.Struct) else None


def _read_tables(kind: type[S], tables: object, file: Path, place: str) -> dict[str, S]:
    if not isinstance(tables, dict):
        raise ConfigError(file, place, show(tables), f'tables, {place}."NAME"')
    return {
        name: read_table(kind, table, file, f'{place}."{name}"') for name, table in tables.items()
    }


def show(value: object) -> str:
    """A value as it may be shown in an error: short, and without what could be a secret."""
    text = msgspec.json.encode(_redacted(value), enc_hook=str).decode()
    return f"{text[:60]}..." if len(text) > 63 else text


def _redacted(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: "***" if _SECRET.search(key) else _redacted(inner) for key, inner in value.items()
        }
    return value


def _words(type_: object) -> str:
    return {str: "a text (required)", int: "a whole number (required)"}.get(
        type_ if isinstance(type_, type) else object, "a value (required)"
    )
