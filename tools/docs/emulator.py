"""The reference of the emulator's faults and settings, from the structs that take them."""

from collections.abc import Iterator
from itertools import starmap

import msgspec
from msgspec import inspect
from tools.docs.markdown import code, prose, sentence, table
from tools.docs.source import members_of, texts_of
from tools.docs.types import default, words

from leasehold.emulator.effects import Effect
from leasehold.emulator.fault_rules import KINDS, METHODS, Rule
from leasehold.emulator.identity.catalog_entries import READY_MADE, CatalogEntry
from leasehold.emulator.settings import Delays, Quota
from leasehold.emulator.timeline import Delay


def page() -> str:
    return f"""# Emulator: faults, delays, quotas, catalogs

What can be set about the emulator, in Python and over its admin route. [Emulator](../emulator.md) shows
how.

## Fault rules

A rule says which calls go wrong, and how. What is left out matches everything.

{_keys(Rule)}

### Effects

The method is the one that a rule without `method` means.

{table(("effect", "method", "meaning"), starmap(_effect, members_of(Effect)))}

### Kinds

{table(("kind", "service", "path"), _kinds())}

## Delays

Seconds, drawn from a triangle: lowest, usual, highest.

{table(("delay", "default", "meaning"), [_delay(field) for field in msgspec.structs.fields(Delays)])}

## Quotas

Of each project; -1 is no limit.

{table(("quota", "default", "unit"), [_quota(field) for field in msgspec.structs.fields(Quota)])}

## Catalogs

The ready-made ones, by name:

{table(("catalog", "type", "name", "path", "regions"), _catalogs())}

An entry of one's own:

{_keys(CatalogEntry)}
"""


def _keys(kind: type[msgspec.Struct]) -> str:
    texts = texts_of(kind)
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    types = {field.name: field.type for field in described.fields}
    return table(
        ("key", "value", "default", "meaning"),
        [
            (code(field.name), _value(types[field.name]), default(field), _meaning(field, texts))
            for field in msgspec.structs.fields(kind)
        ],
    )


def _value(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.EnumType):
        return f"one of the [{kind.cls.__name__.lower()}s](#{kind.cls.__name__.lower()}s)"
    return words(kind)


def _meaning(field: msgspec.structs.FieldInfo, texts: dict[str, str]) -> str:
    plain = {
        "effect": "How the call goes wrong",
        "service": "identity, compute, image, network, volume or reservation",
        "method": "An HTTP method",
        "probability": "Of each match, above 0 and up to 1",
        "message": "The cloud's words, where the effect has some",
        "type": "The service's type",
        "name": "The service's name",
    }
    return sentence(texts.get(field.name) or plain.get(field.name))


def _effect(value: str, text: str) -> tuple[str, str, str]:
    return code(value), METHODS.get(Effect(value), ""), prose(text)


def _kinds() -> list[tuple[str, str, str]]:
    return [(code(kind), service, code(path)) for kind, (service, path) in KINDS.items()]


def _catalogs() -> Iterator[tuple[str, ...]]:
    """A line per service; the name of its catalog stands in the first."""
    for name, entries in READY_MADE.items():
        regions: dict[tuple[str, str, str], list[str]] = {}
        for entry in entries:
            key = (entry.type, entry.name, entry.path)
            regions.setdefault(key, []).append(entry.region or "none")
        label = code(name)
        for (service_type, service, path), found in regions.items() or {("", "", ""): []}.items():
            cells = [code(cell) if cell else "" for cell in (service_type, service, path)]
            yield (label, *cells, ", ".join(found))
            label = ""


def _delay(field: msgspec.structs.FieldInfo) -> tuple[str, str, str]:
    delay = field.default
    assert isinstance(delay, Delay)
    numbers = ", ".join(f"{number:g}" for number in (delay.low, delay.mode, delay.high))
    return code(field.name), numbers, prose(texts_of(Delays).get(field.name))


def _quota(field: msgspec.structs.FieldInfo) -> tuple[str, str, str]:
    unit = texts_of(Quota).get(field.name, "").rstrip(".")
    return code(field.name), f"{field.default:,}", unit
