"""Who may do what: roles, and the rights that each has. Pure; every refusal is decided by `demand`."""

from enum import StrEnum

from leasehold.lab.errors import LabError


class Role(StrEnum):
    """What somebody is to the lab."""

    USER = "user"
    """Locks, and has a say over what is theirs."""
    OPERATOR = "operator"
    """Besides, over what others hold, and over nodes and machine types."""
    ADMIN = "admin"
    """Everything."""


class Right(StrEnum):
    """What a call can need. The value completes "this needs the right to ..."."""

    LOOK = "see nodes, leases, datasets and events"
    LEASE = "lock nodes, extend and release what one holds, and work with datasets"
    OVERRULE = "act on what others hold, or in their name"
    OPERATE = "look after nodes, the queue, machine types and clouds, and read the audit log"
    ADMINISTER = "register nodes, and give tokens to others"


_USER = frozenset({Right.LOOK, Right.LEASE})
_OPERATOR = _USER | {Right.OVERRULE, Right.OPERATE}

RIGHTS = {Role.USER: _USER, Role.OPERATOR: _OPERATOR, Role.ADMIN: frozenset(Right)}


class NotAllowed(LabError):
    """The caller is known, and may not do this."""

    def __init__(self, owner: str, role: Role, right: Right) -> None:
        self.owner = owner
        self.role = role
        self.right = right
        super().__init__(
            f"this needs the right to {right.value}, which the role {role.value} of {owner} does not"
            f" have; ask somebody whose role is {' or '.join(roles_with(right))}"
        )


def may(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]


def roles_with(right: Right) -> tuple[Role, ...]:
    """The roles that have a right, the least one first."""
    return tuple(role for role in Role if may(role, right))


def demand(owner: str, role: Role, right: Right) -> None:
    """Raise `NotAllowed` unless the role has the right."""
    if not may(role, right):
        raise NotAllowed(owner, role, right)
