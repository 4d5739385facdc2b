"""``leasehold init``: look at a cloud, and write a configuration that works with it."""

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from leasehold.cli.exits import UsageError

if TYPE_CHECKING:  # the driver costs half a second: imported when a cloud is really looked at
    from leasehold.cli.choice import Choice, Seen
    from leasehold.openstack import Connection


def init(
    *,
    cloud: str | None = None,
    region: str | None = None,
    output: Annotated[Path, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)] = Path(
        "leasehold.toml"
    ),
    force: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Look at a cloud and write a leasehold.toml that works with it.

    Reads only: images, flavors, networks, security groups, key pairs and quota. Each choice is
    explained in the file, with what else there is.

    Parameters
    ----------
    cloud
        A name in clouds.yaml; left out, OS_CLOUD or the OS_* variables are used.
    region
        Its region, where it has several.
    output
        The file to write; - for stdout.
    force
        Overwrite the file if it exists.
    """
    to_stdout = str(output) == "-"
    if not to_stdout and not force and output.exists():
        raise UsageError(
            f"{output} exists; --force overwrites it, --output FILE writes another one"
        )
    from leasehold.cli.choice import choose
    from leasehold.cli.draft import draft
    from leasehold.openstack import connect

    with connect(cloud, region=region) if region else connect(cloud) as connection:
        seen = look(connection)
    choice = choose(seen)
    text = draft(connection.settings.name, region, seen, choice)
    if to_stdout:
        print(text, end="")
    else:
        output.write_text(text)
        _check(output)
        print(f"wrote {output}")
    _tell(choice)


def look(connection: "Connection") -> "Seen":
    """Read everything that the choice needs. Raises `OpenStackError`."""
    from leasehold.cli.choice import Seen
    from leasehold.engine.openstack_offers import limits_of

    project = connection.identity().project_id
    subnets = tuple(connection.network.subnets())
    return Seen(
        project_id=project,
        images=tuple(connection.image.images(status="active")),
        flavors=tuple(connection.compute.flavors()),
        networks=tuple(connection.network.networks()),
        subnets=subnets,
        security_groups=tuple(connection.network.security_groups(project_id=project)),
        key_pairs=tuple(key.name for key in connection.compute.key_pairs()),
        limits=limits_of(connection),
        here=tuple({address for each in subnets if (address := _address_towards(each.gateway_ip))}),
    )


def _address_towards(gateway: str | None) -> str | None:
    """This machine's address on its way to another one; a UDP socket sends nothing to learn it."""
    if gateway is None:
        return None
    family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((gateway, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _check(output: Path) -> None:
    """Read back what was written: a mistake of ours must show here and not in `serve`."""
    from leasehold.lab.config import load

    load(output)


def _tell(choice: "Choice") -> None:
    picks = (
        ("image", f"{choice.image.name} (account {choice.ssh_user})", choice.image_why),
        ("flavor", choice.flavor.name, choice.flavor_why),
        ("network", choice.network.name, choice.network_why),
        ("floating IP", choice.floating_ip, choice.floating_why),
        ("security", choice.security_group or "default", choice.security_why),
        ("nodes", choice.nodes, choice.nodes_why),
    )
    for name, picked, why in picks:
        print(f"{name:<12} {picked}: {why}" if picked else f"{name:<12} {why}", file=sys.stderr)
    if choice.security_remedy:
        print(f"\n    {choice.security_remedy}", file=sys.stderr)
    print("\nNext: `leasehold serve`, then in another terminal `leasehold lock`.", file=sys.stderr)
