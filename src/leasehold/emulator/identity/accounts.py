"""Who may sign in: domains, projects, users, roles, tokens, application credentials."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str = ""
    enabled: bool = True


class Project(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    domain_id: str = "default"
    description: str = ""
    enabled: bool = True


class Role(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A password or key, kept out of logs, errors and reprs."""

    value: str

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__


class User(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    password: Secret
    api_key: Secret | None = None
    """For v1.0, v1.1 and v2.0's ``RAX-KSKEY:apiKeyCredentials``."""
    access_token: Secret | None = None
    """What an OpenID Connect provider would have given the user; for federation."""
    domain_id: str = "default"
    default_project_id: str | None = None
    description: str = ""
    enabled: bool = True


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A user's role on a project, a domain, or (neither) the system."""

    user_id: str
    role_id: str
    project_id: str | None = None
    domain_id: str | None = None


class ApplicationCredential(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    user_id: str
    project_id: str
    secret: Secret
    role_ids: tuple[str, ...]
    description: str | None = None
    expires_at: datetime | None = None
    unrestricted: bool | None = None


class Method(StrEnum):
    """How a token was got."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    TOKEN = "token"  # noqa: S105 - the name of a method
    APPLICATION_CREDENTIAL = "application_credential"
    API_KEY = "api_key"
    CERTIFICATE = "external"
    OPENID = "openid"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token stands for. Its id is the secret the client sends; it is never in a repr."""

    user: User
    methods: tuple[Method, ...]
    issued_at: datetime
    expires_at: datetime
    audit_ids: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    project: Project | None = None
    domain: Domain | None = None
    system: bool = False
    application_credential_id: str | None = None
    identity_provider: str | None = None
    """Who vouched for the user, where that was not Keystone itself."""

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(role.name for role in self.roles)
