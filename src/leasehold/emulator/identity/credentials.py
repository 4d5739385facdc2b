"""Keystone v3's application credentials: a secret of one's own for one project."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any

from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.identity.accounts import ApplicationCredential, Role, Secret, Token
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.directory import listed, role_document
from leasehold.emulator.identity.faults import body_object, forbidden, malformed, not_found
from leasehold.emulator.identity.sign_in import with_implied
from leasehold.emulator.world import World

_PATH = "/v3/users/{user_id}/application_credentials"


def route(router: Router, world: World, catalog: Catalog) -> None:
    credentials = _Credentials(world)
    router.add("GET", _PATH, credentials.index)
    router.add("POST", _PATH, credentials.create)
    router.add("GET", f"{_PATH}/{{id}}", credentials.show)
    router.add("DELETE", f"{_PATH}/{{id}}", credentials.delete)


class _Credentials:
    def __init__(self, world: World) -> None:
        self._world = world

    def index(self, request: Request) -> Response:
        user_id = _owner(request, "list_application_credentials")
        name = request.one("name")
        found = [
            self._document(request, credential)
            for credential in self._world.application_credentials.oldest(user_id)
            if name in (None, credential.name)
        ]
        return listed(request, "application_credentials", found)

    def show(self, request: Request) -> Response:
        credential = self._find(request, "get_application_credential")
        return Response(200, {"application_credential": self._document(request, credential)})

    def create(self, request: Request) -> Response:
        user_id = _owner(request, "create_application_credential")
        token = request.token
        given = body_object(request).get("application_credential")
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise Fault(
                400,
                "Invalid input for field/attribute application_credential. "
                f"Value: {given}. 'name' is a required property",
            )
        if token.project is None:
            raise Fault(400, "Invalid application credential: the token has no project")
        self._check_token(token)
        self._check_name(user_id, given["name"])
        credential = self._world.application_credentials.put(
            ApplicationCredential(
                id=self._world.ids.hex(),
                name=given["name"],
                user_id=user_id,
                project_id=token.project.id,
                secret=Secret(value=str(given.get("secret") or token_urlsafe(64))),
                role_ids=tuple(role.id for role in self._roles(token, given.get("roles"))),
                description=given.get("description"),
                expires_at=self._expiry(given.get("expires_at")),
                unrestricted=given.get("unrestricted"),
            )
        )
        document = self._document(request, credential) | {"secret": credential.secret.value}
        return Response(201, {"application_credential": document})

    def delete(self, request: Request) -> Response:
        credential = self._find(request, "delete_application_credential")
        self._check_token(request.token)
        self._world.application_credentials.remove(credential.id)
        tokens = self._world.tokens
        for token_id in [
            key for key, token in tokens.items() if token.application_credential_id == credential.id
        ]:
            del tokens[token_id]
        return Response(204)

    def _find(self, request: Request, action: str) -> ApplicationCredential:
        user_id = _owner(request, action)
        found = self._world.application_credentials.get(request.params["id"])
        if found is None or found.user_id != user_id:
            raise not_found("Application Credential", request.params["id"])
        return found

    def _check_token(self, token: Token) -> None:
        """A restricted application credential must not make or delete others."""
        used = self._world.application_credentials.get(token.application_credential_id or "")
        if used is not None and not used.unrestricted:
            raise forbidden("manage_application_credentials")

    def _check_name(self, user_id: str, name: str) -> None:
        for other in self._world.application_credentials.oldest(user_id):
            if other.name == name:
                raise Fault(
                    409,
                    "Conflict occurred attempting to store application_credential - "
                    f"Duplicate entry found with name {name}.",
                )

    def _roles(self, token: Token, wanted: Any) -> tuple[Role, ...]:
        if not wanted:
            return token.roles
        chosen = []
        for reference in wanted:
            role = next(
                (r for r in token.roles if reference in ({"id": r.id}, {"name": r.name})), None
            )
            if role is None:
                raise Fault(
                    400,
                    "Invalid application credential: Cannot create an application credential "
                    "with unassigned role",
                )
            chosen.append(role.id)
        return with_implied(self._world, chosen)

    def _expiry(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise malformed(f"Invalid input for field 'expires_at': {text!r}.") from error
        moment = moment.replace(tzinfo=moment.tzinfo or UTC)
        if moment <= self._world.timeline.now():
            raise malformed("The 'expires_at' must not be before now.")
        return moment

    def _document(self, request: Request, credential: ApplicationCredential) -> dict[str, Any]:
        expires_at = credential.expires_at
        roles = with_implied(self._world, credential.role_ids)
        address = f"{request.root}/v3/application_credentials/{credential.id}"
        return {
            "id": credential.id,
            "name": credential.name,
            "description": credential.description,
            "user_id": credential.user_id,
            "project_id": credential.project_id,
            "system": None,
            "expires_at": expires_at and expires_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "unrestricted": credential.unrestricted,
            "roles": [role_document(role) for role in roles],
            "links": {"self": address},
        }


def _owner(request: Request, action: str) -> str:
    user_id = request.params["user_id"]
    if user_id != request.token.user.id and not request.is_admin:
        raise forbidden(action)
    return user_id
