"""``leasehold nodes add``, ``set``, ``down``, ``up`` and ``remove``."""

from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter

from leasehold.cli.exits import UsageError
from leasehold.cli.nodes import print_nodes
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import print_json
from leasehold.lab.model import Node

_ABOUT = Group("About the nodes", sort_key=1)


@Parameter(name="*", group=_ABOUT)
@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of nodes. An empty text clears."""

    description: Annotated[str | None, Parameter(help="What people should know of them.")] = None
    address: Annotated[
        str | None, Parameter(help="Where a fixed node answers; left out, under its name.")
    ] = None
    os_type: Annotated[str | None, Parameter(help="Its system, such as ubuntu.")] = None
    os_version: Annotated[str | None, Parameter(help="Its version, such as 22.04.")] = None
    arch: Annotated[str | None, Parameter(help="Its architecture, such as x86_64.")] = None
    vm: Annotated[bool | None, Parameter(help="Whether it is a virtual machine.")] = None
    vm_host: Annotated[str | None, Parameter(help="The host of a virtual machine.")] = None
    mac_address: Annotated[str | None, Parameter(help="Its MAC address.")] = None
    ssh_pub_key: Annotated[str | None, Parameter(help="Its SSH host key.")] = None

    def given(self) -> dict[str, Any]:
        """The fields that were given, as the API calls them."""
        found = {name: value for name, value in vars(self).items() if value is not None}
        if "vm" in found:
            found["is_vm"] = found.pop("vm")
        return {name: None if value == "" else value for name, value in found.items()}


NOTHING = About()
Type = Annotated[str, Parameter(name=["--type", "-t"])]
OtherType = Annotated[str | None, Parameter(name=["--type", "-t"])]
NewType = Annotated[bool, Parameter(negative=())]


def add_nodes(
    *nodes: str,
    type: Type,  # noqa: A002 - the option's name
    new_type: NewType = False,
    about: About = NOTHING,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Register nodes: all that are named or, if one cannot be, none.

    Parameters
    ----------
    nodes
        Names, or patterns such as ovh001..ovh100.
    type
        Their machine type.
    new_type
        Let a machine type begin that the configuration does not have: fixed nodes, ready at once.
    """
    body = {"names": _named(nodes), "machine_type": type, "new_type": new_type, **about.given()}
    _print(connection.client().post(list[Node], "/nodes", body), json)


def set_nodes(
    *nodes: str,
    type: OtherType = None,  # noqa: A002 - the option's name
    new_type: NewType = False,
    about: About = NOTHING,
    note: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Say how nodes are: of all that are named or, if one cannot be, of none.

    Parameters
    ----------
    nodes
        Names, or patterns such as ovh001..ovh100.
    type
        Their machine type from now on; a node that is held cannot change it.
    new_type
        Let the machine type begin, if the configuration does not have it.
    note
        What people should know about their condition; an empty text clears it.
    """
    given = about.given()
    if type is not None:
        given |= {"machine_type": type, "new_type": new_type}
    if note is not None:
        given["note"] = note or None
    if not given:
        raise UsageError("say what to set, for example --description; `nodes set --help` tells all")
    _change(nodes, given, json, connection)


def down_nodes(
    *nodes: str,
    note: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Mark nodes down: they are not given out any more. Who holds one keeps it.

    Parameters
    ----------
    nodes
        Names, or patterns such as ovh001..ovh100.
    note
        Why.
    """
    _change(nodes, {"up": False} | ({"note": note} if note else {}), json, connection)


def up_nodes(
    *nodes: str,
    note: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Mark nodes up again: they may be given out.

    Parameters
    ----------
    nodes
        Names, or patterns such as ovh001..ovh100.
    note
        What people should know; left out, the note that there was is cleared.
    """
    _change(nodes, {"up": True, "note": note or None}, json, connection)


def remove_nodes(*nodes: str, connection: Connection = USUAL) -> None:
    """Remove registered nodes: all or none. One that is held stays; history stays in any case.

    Parameters
    ----------
    nodes
        Names, or patterns such as ovh001..ovh100.
    """
    connection.client().post(type(None), "/nodes/remove", {"names": _named(nodes)})


def _change(
    nodes: tuple[str, ...], given: dict[str, Any], json: bool, connection: Connection
) -> None:
    body = {"names": _named(nodes), **given}
    _print(connection.client().post(list[Node], "/nodes/change", body), json)


def _named(nodes: tuple[str, ...]) -> tuple[str, ...]:
    if not nodes:
        raise UsageError("name the nodes, or patterns of them such as ovh001..ovh100")
    return nodes


def _print(nodes: list[Node], json: bool) -> None:
    print_json(nodes) if json else print_nodes(nodes)
