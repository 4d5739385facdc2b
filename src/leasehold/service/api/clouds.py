"""Clouds: which there are, and what of ours is in them."""

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import PathParameter, QueryParameter

from leasehold.engine.condition import Condition
from leasehold.lab.model import Audit
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.given import GivenLab
from leasehold.service.threads import in_own_thread


class CloudView(Condition, frozen=True, kw_only=True):
    """A cloud, or a name server, as people see it."""

    machine_types: tuple[str, ...]
    """What is made there."""


class CloudController(Controller):
    """Routes below /clouds."""

    path = "/clouds"
    tags = ["Clouds"]  # noqa: RUF012 - litestar's way to set it

    @get(
        operation_id="listClouds",
        needs=Right.LOOK,
        summary="List clouds",
        responses=errors(),
        sync_to_thread=True,
    )
    def index(self, lab: GivenLab) -> list[CloudView]:
        """List the clouds, and the name servers (``dns.NAME``): the machine types of each, quotas, the
        budget of calls, what fails."""
        types = lab.machine_types()
        return [
            CloudView(
                **msgspec.structs.asdict(each),
                machine_types=tuple(t.name for t in types if each.name in (t.cloud, t.dns)),
            )
            for each in lab.conditions()
        ]

    @post(
        "/{name:str}/audit",
        status_code=200,
        operation_id="auditCloud",
        needs=Right.OPERATE,
        summary="Audit a cloud",
        responses=errors(404, 409),
    )
    async def audit(
        self,
        lab: GivenLab,
        name: Annotated[str, PathParameter(description="As in leasehold.toml.")],
        timeout: Annotated[
            float, QueryParameter(gt=0, le=300, description="Seconds to wait for the listing.")
        ] = 60,
    ) -> Audit:
        """List everything in the cloud anew and compare it with the ledger: what is in use, what
        is leaving, what bears our mark and is unknown, and how much is not ours."""
        return await in_own_thread(lambda: lab.audit(name, timeout=timeout))
