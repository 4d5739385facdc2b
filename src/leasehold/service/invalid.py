"""What is wrong with a request: Litestar's and msgspec's findings, as field, found and allowed."""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException
from msgspec import inspect

from leasehold.engine.choice import near

_EXPECTED = re.compile(r"Expected `(?P<allowed>.+?)`(?:, got `(?P<found>.+?)`)?")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.+)`")
_MISSING = re.compile(r"Object missing required field `(?P<field>.+)`")


class BadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a request must have otherwise."""

    field: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: found {self.found}; allowed: {self.allowed}"


def explain(request: Request[Any, Any, Any], error: ValidationException) -> BadRequest:
    """Say which field is wrong, from the first finding that the framework made.

    Its findings name the argument of our function; callers know the query parameter, the header
    or the key of the body, so that is what they are told.
    """
    details = error.extra if isinstance(error.extra, list) and error.extra else [{}]
    key, text = str(details[0].get("key", "")), str(details[0].get("message", ""))
    body = _body_of(request)
    if body is not None and (unknown := _UNKNOWN.search(text)):
        name = unknown["field"]
        known = [field.encode_name for field in body.fields]
        return BadRequest(
            field=name,
            found="an unknown field",
            allowed=" or ".join(near(name, known)) or ", ".join(known),
        )
    if body is not None and (missing := _MISSING.search(text)):
        name = missing["field"]
        return BadRequest(field=name, found="nothing", allowed=_allowed(_field(body, name)))
    if body is not None and key == "data":
        usual = [field.encode_name for field in body.fields if field.required]
        usual = usual or [body.fields[0].encode_name]
        allowed = f"JSON with {', '.join(usual)}"
        return BadRequest(field="body", found="nothing", allowed=allowed)
    return _wrong_value(request, key, text, body)


def _wrong_value(
    request: Request[Any, Any, Any], key: str, text: str, body: inspect.StructType | None
) -> BadRequest:
    signature = request.route_handler.parsed_fn_signature.parameters
    matched = _EXPECTED.search(text)
    if key in signature:
        name = getattr(signature[key].kwarg_definition, "name", None) or key
        raw = request.query_params.get(name) or request.headers.get(name)
        model = inspect.type_info(request.route_handler.signature_model)
        kind = _field(model, key) if isinstance(model, inspect.StructType) else None
    else:
        name, raw = key, None
        kind = _field(body, key.partition(".")[0].partition("[")[0]) if body else None
    found = repr(raw) if raw is not None else (matched and matched["found"]) or "another value"
    return BadRequest(
        field=name,
        found=found,
        allowed=_allowed(kind) if kind else (matched and matched["allowed"]) or "another value",
    )


def _body_of(request: Request[Any, Any, Any]) -> inspect.StructType | None:
    data = request.route_handler.parsed_fn_signature.parameters.get("data")
    kind = inspect.type_info(data.annotation) if data is not None else None
    return kind if isinstance(kind, inspect.StructType) else None


def _field(struct: inspect.StructType, name: str) -> inspect.Type | None:
    return next((field.type for field in struct.fields if field.encode_name == name), None)


def _allowed(kind: inspect.Type | None) -> str:
    """A type in words."""
    match kind:
        case inspect.Metadata():
            return _allowed(kind.type)
        case inspect.UnionType():
            return " or ".join(
                _allowed(each) for each in kind.types if not isinstance(each, inspect.NoneType)
            )
        case inspect.EnumType():
            return ", ".join(str(member.value) for member in kind.cls)
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            words = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            bounds = [("at least", kind.ge), ("more than", kind.gt), ("at most", kind.le)]
            limits = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
            return ", ".join([words, *limits])
        case inspect.StrType():
            return "a text"
        case inspect.VarTupleType() | inspect.ListType():
            at_least = f", at least {kind.min_length} of them" if kind.min_length else ""
            return f"a list, each {_allowed(kind.item_type)}{at_least}"
        case _:
            return "another value"
