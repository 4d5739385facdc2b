"""Tokens: who may call, in which role."""

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import JSONBody, PathParameter

from leasehold.lab.rights import Right, Role
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.given import Asked, GivenTokens
from leasehold.service.token import NewToken, Token


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a token."""

    name: str
    """What to call it, such as ``ann`` or ``ci-nightly``."""
    role: Role = Role.USER
    owner: str | None = None
    """Whom nodes locked with it belong to; left out, its name."""


class TokenController(Controller):
    """Routes below /tokens."""

    path = "/tokens"
    tags = ["Tokens"]  # noqa: RUF012 - litestar's way to set it

    @get(
        operation_id="listTokens",
        summary="List tokens",
        responses=errors(),
        sync_to_thread=False,
        needs=Right.ADMINISTER,
    )
    def index(self, tokens: GivenTokens) -> list[Token]:
        """List the tokens of the configuration and those made at run time; never themselves."""
        return tokens.all()

    @post(
        status_code=201,
        operation_id="createToken",
        summary="Make a token",
        responses=errors(409),
        sync_to_thread=True,
        needs=Right.ADMINISTER,
    )
    def create(self, request: Asked, tokens: GivenTokens, data: JSONBody[TokenRequest]) -> NewToken:
        """Make a token. It is in the answer and nowhere else; only its hash is kept. Once there is
        a first one, every call asks for a token; so the first must have the role admin."""
        note_of(request.scope).target = f"{data.name} ({data.role.value})"
        return tokens.create(data.name, role=data.role, owner=data.owner, by=request.user.owner)

    @delete(
        "/{name:str}",
        status_code=200,
        operation_id="revokeToken",
        summary="Revoke a token",
        responses=errors(404, 409),
        sync_to_thread=True,
        needs=Right.ADMINISTER,
    )
    def revoke(
        self,
        tokens: GivenTokens,
        name: Annotated[str, PathParameter(description="The token's name.")],
    ) -> Token:
        """Take a token back, at once; streams that were opened with it end. What its owner holds
        stays theirs."""
        return tokens.revoke(name)
