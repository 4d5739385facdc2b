"""``leasehold boots``: how often servers come up, and the dossiers of those that did not."""

from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, clean, local, print_json, print_table
from leasehold.lab.boot import Boot, BootRate, BootReport


def boots(
    boot: int | None = None,
    *,
    type: Annotated[str | None, Parameter(name=["--type", "-t"])] = None,  # noqa: A002 - the option's name
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Show how often servers come up, and why others did not.

    The last week is looked at.

    Parameters
    ----------
    boot
        The number of a boot; its dossier is shown, with what the server printed.
    type
        Only of this machine type.
    """
    client = connection.client()
    if boot is not None:
        dossier = client.get(Boot, f"/boots/{boot}")
        print_json(dossier) if json else _show(dossier)
        return
    report = client.get(BootReport, "/boots", machine_type=type)
    if json:
        print_json(report)
        return
    if not report.rates:
        print("No server was booted in the last week.")
        return
    print_table(
        ("type", "boots", "failed", "rate", "takes", "paused"),
        [
            (r.machine_type, r.boots, r.failed, _rate(r), _seconds(r.seconds), r.paused)
            for r in report.rates
        ],
    )
    troubles = [(r.machine_type, trouble) for r in report.rates for trouble in r.troubles]
    if troubles:
        print()
        print_table(
            ("type", "cause", "boots", "last", "number", "what it said"),
            [
                (name, t.cause, t.count, ago(t.last.ended_at), t.last.id, t.last.reason)
                for name, t in troubles
            ],
        )
        print("\n`leasehold boots NUMBER` shows one with its console.")


def _rate(rate: BootRate) -> str:
    return f"{100 * (rate.boots - rate.failed) / rate.boots:.0f} %"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.0f} s"


def _show(boot: Boot) -> None:
    facts = [
        ("boot", boot.id),
        ("node", f"{boot.node}, {boot.machine_type} in cloud {boot.cloud}"),
        ("lease", f"{boot.lease}, attempt {boot.attempt}"),
        ("server", boot.server_id or "none was made"),
        ("made of", f"image {boot.image}, flavor {boot.flavor}"),
        ("zone", boot.zone),
        ("planned", local(boot.planned_at)),
        ("taken", boot.taken_at and local(boot.taken_at)),
        ("reached", boot.reached_at and local(boot.reached_at)),
        ("ready" if boot.ok else "failed", local(boot.ended_at)),
        ("why", boot.reason),
    ]  # fmt: skip
    for name, value in facts:
        if value:
            print(f"{name:<9} {clean(str(value))}")
    if boot.console:
        print("\nConsole:")
        for line in boot.console.splitlines():
            print(f"  {clean(line)}")
