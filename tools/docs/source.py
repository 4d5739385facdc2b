"""What the source says beside the code: the texts that stand under fields and enum members."""

import ast
import inspect
import textwrap
from enum import Enum


def texts_of(kind: type) -> dict[str, str]:
    """The text under each field or member of a class and of those it inherits from."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("leasehold."):
            found |= _own_texts(each)
    return found


def _own_texts(kind: type) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        name = _name(field)
        match text:
            case ast.Expr(value=ast.Constant(value=str(doc))) if name:
                found[name] = inspect.cleandoc(doc)
    return found


def _name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None


def members_of(kind: type[Enum]) -> list[tuple[str, str]]:
    """The value of each member, and the text under it."""
    texts = texts_of(kind)
    return [(str(member.value), texts.get(member.name, "")) for member in kind]


def doc(thing: object) -> str:
    """The docstring, cleaned."""
    return inspect.getdoc(thing) or ""
