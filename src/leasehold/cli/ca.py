"""``leasehold ca``: certificates for Flocker's REST API and for agents, and their rotation."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from leasehold.cli.exits import UsageError
from leasehold.cli.options import AsJson
from leasehold.cli.tables import print_json, print_table

if TYPE_CHECKING:  # cryptography takes a moment
    from leasehold.datasets.flocker.authority import Authority
    from leasehold.datasets.flocker.certificate import Role

app = App(
    name="ca",
    help="Issue, revoke and rotate the certificates of Flocker's REST API.",
    help_format="plaintext",
)

Directory = Annotated[
    Path,
    Parameter(
        name=["--directory", "-d"],
        env_var="LEASEHOLD_CA",
        help="Where the authority is: cluster.crt and cluster.key, as flocker-ca left them.",
    ),
]
Into = Annotated[
    Path, Parameter(name=["--output", "-o"], help="Directory for the certificate and its key.")
]
Days = Annotated[int, Parameter(help="How long it is valid, the authority's own time at most.")]

HERE = Path()


@app.command
def init(name: str, /, *, directory: Directory = HERE) -> None:
    """Make an authority for a new cluster.

    Keep its directory where the service runs, and a copy of it elsewhere.

    Parameters
    ----------
    name
        The cluster's name, for people.
    """
    from leasehold.datasets.flocker.authority import Authority

    made = Authority.create(directory, name, now=_now())
    print(f"{directory / 'cluster.crt'}: authority of cluster {name}, {made.cluster}")
    print("next: `leasehold ca control HOST` for the service, `leasehold ca user NAME` for callers")


@app.command
def control(
    host: str, /, *, directory: Directory = HERE, output: Into = HERE, days: Days = 730
) -> None:
    """Issue the certificate that the service shows.

    Parameters
    ----------
    host
        The name or IP address under which the service is called.
    """
    _issue("control", host, directory, output, days)


@app.command
def node(
    name: str, /, *, directory: Directory = HERE, output: Into = HERE, days: Days = 730
) -> None:
    """Issue a certificate for the agent of one node.

    Parameters
    ----------
    name
        The node's name, or its UUID.
    """
    _issue("node", name, directory, output, days)


@app.command
def user(
    name: str, /, *, directory: Directory = HERE, output: Into = HERE, days: Days = 730
) -> None:
    """Issue a certificate for a caller of the REST API.

    Parameters
    ----------
    name
        The user's name; it owns the datasets that are made with it.
    """
    _issue("user", name, directory, output, days)


@app.command(name="list")
def list_(*, directory: Directory = HERE, json: AsJson = False) -> None:
    """List what was issued, until when it is valid, and what is revoked.

    Of what flocker-ca issued, that which lies in the directory is known.
    """
    issued = _open(directory).issued()
    if json:
        print_json(issued)
        return
    rows = [
        (each.role.value, each.name, each.until.strftime("%Y-%m-%d"), _standing(each.revoked,
         each.retiring, each.until), each.serial)
        for each in issued
    ]  # fmt: skip
    print_table(("role", "name", "until", "standing", "serial"), rows)


@app.command
def revoke(
    role: Literal["control", "node", "user"] | None = None,
    name: str | None = None,
    /,
    *,
    serial: str | None = None,
    directory: Directory = HERE,
) -> None:
    """Take back every certificate of somebody. A running service refuses them within seconds.

    Parameters
    ----------
    role
        Whom they were issued to.
    name
        Under which name.
    serial
        Instead of both: one certificate alone, by its serial number in hexadecimal, also if it is not
        listed because flocker-ca issued it. `openssl x509 -noout -serial -in FILE` shows it.
    """
    if serial is not None and role is None:
        _open(directory).revoke_serial(_number(serial), now=_now())
        print(f"revoked: {serial}")
    elif role is not None and name is not None and serial is None:
        count = _open(directory).revoke(_role(role), name, now=_now())
        print(f"revoked: {count} of {role} {name}")
    else:
        raise UsageError("revoke: allowed: ROLE and NAME, or --serial")


@app.command
def rotate(*, directory: Directory = HERE) -> None:
    """Begin to issue with a fresh authority; what the older one issued stays valid for now.

    Hand out the new cluster.crt, which names both; issue new certificates for users, nodes and, last,
    for the service; then `leasehold ca retire`.
    """
    _open(directory).rotate(now=_now())
    print(f"{directory / 'cluster.crt'}: trusts the fresh authority and the older one; hand it out")
    print("next: issue new certificates, the service's last; then `leasehold ca retire`")


@app.command
def retire(
    *,
    directory: Directory = HERE,
    force: Annotated[
        bool,
        Parameter(
            negative=(), help="Even if certificates of the older ones are, or may be, in use."
        ),
    ] = False,
) -> None:
    """Trust the present authority alone: what older ones issued is refused from now on."""
    from leasehold.datasets.flocker.authority import AuthorityError

    authority = _open(directory)
    now = _now()
    valid = [(each.role, each.name) for each in authority.issued() if not each.retiring]
    left = sorted(
        {
            f"{each.role.value} {each.name}"
            for each in authority.issued()
            if each.retiring and not each.revoked and each.until > now
            if (each.role, each.name) not in valid
        }
    )
    if left and not force:
        raise AuthorityError(
            f"these have no newer certificate yet and would be shut out: {', '.join(left)};"
            " issue theirs, or say --force"
        )
    if authority.may_have_issued_more and not force:
        raise AuthorityError(
            "an older authority is flocker-ca's, and may have issued more than lies here; see that"
            " everybody has a newer certificate, then say --force"
        )
    print(f"retired: {authority.retire(now=now)}")


def _issue(role: str, name: str, directory: Path, output: Path, days: int) -> None:
    paths = _open(directory).issue(_role(role), name, output, now=_now(), days=days)
    for path in paths:
        print(path)


def _open(directory: Path) -> "Authority":
    from leasehold.datasets.flocker.authority import Authority

    return Authority(directory)


def _number(serial: str) -> int:
    """OpenSSL writes it with colons in some places."""
    try:
        number = int(serial.replace(":", ""), 16)
    except ValueError:
        number = 0
    if not 0 < number < 1 << 159:  # RFC 5280: 20 octets at most, and positive
        raise UsageError(f"--serial: found {serial!r}; allowed: a number in hexadecimal")
    return number


def _role(text: str) -> "Role":
    from leasehold.datasets.flocker.certificate import Role

    return Role(text)


def _standing(revoked: bool, retiring: bool, until: datetime) -> str:
    if revoked:
        return "revoked"
    if until < _now():
        return "over"
    return "valid until the older authority is retired" if retiring else "valid"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
