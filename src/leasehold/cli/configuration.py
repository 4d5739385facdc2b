"""Which configuration file a command reads."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.exits import UsageError

ConfigFile = Annotated[
    Path | None,
    Parameter(
        name="--config",
        env_var="LEASEHOLD_CONFIG",
        help="Configuration file; left out: ./leasehold.toml, ~/.config/leasehold/leasehold.toml"
        " or /etc/leasehold/leasehold.toml.",
    ),
]


def places() -> tuple[Path, ...]:
    """Where a configuration is looked for, the first one found counts."""
    return (
        Path("leasehold.toml"),
        own_directory() / "leasehold.toml",
        Path("/etc/leasehold/leasehold.toml"),
    )


def own_directory() -> Path:
    """The user's own directory for Leasehold's files."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "leasehold"


def find_config(named: Path | None) -> Path:
    """The configuration file: the one named, or the first of `places`. Raises `UsageError`."""
    if named is not None:
        return named
    for place in places():
        if place.exists():
            return place
    looked = ", ".join(str(place) for place in places())
    raise UsageError(
        f"no configuration found; looked for {looked}. `leasehold init --cloud NAME` writes one,"
        " --config FILE or LEASEHOLD_CONFIG names one."
    )
