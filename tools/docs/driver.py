"""The page of verbs: what the driver can do, by client."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType

from tools.docs.markdown import code, sentence, table
from tools.docs.source import doc

from leasehold.openstack.compute.client import Compute
from leasehold.openstack.compute_v1.client import ComputeV1
from leasehold.openstack.image.client import ImageService
from leasehold.openstack.network.client import Networking
from leasehold.openstack.nova_network.client import NovaNetwork
from leasehold.openstack.nova_volume.client import NovaVolume
from leasehold.openstack.reservation.client import Reservations
from leasehold.openstack.volume.client import BlockStorage

CLIENTS: dict[str, type] = {
    "compute": Compute,
    "image": ImageService,
    "network": Networking,
    "volume": BlockStorage,
    "reservation": Reservations,
    "nova_network": NovaNetwork,
    "nova_volume": NovaVolume,
    "compute_v1": ComputeV1,
}
"""By the name that they have on a connection."""


def page() -> str:
    sections = "\n\n".join(_section(name, client) for name, client in CLIENTS.items())
    return f"""# Verbs of the driver

What [the driver](../driver.md) can do, by client: `cloud.compute.servers(status="ACTIVE")`. What stands
behind a `*` is given by name. The docstring of a verb tells more: limits, units and errors.

{sections}
"""


def verbs_of(client: type) -> list[str]:
    """The names of all verbs of a client."""
    return [verb.__name__ for part in _parts(client) for verb in _verbs(part)]


def _section(name: str, client: type) -> str:
    tables = [_table(part) for part in _parts(client)]
    return "\n\n".join([f"## {name}", sentence(_module_doc(client)), *tables])


def _module_doc(client: type) -> str:
    package = inspect.getmodule(client)
    assert package is not None
    return doc(package).splitlines()[0]


def _parts(client: type) -> Iterator[type]:
    """The classes that a client is made of, those with verbs."""
    for part in client.__mro__:
        if part.__module__.startswith("leasehold.") and any(_verbs(part)):
            yield part


def _verbs(part: type) -> list[FunctionType]:
    return [
        member
        for name, member in vars(part).items()
        if isinstance(member, FunctionType) and not name.startswith("_")
    ]


def _table(part: type) -> str:
    rows = [_row(verb) for verb in _verbs(part)]
    return "\n\n".join([f"**{_first(doc(part))}**", table(("verb", "gives", "does"), rows)])


def _row(verb: FunctionType) -> tuple[str, str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(verb))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    gives = ast.unparse(tree.returns) if tree.returns else ""
    shown = "" if gives == "None" else code(gives)
    return code(f"{tree.name}({_arguments(tree.args)})"), shown, _first(doc(verb))


def _arguments(given: ast.arguments) -> str:
    """The arguments without their types, and without ourselves."""
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.kwarg, given.vararg):
        if argument is not None:
            argument.annotation = None
    given.args = given.args[1:]
    return ast.unparse(given)


def _first(text: str) -> str:
    """The first sentence of a docstring; one that names an example goes on behind a full stop."""
    return sentence(text.split("\n\n")[0].split(". ")[0].rstrip("."))
