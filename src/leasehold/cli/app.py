"""The command line: which commands there are. Each is imported when it is called."""

import os
import shlex
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group, UnusedCliTokensError

from leasehold import __version__
from leasehold.cli.arguments import arranged
from leasehold.cli.exits import MEANINGS, Exit, exit_of
from leasehold.errors import LeaseholdError

_EPILOGUE = "Exit codes:\n" + "\n".join(
    f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()
)

_USE = Group("Lock and use", sort_key=1)
_LOOK = Group("Look", sort_key=2)
_RUN = Group("Run a lab", sort_key=3)

COMMANDS = (
    (_USE, "lock", "lock:lock", "Lock nodes of a machine type and wait until they are ready."),
    (_USE, "ssh", "ssh:ssh", "Open a shell on a node, or run a command there."),
    (_USE, "extend", "leases:extend", "Keep a lease longer."),
    (_USE, "hold", "terms:hold", "Keep a lease without end, until it is unheld or given back."),
    (_USE, "unhold", "terms:unhold", "Give a held lease an end again."),
    (
        _USE,
        "amend",
        "terms:amend",
        "Change what a lease is for or, while it waits, its priority.",
    ),
    (_USE, "unlock", "unlock:unlock", "Give nodes, or a whole lease, back."),
    (
        _USE,
        "dataset",
        "datasets:app",
        "Make, move, grow, snapshot and delete datasets: named data on volumes.",
    ),
    (_LOOK, "nodes", "nodes:app", "List nodes, register more, mark them down or up."),
    (_LOOK, "show", "nodes:show", "Show a node: its lease, its objects in the cloud, its history."),
    (_LOOK, "leases", "leases:leases", "List leases: who holds or waits for what."),
    (_LOOK, "explain", "explain:explain", "Say what a lease waits for, and when it can be ready."),
    (_LOOK, "events", "events:events", "Print what happened, and follow what happens."),
    (_LOOK, "plan", "plan:plan", "Show what the engine would do now with each object, and why."),
    (
        _LOOK,
        "machine-types",
        "machine_types:app",
        "List what can be locked, and resume a machine type that is paused.",
    ),
    (_LOOK, "boots", "boots:boots", "Show how often servers come up, and why others did not."),
    (_RUN, "init", "init:init", "Look at a cloud and write a leasehold.toml that works with it."),
    (_RUN, "import", "imports:app", "Take over from teuthology and paddles."),
    (_RUN, "serve", "serve:serve", "Run the service."),
    (
        _RUN,
        "clouds",
        "clouds:app",
        "Check and audit clouds, and show what their catalogs offer.",
    ),
    (_RUN, "dns", "dns:app", "Let users set names in DNS without the zone's key."),
    (_RUN, "ca", "ca:app", "Issue, revoke and rotate the certificates of Flocker's REST API."),
    (_RUN, "db", "db:app", "Check the ledger's database, or move the ledger to another one."),
    (_RUN, "agent", "agent:app", "Mount this server's datasets, and give them to Docker."),
    (
        _RUN,
        "token",
        "token:app",
        "Make, list and revoke tokens, by which people and programs call the service.",
    ),
    (
        _RUN,
        "audit-log",
        "audit_log:audit_log",
        "Show who changed what, from where, or wanted to and was refused.",
    ),
    (_RUN, "emulator", "emulator:emulator", "Run an OpenStack in one process, to try things on."),
    (_RUN, "demo", "demo:demo", "Show the whole job on an emulated cloud, and clean up."),
    (_RUN, "version", "version:version", "Print the version."),
)


def make_app(called: str | None = None) -> App:
    """Build the parser. Only the module of the command that is `called` may be imported by it.

    That one shows its whole docstring as help; the others are listed by their summaries here.
    """
    app = App(
        name="leasehold",
        help="Lock machines of an OpenStack cloud, use them, and give every one of them back.",
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        version=__version__,
        version_flags=["--version"],
    )
    for place, (group, name, target, summary) in enumerate(COMMANDS):
        app.command(
            f"leasehold.cli.{target}",
            name=name,
            help=None if name == called else summary,
            group=group,
            sort_key=place,
        )
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are told on stderr in one line."""
    words = arranged(arguments)
    try:
        code = make_app(words[0] if words else None)(
            words,
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
    except CycloptsError as error:
        called = " ".join(("leasehold", *(error.command_chain or ())))
        return _fail(f"{_words(error)}\nTry `{called} --help`.", Exit.USAGE)
    except LeaseholdError as error:
        return _fail(str(error), exit_of(error))
    except KeyboardInterrupt:
        return _fail("interrupted", Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone, as with `| head`; python must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except OSError as error:
        # A file that is missing, a directory that cannot be written: the path says what to do.
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", Exit.FAILED)
    return Exit.OK if code is None else int(code)


def _fail(message: str, code: Exit) -> int:
    print(f"leasehold: {message}", file=sys.stderr)
    return code


def _words(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"found {shlex.join(error.unused_tokens or ())}, which it does not take"
    return " ".join(str(error).split())
