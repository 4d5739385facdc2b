"""Descriptions for the OpenAPI document, from the docstrings of the structs it shows."""

import ast
import inspect
import textwrap

import msgspec
from litestar.openapi.spec import OpenAPI, Schema

from leasehold.engine.reason import Reason
from leasehold.lab import model
from leasehold.service.api import about, clouds, leases, nodes
from leasehold.service.problem import ErrorAnswer, Problem

_SHOWN: tuple[type[msgspec.Struct], ...] = (
    *(model.Node, model.Lease, model.Wish, model.Event, model.CloudObject, model.Story),
    *(model.Step, model.Audit, model.MachineType, Reason, Problem, ErrorAnswer),
    *(leases.LockRequest, leases.Extension, nodes.Unlock, clouds.CloudView),
    *(about.Health, about.Version),
)


def describe(document: OpenAPI) -> None:
    """Fill in what the framework leaves out: a description of each struct and of its fields."""
    schemas = document.components.schemas or {}
    for struct in _SHOWN:
        schema = schemas.get(struct.__name__)
        if schema is None:
            continue
        schema.description = inspect.getdoc(struct)
        texts = field_docs(struct)
        for name, field in (schema.properties or {}).items():
            if isinstance(field, Schema) and name in texts:
                field.description = texts[name]


def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The texts below the fields of a struct and of those it inherits from."""
    found: dict[str, str] = {}
    for kind in reversed(struct.__mro__):
        if not issubclass(kind, msgspec.Struct) or kind is msgspec.Struct:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(doc))),
                ):
                    found[name] = inspect.cleandoc(doc)
    return found
