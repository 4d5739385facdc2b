"""Who asks, as far as a service's state has to know."""

import msgspec

from leasehold.emulator.http import Request


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The project on whose behalf a call is made, and whether it may do what tenants may not."""

    project_id: str
    user_id: str = ""
    admin: bool = False

    @classmethod
    def of(cls, request: Request) -> "Caller":
        return cls(
            project_id=request.project.id,
            user_id=request.token.user.id,
            admin=request.is_admin,
        )
