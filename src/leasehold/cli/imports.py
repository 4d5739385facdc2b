"""``leasehold import``: take over from teuthology and paddles."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from leasehold.cli.exits import Failure, UsageError

if TYPE_CHECKING:  # reading it takes the driver, which costs half a second
    from leasehold.cli.teuthology_draft import Draft

app = App(name="import", help="Take over from teuthology and paddles.", help_format="plaintext")

app.command(
    "leasehold.cli.paddles_import:paddles",
    name="paddles",
    help="Take over the nodes and locks of a running paddles.",
)


@app.command
def teuthology(
    file: Path | None = None,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"], allow_leading_hyphen=True)] = Path(
        "leasehold.toml"
    ),
    force: Annotated[bool, Parameter(negative=())] = False,
    nodes: int | None = None,
    name_server: str | None = None,
) -> None:
    """Write a leasehold.toml that says what a teuthology.yaml says about clouds.

    Passwords go into files of their own beside it, which only you can read. No cloud is asked, and the
    teuthology.yaml stays as it is.

    Parameters
    ----------
    file
        The teuthology.yaml; left out, the one that teuthology itself would read.
    output
        The file to write; - for stdout, and then no file with passwords is written.
    force
        Overwrite files that exist.
    nodes
        How many nodes each machine type has; left out, 10.
    name_server
        HOST or HOST:PORT of a name server of lab_domain, to read back there what nsupdate_url has set.
    """
    from leasehold.cli.teuthology_draft import draft
    from leasehold.lab.teuthology import read, tables_of
    from leasehold.lab.teuthology.keys import public_keys

    if nodes is not None and nodes < 1:
        raise UsageError(f"--nodes: found {nodes}; allowed: 1 or more")
    given = read(file or _found())
    keys = public_keys(given.ssh_key)
    dns = {}
    if given.lab_domain and given.nsupdate_url and name_server:
        domain, url = given.lab_domain, given.nsupdate_url
        dns["lab"] = {"domain": domain, "server": name_server, "nsupdate_url": url}
    tables = tables_of(given, public_keys=keys, dns="lab" if dns else None)
    to_stdout = str(output) == "-"
    name = "leasehold" if to_stdout else output.stem
    drafted = draft(given, tables, nodes=nodes, dns=dns, public_keys=keys, name=name)
    if to_stdout:
        print(drafted.toml, end="")
        for missing in drafted.auth_files:
            print(f"not written: {missing}, with what is secret in driver_args", file=sys.stderr)
    else:
        _write(drafted, output, force=force)
    for note in drafted.notes:
        print(note, file=sys.stderr)


def _found() -> Path:
    """The teuthology.yaml that teuthology would read."""
    from leasehold.lab.teuthology.settings import PLACES

    named = os.environ.get("TEUTHOLOGY_CONFIG")
    places = [Path(each).expanduser() for each in ((named,) if named else ()) + PLACES]
    for place in places:
        if place.exists():
            return place
    raise UsageError(f"no teuthology.yaml at {', '.join(map(str, places))}; name it: FILE")


def _write(drafted: "Draft", output: Path, *, force: bool) -> None:
    """Write the passwords first: a configuration without them would only look as if it worked."""
    from leasehold.files import replace_file
    from leasehold.lab.config import load

    files = {output.with_name(name): text for name, text in drafted.auth_files.items()}
    for path in (*files, output):
        if not force and path.exists():
            raise UsageError(f"{path} exists; --force overwrites it, --output FILE writes another")
    try:
        for path, text in files.items():
            replace_file(path, text, 0o600)
        replace_file(output, drafted.toml, 0o666)
    except OSError as error:
        raise Failure(f"{error.filename or output} cannot be written: {error.strerror}") from None
    load(output)
    for path in files:
        print(f"wrote {path}, with passwords; only you can read it", file=sys.stderr)
    print(f"wrote {output}")
