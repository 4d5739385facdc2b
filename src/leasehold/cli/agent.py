"""``leasehold agent``: mounts this server's datasets, and says how they are."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from leasehold.cli.exits import Exit
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, print_json, print_table
from leasehold.datasets.agent.config import DEFAULT
from leasehold.datasets.model import AgentNode, NewAgent

app = App(
    name="agent",
    help="Mount this server's datasets, and give them to Docker.",
    help_format="plaintext",
)

ConfigPath = Annotated[
    Path, Parameter(name=("--config", "-c"), help="The agent's configuration file.")
]


@app.default
def run(*, config: ConfigPath = DEFAULT, obey_anew: bool = False) -> Exit:
    """Run the agent of this server until SIGTERM or Ctrl-C, as root.

    What is mounted stays mounted when it ends, and containers keep running.

    Parameters
    ----------
    obey_anew
        Obey whichever Leasehold answers first, though this server obeyed another one before.
    """
    from leasehold.datasets.agent.config import load
    from leasehold.datasets.agent.process import configure_logs, serve

    configure_logs()
    serve(load(config), obey_anew=obey_anew)
    return Exit.OK


@app.command
def status(*, config: ConfigPath = DEFAULT, json: AsJson = False) -> Exit:
    """Say whether the agent runs, hears the service, and how each dataset is here.

    Exits with 1 if anything of it is not well, so that it serves as a health check.
    """
    from leasehold.datasets.agent.config import load
    from leasehold.datasets.agent.status import Status, read_status

    found: Status = read_status(load(config).state)
    if json:
        print_json(found)
    else:
        heard = "it was never heard" if found.heard_at is None else "it is heard"
        print(f"agent    {'running' if found.running else 'not running: start `leasehold agent`'}")
        print(f"service  {found.service}: {found.trouble or heard}")
        print(f"server   {found.report.server_id}")
        print(f"docker   {found.docker_socket or 'off'}\n")
        print_table(
            ("dataset", "device", "mounted at", "users", "trouble"),
            [
                (
                    found.names.get(each.dataset, each.dataset),
                    each.device,
                    each.mounted,
                    len(each.users),
                    each.error,
                )
                for each in found.report.datasets
            ],
        )
    sys.stdout.flush()
    return Exit.OK if found.is_well else Exit.FAILED


@app.command
def token(
    node: str,
    *,
    cloud: str | None = None,
    server_id: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Have the service register a node, and make the token that its agent needs.

    Print the token, which is not shown again. The node's token before is worth nothing then.

    Parameters
    ----------
    node
        What to call the node.
    cloud
        The cloud that its server is in; left out, the only one.
    server_id
        The cloud's id of its server: the token is then good for no other.
    """
    body = {"name": node, "cloud": cloud, "server": server_id}
    made = connection.client().post(NewAgent, "/agents", body)
    if json:
        print_json(made)
        return
    print(made.token)
    print(
        f"\nWrite this token into the file `token_file` of the agent on {made.node.name}; it is not"
        " shown again.",
        file=sys.stderr,
    )


@app.command(name="list")
def list_(*, json: AsJson = False, connection: Connection = USUAL) -> None:
    """List the nodes that agents run on, and when each was heard of last."""
    found = connection.client().get(list[AgentNode], "/agents")
    if json:
        print_json(found)
        return
    print_table(
        ("node", "agent", "heard", "server", "cloud", "version"),
        [
            (
                each.name,
                "online" if each.online else "silent",
                ago(each.seen_at) if each.seen_at else "never",
                each.server_id,
                each.cloud,
                each.version,
            )
            for each in found
        ],
    )


@app.command
def remove(node: str, *, json: AsJson = False, connection: Connection = USUAL) -> None:
    """Forget a node and its token. Refused while datasets belong there.

    Parameters
    ----------
    node
        The node's name, as `leasehold agent list` shows it.
    """
    gone = connection.client().delete(AgentNode, f"/agents/{node}")
    print_json(gone) if json else print(f"{gone.name} removed")
