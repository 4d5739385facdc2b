"""``leasehold plan`` and ``leasehold machine-types``."""

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, print_json, print_table
from leasehold.lab.duration import format_duration
from leasehold.lab.model import MachineType, Step


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


def machine_types(
    *,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """List what can be locked, and how much of it is free."""
    found = connection.client().get(list[MachineType], "/machine-types")
    if json:
        print_json(found)
        return
    print_table(
        ("type", "free", "nodes", "cloud", "image", "flavor", "lasts", "at most"),
        [
            (
                each.name,
                each.free,
                each.nodes,
                each.cloud,
                each.image,
                each.flavor,
                format_duration(each.seconds),
                format_duration(each.max_seconds),
            )
            for each in found
        ],
    )
