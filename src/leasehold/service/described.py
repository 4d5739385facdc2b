"""Descriptions for the OpenAPI document, from the docstrings of the structs it shows."""

import ast
import inspect
import textwrap

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPI, Schema

from leasehold.datasets import model as dataset_model
from leasehold.datasets import protocol
from leasehold.engine.condition import Quota
from leasehold.engine.reason import Reason
from leasehold.engine.watch import Fault
from leasehold.lab import boot, model, takeover
from leasehold.lab.node_row import NodeChange, NodeRow
from leasehold.lab.rights import roles_with
from leasehold.service.api import about, agents, clouds, datasets, leases, nodes
from leasehold.service.api import takeover as takeover_routes
from leasehold.service.api import tokens as token_routes
from leasehold.service.audit_entry import AuditEntry
from leasehold.service.guard import needed
from leasehold.service.problem import ErrorAnswer, Problem
from leasehold.service.token import NewToken, Token

_SHOWN: tuple[type[msgspec.Struct], ...] = (
    *(model.Node, model.Lease, model.Wish, model.Event, model.CloudObject, model.Story),
    *(model.Step, model.Audit, model.MachineType, Reason, Problem, ErrorAnswer),
    *(leases.LockRequest, leases.Extension, leases.Force, leases.NewEnd, leases.Amendment),
    *(nodes.Unlock, clouds.CloudView),
    *(nodes.NewNodes, NodeChange, nodes.ChangedNodes, nodes.RemovedNodes),
    *(takeover.NodeThere, takeover.LockThere, takeover.TakeoverReport, takeover.TakeoverConflict),
    *(takeover_routes.TakeoverRequest, NodeRow),
    *(boot.Boot, boot.BootRate, boot.BootReport, boot.Trouble),
    *(Quota, Fault),
    *(Token, NewToken, token_routes.TokenRequest, AuditEntry),
    *(dataset_model.Dataset, dataset_model.DatasetSnapshot, dataset_model.DatasetWish),
    *(dataset_model.Source, dataset_model.Hold, dataset_model.FormerVolume, dataset_model.Profile),
    *(dataset_model.AgentNode, dataset_model.NewAgent, agents.AgentRequest),
    *(datasets.DatasetRequest, datasets.Move, datasets.Growth, datasets.SnapshotRequest),
    *(datasets.Restoration, datasets.HoldRequest),
    *(protocol.Report, protocol.DatasetReport, protocol.Orders, protocol.Order),
    *(protocol.FormatPermit,),
    *(about.Health, about.Version),
)


def describe(application: Litestar) -> None:
    """Fill in what the framework leaves out of its OpenAPI document: descriptions of structs and of
    their fields, and the roles that may call each route."""
    document = application.openapi_schema
    _describe_rights(application, document)
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


def _describe_rights(application: Litestar, document: OpenAPI) -> None:
    rights = {
        str(handler.operation_id): needed(handler)
        for route in application.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.operation_id
    }
    for item in (document.paths or {}).values():
        for operation in (item.get, item.post, item.put, item.patch, item.delete):
            if operation is None:
                continue
            right = rights[str(operation.operation_id)]
            roles = [role.value for role in roles_with(right)] if right else None
            # A service without tokens lets its own machine do everything: the empty choice.
            operation.security = [{}] if roles is None else [{"token": roles}, {}]
