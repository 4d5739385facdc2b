"""Options that many commands share."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Group, Parameter

from leasehold.cli.client import Client

_SERVICE = Group("Service", sort_key=90)

AsJson = Annotated[
    bool, Parameter(name="--json", negative=(), show_default=False, help="Print JSON on stdout.")
]


@Parameter(name="*", group=_SERVICE)
@dataclass(frozen=True, kw_only=True)
class Connection:
    """Which service to call, and as whom."""

    server: Annotated[str, Parameter(env_var="LEASEHOLD_SERVER", help="The service's address.")] = (
        "http://127.0.0.1:8484"
    )
    token: Annotated[
        str | None,
        Parameter(
            env_var="LEASEHOLD_TOKEN",
            help="Your token, where the service asks for one; the variable keeps it from ps.",
        ),
    ] = field(default=None, repr=False)
    owner: Annotated[
        str | None,
        Parameter(
            env_var="LEASEHOLD_OWNER",
            help="Whom to act for, where it asks for none; USER@HOST if left out.",
        ),
    ] = None

    @property
    def me(self) -> str | None:
        """The owner that nodes locked over this connection get; None: the token says it."""
        if self.token:
            return None
        if self.owner:
            return self.owner
        from leasehold.service.caller import local_owner

        return local_owner()

    def client(self) -> Client:
        """The service's client."""
        return Client(self.server, token=self.token, owner=self.me)


@Parameter(name="*", group=_SERVICE)
@dataclass(frozen=True, kw_only=True)
class Nameless(Connection):
    """A connection beside an `--owner` of the command's own; only the variable says whom to act for."""

    owner: Annotated[str | None, Parameter(env_var="LEASEHOLD_OWNER", show=False)] = None


USUAL = Connection()
"""What holds when no option and no variable says otherwise."""
