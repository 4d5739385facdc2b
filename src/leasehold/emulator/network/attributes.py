"""What Neutron accepts in a body: which attributes, of which form, from whom.

A `Kind` is a table of attributes; the tables themselves are in `network_kinds`. The texts of the
refusals are those of Neutron, since clients and people match on them.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
from leasehold.emulator.http import Fault

Check = Callable[[Any], Any]
"""Returns the value in its proper form; raises `Wrong` or `Fault`."""

REQUIRED = object()
"""The default of an attribute that a create must give."""

UNGIVEN = object()
"""The default of an attribute that Neutron chooses when a create leaves it out."""


class Wrong(Exception):
    """A value is not of the form asked for; the message is the reason Neutron tells."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a resource, and what one may do with it."""

    name: str
    check: Check | None = None
    default: Any = None
    """Of a create that does not give it; `REQUIRED` refuses such a create."""
    post: bool = False
    put: bool = False
    filters: bool = True
    sorts: bool = False
    admin_writes: bool = False
    admin_reads: bool = False

    @property
    def field(self) -> str:
        """Its name in the record."""
        return self.name.replace(":", "_")


class Kind(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A resource of Neutron: its words and its attributes."""

    singular: str
    plural: str
    path: str
    """Below ``/v2.0``: ``ports``, ``security-groups``."""
    absent: str
    """Neutron's type name of "there is no such thing"."""
    absent_message: str
    """With ``{id}`` for the id."""
    quota: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def by_name(self) -> dict[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    def not_found(self, record_id: str | None) -> Fault:
        return Fault(404, self.absent_message.format(id=record_id), kind=self.absent)

    def forbidden(self, verb: str, attribute: str = "") -> Fault:
        """A policy's refusal; `verb` is ``create``, ``update`` or ``delete``."""
        rule = f"rule:{verb}_{self.singular}"
        if attribute:
            rule = f"({rule} and {rule}:{attribute})"
        return Fault(403, f"{rule} is disallowed by policy", kind="PolicyNotAuthorized")


def bad_request(message: str, kind: str = "HTTPBadRequest") -> Fault:
    return Fault(400, message, kind=kind)


def invalid_input(message: str) -> Fault:
    return bad_request(f"Invalid input for operation: {message}.", "InvalidInput")


def read_new(kind: Kind, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """The values of a create by record field, complete with defaults; raises Fault 400 or 403."""
    given = _with_project(given, caller)
    _refuse_unknown(kind, given)
    values: dict[str, Any] = {"project_id": given.get("project_id", caller.project_id)}
    for attribute in kind.attributes:
        if attribute.name not in given:
            if attribute.default is REQUIRED:
                raise bad_request(
                    f"Failed to parse request. Required attribute '{attribute.name}' not specified"
                )
            if attribute.post:
                values.setdefault(attribute.field, attribute.default)
        elif attribute.name != "project_id":
            if not attribute.post:
                raise bad_request(f"Attribute '{attribute.name}' not allowed in POST")
            values[attribute.field] = _checked(attribute, given[attribute.name])
    _refuse_reserved(kind, given, caller, "create")
    return values


def read_change(kind: Kind, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """The values of an update by record field: only what was given; raises Fault 400 or 403."""
    given = _with_project(given, caller)
    _refuse_unknown(kind, given)
    values = {}
    for name, value in given.items():
        attribute = kind.by_name[name]
        if not attribute.put:
            raise bad_request(f"Cannot update read-only attribute {name}")
        values[attribute.field] = _checked(attribute, value)
    values.pop("project_id", None)
    _refuse_reserved(kind, given, caller, "update")
    return values


def _with_project(given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """``tenant_id`` is the old word for ``project_id``."""
    given = {"project_id" if name == "tenant_id" else name: v for name, v in given.items()}
    if not caller.admin and given.get("project_id", caller.project_id) != caller.project_id:
        raise bad_request(
            "Specifying 'project_id' other than the authenticated project in request is not "
            "allowed for the current user."
        )
    return given


def _refuse_unknown(kind: Kind, given: dict[str, Any]) -> None:
    unknown = sorted(set(given) - set(kind.by_name))
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        raise bad_request(f"Unrecognized attribute(s) {names}")


def _refuse_reserved(kind: Kind, given: dict[str, Any], caller: Caller, verb: str) -> None:
    """A create may name a reserved attribute as long as it only repeats its default."""
    for attribute in kind.attributes:
        if caller.admin or not attribute.admin_writes or attribute.name not in given:
            continue
        if verb != "create" or given[attribute.name] != attribute.default:
            raise kind.forbidden(verb, attribute.name)


def _checked(attribute: Attribute, value: Any) -> Any:
    if attribute.check is None:
        return value
    try:
        return attribute.check(value)
    except Wrong as wrong:
        raise bad_request(f"Invalid input for {attribute.name}. Reason: {wrong}.") from wrong


def view(kind: Kind, record: msgspec.Struct, caller: Caller) -> dict[str, Any]:
    """The record as the API shows it to this caller."""
    shown = {
        name: value
        for name, value in msgspec.to_builtins(record).items()
        if name in kind.by_name and (caller.admin or not kind.by_name[name].admin_reads)
    }
    shown["tenant_id"] = shown["project_id"]
    return shown
