"""What a name server says no to. Each carries the server, its answer, and what to do next."""

from leasehold.errors import LeaseholdError


class DnsError(LeaseholdError):
    """A name server did not do as asked; the message says where, what it answered, what to do."""

    def __init__(self, server: str, found: str, hint: str, *, rcode: str | None = None) -> None:
        self.server = server
        self.found = found
        self.rcode = rcode
        """The server's answer as DNS has it: REFUSED, NOTAUTH, SERVFAIL ..."""
        super().__init__(f"name server {server}: {found}; {hint}")


class Unreachable(DnsError):
    """Nothing was sent: nobody listens there, or there is no way to it."""


class NoAnswer(DnsError):
    """The answer did not come in time, or was none: the update may or may not have had effect."""


class Denied(DnsError):
    """The server does not accept the key, or allows it too little."""


class Paused(DnsError):
    """The server took updates of the zone before and refuses one now; nothing was changed."""


class Taken(DnsError):
    """A prerequisite did not hold: somebody else has set the name, or changed it meanwhile."""

    LEFT_ALONE = "nothing was changed; remove it if it is not needed, or call the node differently"
    """The hint for a name that was found to be somebody else's."""


class Unsettled(DnsError):
    """The update was sent, and what stands under the name now is not what it asked for, or is not
    known."""


class Refused(DnsError):
    """The server said no to the request as such: it would say so again."""


class BadName(LeaseholdError):
    """A name that cannot be set: it says which, and what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        self.found = found
        self.allowed = allowed
        super().__init__(f"name {found[:80]!r}; allowed: {allowed}")


class BadKey(LeaseholdError):
    """A key file that cannot be used: it says which, what was found there, and what is allowed."""
