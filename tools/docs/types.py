"""Types of fields in words."""

from collections.abc import Mapping

import msgspec
from msgspec import inspect
from tools.docs.markdown import code


def words(kind: inspect.Type, links: Mapping[str, str] | None = None) -> str:
    """A type as a reader of a table wants it; `links` says where a struct is described."""
    links = links or {}
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            return (extra or {}).get("description") or words(inner, links)
        case inspect.UnionType(types=types):
            return " or ".join(
                words(each, links) for each in types if not isinstance(each, inspect.NoneType)
            )
        case inspect.LiteralType(values=values):
            return ", ".join(code(value) for value in values)
        case inspect.EnumType(cls=cls):
            return ", ".join(code(member.value) for member in cls)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _number(kind)
        case inspect.StrType():
            return "text"
        case inspect.DictType(value_type=value):
            return f"table of {words(value, links)}"
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return f"list of {words(item, links)}"
        case inspect.StructType(cls=cls):
            name = cls.__name__
            return f"[table]({links[name]})" if name in links else "table"
        case _:
            raise TypeError(f"tools.docs has no words for {kind}; add some to {__name__}")


def _number(kind: inspect.IntType | inspect.FloatType) -> str:
    name = "whole number" if isinstance(kind, inspect.IntType) else "number"
    bounds = [("from", kind.ge), ("above", kind.gt), ("to", kind.le)]
    limits = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
    return " ".join([name, *limits])


def default(field: msgspec.structs.FieldInfo) -> str:
    """The default of a field: "required", nothing for None, else the value as TOML has it."""
    if field.required:
        return "required"
    value = field.default
    if value is msgspec.NODEFAULT:
        factory = field.default_factory
        assert callable(factory)
        value = factory()
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, msgspec.Struct):
        return toml(msgspec.to_builtins(value))
    return toml(value)


def toml(value: object) -> str:
    """A value in TOML's inline form, in code type."""
    return code(_toml(value))


def _toml(value: object) -> str:
    match value:
        case dict():
            pairs = ", ".join(f"{key} = {_toml(each)}" for key, each in value.items())
            return f"{{ {pairs} }}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case _:
            return f'"{value}"'
