"""Keystone v3's federation: somebody whom another vouches for gets a token without a scope.

In front of a real Keystone a web server checks the access token with its provider; here it is the
user's own `access_token`.
"""

import hmac

from leasehold.emulator.http import Request, Response, Router
from leasehold.emulator.identity.accounts import Method, User
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.faults import not_found, unauthorized
from leasehold.emulator.identity.sign_in import Scope, issue
from leasehold.emulator.identity.tokens import token_document
from leasehold.emulator.world import World

IDENTITY_PROVIDER = "lab"
PROTOCOL = Method.OPENID.value
_AUTH = "/v3/OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth"


def route(router: Router, world: World, catalog: Catalog) -> None:
    federation = _Federation(world)
    router.add("GET", _AUTH, federation.sign_in, public=True)
    router.add("POST", _AUTH, federation.sign_in, public=True)


class _Federation:
    def __init__(self, world: World) -> None:
        self._world = world

    def sign_in(self, request: Request) -> Response:
        provider, protocol = request.params["provider"], request.params["protocol"]
        if provider != IDENTITY_PROVIDER:
            raise not_found("Identity Provider", provider)
        if protocol != PROTOCOL:
            raise not_found("federated protocol", protocol)
        scheme, _, access_token = request.headers.get("authorization", "").partition(" ")
        user = self._bearer(access_token.strip())
        if scheme.lower() != "bearer" or user is None:
            raise unauthorized(request)
        token_id, token = issue(
            self._world, user, (Method.OPENID,), Scope(), identity_provider=provider
        )
        body = {"token": token_document(self._world, token)}
        return Response(201, body, {"X-Subject-Token": token_id})

    def _bearer(self, access_token: str) -> User | None:
        for user in self._world.users:
            known = user.access_token
            if known and hmac.compare_digest(known.value.encode(), access_token.encode()):
                return user
        return None
