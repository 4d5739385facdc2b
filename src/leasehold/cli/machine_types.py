"""``leasehold machine-types``: what can be locked; and one that is paused, again."""

from cyclopts import App

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import print_json, print_table
from leasehold.lab.boot import BootReport
from leasehold.lab.duration import format_duration
from leasehold.lab.model import MachineType

app = App(
    name="machine-types",
    help="List what can be locked, and resume a machine type that is paused.",
    help_format="plaintext",
)


@app.default
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


@app.command
def resume(
    machine_type: str,
    *,
    connection: Connection = USUAL,
) -> None:
    """Boot servers of a machine type again at once, though they failed again and again.

    Parameters
    ----------
    machine_type
        Its name, as in leasehold.toml.
    """
    connection.client().post(BootReport, f"/machine-types/{machine_type}/resume")
    print(f"{machine_type} is no longer paused.")
