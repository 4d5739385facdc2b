"""``leasehold nodes`` and ``leasehold show``."""

from collections.abc import Iterable
from typing import Annotated

from cyclopts import App, Parameter

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, clean, local, print_json, print_table
from leasehold.lab.model import Lease, Node, NodeState, Story

app = App(
    name="nodes",
    help="List nodes, register more, mark them down or up.",
    help_format="plaintext",
)
for _name, _summary in (
    ("add", "Register nodes: all that are named or, if one cannot be, none."),
    ("set", "Say how nodes are: of all that are named or, if one cannot be, of none."),
    ("down", "Mark nodes down: they are not given out any more. Who holds one keeps it."),
    ("up", "Mark nodes up again: they may be given out."),
    (
        "remove",
        "Remove registered nodes: all or none. One that is held stays; history stays in any case.",
    ),
):
    app.command(f"leasehold.cli.registering:{_name}_nodes", name=_name, help=_summary)


@app.default
def nodes(
    *,
    type: Annotated[str | None, Parameter(name=["--type", "-t"])] = None,  # noqa: A002 - the option's name
    state: NodeState | None = None,
    mine: Annotated[bool, Parameter(negative=())] = False,
    up: bool | None = None,
    os_type: str | None = None,
    os_version: str | None = None,
    arch: str | None = None,
    description: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """List nodes: state, owner, address, and why one waits.

    Parameters
    ----------
    type
        Only of this machine type, or of these: 'a|b'.
    state
        Only in this state.
    mine
        Only those that you hold.
    up
        Only those that may be given out; with --no-up, only the others.
    os_type
        Only fixed nodes with this system.
    os_version
        Only fixed nodes with this version of it.
    arch
        Only fixed nodes of this architecture.
    description
        Only with this in their description.
    """
    client = connection.client()
    found = client.get(
        list[Node], "/nodes", machine_type=type, state=state and state.value,
        owner=connection.me if mine else None, up=None if up is None else str(up).lower(),
        os_type=os_type, os_version=os_version, arch=arch, description=description,
    )  # fmt: skip
    print_json(found) if json else print_nodes(found)


def print_nodes(found: Iterable[Node]) -> None:
    """A table of them."""
    print_table(
        ("node", "type", "state", "since", "owner", "address", "why"),
        [
            (n.name, n.machine_type, _state(n), ago(n.since), n.owner, address(n), n.reason)
            for n in found
        ],
    )


def show(
    node: str,
    *,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Show a node: its lease, its objects in the cloud, its history.

    Parameters
    ----------
    node
        The node's name.
    """
    story = connection.client().get(Story, f"/nodes/{node}")
    if json:
        print_json(story)
        return
    shown, lease = story.node, story.lease
    facts = [
        ("node", shown.name),
        ("type", f"{shown.machine_type} {_place(shown)}"),
        ("state", f"{_state(shown)} since {local(shown.since)} ({ago(shown.since)})"),
        ("why", shown.reason),
        ("note", shown.note),
        ("about", shown.description),
        ("system", " ".join(filter(None, (shown.os_type, shown.os_version, shown.arch)))),
        ("VM on", shown.vm_host),
        ("MAC", shown.mac_address),
        ("owner", shown.owner),
        ("lease", lease and f"{lease.id}, {lease.state}{_until(lease)}"),
        ("purpose", lease and lease.purpose),
        ("name", shown.host_name),
        ("address", shown.address and f"{shown.ssh_user}@{address(shown)}"),
        ("host key", shown.host_key),
        ("server", shown.server_id),
    ]  # fmt: skip
    for name, value in facts:
        if value:
            print(f"{name:<9}{clean(str(value))}")
    if story.objects:
        print("\nIn the cloud and in DNS:" if shown.host_name else "\nIn the cloud:")
        print_table(
            ("kind", "state", "cloud id", "our id", "why"),
            [(o.kind, o.state, o.cloud_id, o.id, o.reason) for o in story.objects],
        )
    if story.history:
        print("\nHistory:")
        print_table(
            ("when", "what", "state", "why"),
            [
                (local(e.at), e.object or e.node or e.lease, e.state, e.reason)
                for e in story.history
            ],
        )


def _state(node: Node) -> str:
    """Its state; of one that is held it is said if it will not be given out again."""
    marked = not node.up and node.state is not NodeState.DOWN
    return f"{node.state} (down)" if marked else node.state.value


def _place(node: Node) -> str:
    return f"in cloud {node.cloud}" if node.kind == "cloud" else "(fixed)"


def _until(lease: Lease) -> str:
    return f", until {local(lease.until)} ({ago(lease.until)})" if lease.until else ""


def address(node: Node) -> str | None:
    """The node's address, with its port where that is not SSH's own."""
    if node.address is None or node.ssh_port == 22:
        return node.address
    return f"{node.address}:{node.ssh_port}"
