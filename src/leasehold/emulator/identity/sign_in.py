"""Who someone is and what they may do: the rules behind Keystone's tokens."""

import hmac
from collections.abc import Iterable
from datetime import timedelta
from secrets import token_urlsafe

from leasehold.emulator.identity.accounts import (
    ApplicationCredential,
    Domain,
    Method,
    Project,
    Role,
    Token,
    User,
)
from leasehold.emulator.world import World

IMPLIED = {"admin": "manager", "manager": "member", "member": "reader"}
"""A role brings the next lower one with it."""


class Refused(Exception):
    """Unknown user, wrong password, no role in the scope: Keystone does not say which."""


class Scope:
    """What a token is for: one project, one domain, the system, or (none of them) nothing."""

    __slots__ = ("domain", "project", "system")

    def __init__(
        self,
        *,
        project: Project | None = None,
        domain: Domain | None = None,
        system: bool = False,
    ) -> None:
        self.project = project
        self.domain = domain
        self.system = system

    @property
    def empty(self) -> bool:
        return self.project is None and self.domain is None and not self.system


def find_domain(world: World, *, id: str | None = None, name: str | None = None) -> Domain:  # noqa: A002 - Keystone's own word
    """By id or else by name; raises Refused."""
    for domain in world.domains:
        if domain.id == id if id is not None else domain.name == name:
            return domain
    raise Refused


def find_user(world: World, *, id: str | None, name: str | None, domain_id: str | None) -> User:  # noqa: A002 - Keystone's own word
    """By id, or by name in a domain (None: any); raises Refused."""
    if id is not None:
        user = world.users.get(id)
    else:
        user = next(
            (u for u in world.users if u.name == name and domain_id in (None, u.domain_id)), None
        )
    if user is None or not user.enabled:
        raise Refused
    return user


def find_project(
    world: World,
    *,
    id: str | None,  # noqa: A002 - Keystone's own word
    name: str | None,
    domain_id: str | None,
) -> Project:
    """By id, or by name in a domain (None: any); raises Refused."""
    if id is not None:
        project = world.projects.get(id)
    else:
        project = next(
            (p for p in world.projects if p.name == name and domain_id in (None, p.domain_id)), None
        )
    if project is None or not project.enabled:
        raise Refused
    return project


def check_password(user: User, password: str) -> None:
    """Raises Refused when it is not the user's."""
    if not hmac.compare_digest(user.password.value.encode(), password.encode()):
        raise Refused


def check_api_key(user: User, key: str) -> None:
    """Raises Refused when it is not the user's, or the user has none."""
    if user.api_key is None or not hmac.compare_digest(user.api_key.value.encode(), key.encode()):
        raise Refused


def check_secret(credential: ApplicationCredential, secret: str, world: World) -> None:
    """Raises Refused when the secret is wrong or the credential has expired."""
    if not hmac.compare_digest(credential.secret.value.encode(), secret.encode()):
        raise Refused
    if credential.expires_at is not None and credential.expires_at <= world.timeline.now():
        raise Refused


def roles_in(world: World, user: User, scope: Scope) -> tuple[Role, ...]:
    """The user's roles in a scope, implied ones included, by id; raises Refused without any."""
    project_id = scope.project.id if scope.project else None
    domain_id = scope.domain.id if scope.domain else None
    roles = with_implied(
        world,
        (
            assignment.role_id
            for assignment in world.assignments
            if assignment.user_id == user.id
            and assignment.project_id == project_id
            and assignment.domain_id == domain_id
        ),
    )
    if not roles:
        raise Refused
    return roles


def with_implied(world: World, role_ids: Iterable[str]) -> tuple[Role, ...]:
    by_name = {role.name: role for role in world.roles}
    found: dict[str, Role] = {}
    for role_id in role_ids:
        role = world.roles.get(role_id)
        while role is not None and role.id not in found:
            found[role.id] = role
            role = by_name.get(IMPLIED.get(role.name, ""))
    return tuple(sorted(found.values(), key=lambda role: role.id))


def projects_of(world: World, user: User) -> list[Project]:
    """The projects the user has a role in."""
    ids = {a.project_id for a in world.assignments if a.user_id == user.id}
    return [project for project in world.projects if project.id in ids]


def default_scope(world: World, user: User) -> Scope:
    """The user's default project, if there is one and the user has a role in it."""
    if user.default_project_id is None:
        return Scope()
    project = world.projects.get(user.default_project_id)
    return Scope(project=project) if project in projects_of(world, user) else Scope()


def issue(
    world: World,
    user: User,
    methods: tuple[Method, ...],
    scope: Scope,
    *,
    before: Token | None = None,
    credential: ApplicationCredential | None = None,
    identity_provider: str | None = None,
) -> tuple[str, Token]:
    """A new token and its id; one got by a token expires when that one does.

    Raises Refused when the user has no role in the scope.
    """
    now = world.timeline.now().replace(microsecond=0)
    roles: tuple[Role, ...] = ()
    if credential is not None:
        roles = with_implied(world, credential.role_ids)
    elif not scope.empty:
        roles = roles_in(world, user, scope)
    audit_ids: tuple[str, ...] = (token_urlsafe(16),)
    expires_at = now + timedelta(seconds=world.settings.token_lifetime)
    if before is not None:
        audit_ids += before.audit_ids[-1:]
        expires_at = before.expires_at
        identity_provider = before.identity_provider
    token = Token(
        user=user,
        methods=methods,
        issued_at=now,
        expires_at=expires_at,
        audit_ids=audit_ids,
        roles=roles,
        project=scope.project,
        domain=scope.domain,
        system=scope.system,
        application_credential_id=credential.id if credential else None,
        identity_provider=identity_provider,
    )
    token_id = "gAAAAA" + token_urlsafe(96)
    world.tokens[token_id] = token
    return token_id, token
