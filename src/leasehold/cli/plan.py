"""``leasehold plan``."""

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, print_json, print_table
from leasehold.lab.model import Step


def plan(
    *,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Show what the engine would do now with each object, and why."""
    steps = connection.client().get(list[Step], "/plan")
    if json:
        print_json(steps)
    elif not steps:
        print("Nothing is to be done.")
    else:
        print_table(
            ("cloud", "node", "kind", "object", "does", "due", "why"),
            [(s.cloud, s.node, s.kind, s.object, s.action, ago(s.due), s.reason) for s in steps],
        )
