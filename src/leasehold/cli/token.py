"""``leasehold token``: a new token, shown once."""

import re
import sys

from leasehold.cli.exits import UsageError
from leasehold.service.tokens import fingerprint, new_token

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*")


def token(name: str) -> None:
    """Make a token for a user of the service.

    The token itself is kept nowhere. The service gets its fingerprint: a line for leasehold.toml.

    Parameters
    ----------
    name
        Whose token it is; nodes locked with it belong to this name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"NAME: found {name!r}; allowed: letters, digits and @ . _ - (such as ann@lab)"
        )
    made = new_token()
    print(made)
    print(
        f"\nGive this token to {name}; it is not shown again. They use it as LEASEHOLD_TOKEN."
        "\nThe service knows it by this line in leasehold.toml (restart it then):\n"
        f'\n[service.tokens]\n"{name}" = "{fingerprint(made)}"',
        file=sys.stderr,
    )
