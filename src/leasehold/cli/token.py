"""``leasehold token``: who may call the service, in which role."""

import sys
from typing import Annotated

from cyclopts import App, Parameter

from leasehold.cli.exits import UsageError
from leasehold.cli.options import USUAL, AsJson, Connection, Nameless
from leasehold.cli.tables import local, print_json, print_table
from leasehold.lab.rights import Role
from leasehold.service.fingerprints import NAME, NAME_ALLOWED, fingerprint, new_token
from leasehold.service.token import NewToken, Token

app = App(
    name="token",
    help="Make, list and revoke tokens, by which people and programs call the service.",
    help_format="plaintext",
)

RoleOption = Annotated[Role, Parameter(name="--role")]
OwnerOption = Annotated[str | None, Parameter(name=["--owner", "--for"])]
_NAMELESS = Nameless()


@app.default
def for_configuration(
    name: str, /, *, role: RoleOption = Role.USER, owner: OwnerOption = None
) -> None:
    """Make, list and revoke tokens, by which people and programs call the service.

    With a NAME alone: make a token without asking a service, and print the line by which
    leasehold.toml makes it known. So the first administrator gets one, and one who lost theirs.

    Parameters
    ----------
    name
        What to call the token.
    role
        What its bearer may do: user, operator or admin.
    owner
        Whom nodes locked with it belong to; left out, NAME.
    """
    _check(name, owner)
    made = new_token()
    print(made)
    line = f'"{fingerprint(made)}"'
    if role is not Role.USER or owner:
        more = f', owner = "{owner}"' if owner else ""
        line = f'{{ hash = {line}, role = "{role.value}"{more} }}'
    print(
        f"\nGive this token to {owner or name}; it is not shown again. They use it as LEASEHOLD_TOKEN."
        "\nThe service knows it by this line in leasehold.toml (restart it then):\n"
        f'\n[service.tokens]\n"{name}" = {line}',
        file=sys.stderr,
    )


@app.command
def create(
    name: str,
    *,
    role: RoleOption = Role.USER,
    owner: OwnerOption = None,
    json: AsJson = False,
    connection: Nameless = _NAMELESS,
) -> None:
    """Have the service make a token. It counts at once; only its hash is kept.

    Parameters
    ----------
    name
        What to call the token.
    role
        What its bearer may do: user, operator or admin.
    owner
        Whom nodes locked with it belong to; left out, NAME.
    """
    _check(name, owner)
    body = {"name": name, "role": role.value, "owner": owner}
    made = connection.client().post(NewToken, "/tokens", body)
    if json:
        print_json(made)
        return
    print(made.token)
    print(
        f"\nGive this token to {made.owner}; it is not shown again. They use it as LEASEHOLD_TOKEN.",
        file=sys.stderr,
    )


@app.command(name="list")
def list_(*, json: AsJson = False, connection: Connection = USUAL) -> None:
    """List tokens: whose they are, and their roles. Never the tokens themselves."""
    found = connection.client().get(list[Token], "/tokens")
    if json:
        print_json(found)
        return
    print_table(
        ("token", "owner", "role", "kept in", "made", "by"),
        [(t.name, t.owner, t.role, t.kept, local(t.created_at), t.created_by) for t in found],
    )


@app.command
def revoke(name: str, *, json: AsJson = False, connection: Connection = USUAL) -> None:
    """Take a token back, at once. What its owner holds stays theirs.

    Parameters
    ----------
    name
        The token's name, as `leasehold token list` shows it.
    """
    gone = connection.client().delete(Token, f"/tokens/{name}")
    print_json(gone) if json else print(f"{gone.name} revoked")


def _check(name: str, owner: str | None) -> None:
    for what, text in (("NAME", name), ("--owner", owner or name)):
        if not NAME.fullmatch(text):
            raise UsageError(f"{what}: found {text!r}; allowed: {NAME_ALLOWED}")
