"""Leases: asking for nodes, waiting for them, keeping them longer, giving them back."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.params import HeaderParameter, JSONBody, PathParameter, QueryParameter

from leasehold.lab.model import Lease, LeaseId, LeaseState, Wish
from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_log import note_of
from leasehold.service.caller import Caller
from leasehold.service.errors import WrongRequest
from leasehold.service.given import Asked, GivenFeed, GivenLab
from leasehold.service.invalid import BadRequest

_LONGEST_WAIT = 60.0
_ENDED = frozenset({LeaseState.RELEASED, LeaseState.EXPIRED, LeaseState.FAILED})

LeaseKey = Annotated[str, PathParameter(description="The lease's id.")]


class LockRequest(Wish, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to lock nodes of one machine type."""


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much longer a lease shall last."""

    seconds: Annotated[int, msgspec.Meta(ge=1, description="Added to the end it has now.")]
    force: bool = False
    """Even if somebody else holds it."""


class Force(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether to do it to a lease of others."""

    force: bool = False
    """Even if somebody else holds it."""


class NewEnd(Force, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a held lease shall end."""

    seconds: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """From now on; left out, as long as its machine type says."""


class Amendment(Force, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about a lease; what is left out stays."""

    purpose: str | None = None
    priority: int | None = None
    """Only while it waits."""


class LeaseController(Controller):
    """Routes below /leases."""

    path = "/leases"
    tags = ["Leases"]  # noqa: RUF012 - litestar's way to set it

    @post(
        status_code=202,
        operation_id="lockNodes",
        needs=Right.LEASE,
        summary="Lock nodes",
        responses=errors(404, 409),
        sync_to_thread=True,
    )
    def lock(
        self,
        request: Asked,
        lab: GivenLab,
        data: JSONBody[LockRequest],
        idempotency_key: Annotated[
            str | None,
            HeaderParameter(
                name="Idempotency-Key",
                description="Makes a retry safe: the same key gets the same lease again.",
            ),
        ] = None,
    ) -> Response[Lease]:
        """Take nodes, or a place in the queue for them. Answers at once; the lease's state says
        how far it is."""
        if idempotency_key and data.key and idempotency_key != data.key:
            raise WrongRequest(
                BadRequest(
                    field="Idempotency-Key",
                    found=repr(idempotency_key),
                    allowed="the same as `key`, or none",
                )
            )
        note = note_of(request.scope)
        note.target = " ".join(data.nodes) or f"{data.count} {data.machine_type}"
        _check_priority(request.user, data.priority)
        lease = lab.lock(
            msgspec.structs.replace(
                data, owner=_owner(request.user, data.owner), key=idempotency_key or data.key
            )
        )
        note.target = f"{lease.id}: {note.target}"
        return Response(lease, headers={"location": f"/api/v1/leases/{lease.id}"})

    @get(
        operation_id="listLeases",
        needs=Right.LOOK,
        summary="List leases",
        responses=errors(),
        sync_to_thread=True,
    )
    def index(
        self,
        lab: GivenLab,
        owner: Annotated[str | None, QueryParameter(description="Only this owner's.")] = None,
        ended: Annotated[
            bool, QueryParameter(description="The last ones that ended, instead of the open ones.")
        ] = False,
    ) -> list[Lease]:
        """List who holds or waits for what, the oldest first."""
        return lab.leases(owner=owner, ended=ended)

    @get(
        "/{lease:str}",
        operation_id="showLease",
        needs=Right.LOOK,
        summary="Show a lease, or wait for its next state",
        responses=errors(404),
    )
    async def show(
        self,
        lab: GivenLab,
        feed: GivenFeed,
        lease: LeaseKey,
        wait: Annotated[
            float, QueryParameter(ge=0, description="Answer after so many seconds (60 at most).")
        ] = 0,
        known: Annotated[
            LeaseState | None,
            QueryParameter(name="state", description="Answer as soon as its state is another one."),
        ] = None,
    ) -> Lease:
        """Show a lease. With `wait`, the answer comes when its state has changed; without
        `state`, when it is ready or has ended."""
        after = feed.last
        shown = await asyncio.to_thread(lab.lease, LeaseId(lease))
        if not wait or _settled(shown, known):
            return shown
        known = known or shown.state
        try:
            async with asyncio.timeout(min(wait, _LONGEST_WAIT)):
                async for _ in feed.follow(after=after, lease=shown.id):
                    shown = await asyncio.to_thread(lab.lease, shown.id)
                    if _settled(shown, known):
                        break
        except TimeoutError:
            pass
        return shown

    @post(
        "/{lease:str}/extend",
        status_code=200,
        operation_id="extendLease",
        needs=Right.LEASE,
        summary="Keep a lease longer",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def extend(
        self,
        request: Asked,
        lab: GivenLab,
        lease: LeaseKey,
        data: JSONBody[Extension],
    ) -> Lease:
        """Add time to a lease, up to the limit of its machine type."""
        force = request.user.force(data.force)
        return lab.extend(LeaseId(lease), data.seconds, owner=request.user.owner, force=force)

    @post(
        "/{lease:str}/hold",
        status_code=200,
        operation_id="holdLease",
        needs=Right.LEASE,
        summary="Keep a lease without end",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def hold(self, request: Asked, lab: GivenLab, lease: LeaseKey, data: JSONBody[Force]) -> Lease:
        """Take the end of a lease away. It lasts until it is unheld or given back."""
        force = request.user.force(data.force)
        return lab.hold(LeaseId(lease), owner=request.user.owner, force=force)

    @post(
        "/{lease:str}/unhold",
        status_code=200,
        operation_id="unholdLease",
        needs=Right.LEASE,
        summary="Give a held lease an end again",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def unhold(
        self, request: Asked, lab: GivenLab, lease: LeaseKey, data: JSONBody[NewEnd]
    ) -> Lease:
        """Give a lease that was held an end again; one that has an end keeps it."""
        force = request.user.force(data.force)
        owner = request.user.owner
        return lab.unhold(LeaseId(lease), data.seconds, owner=owner, force=force)

    @patch(
        "/{lease:str}",
        operation_id="amendLease",
        needs=Right.LEASE,
        summary="Change a lease's purpose or priority",
        responses=errors(403, 404, 409),
        sync_to_thread=True,
    )
    def amend(
        self, request: Asked, lab: GivenLab, lease: LeaseKey, data: JSONBody[Amendment]
    ) -> Lease:
        """Change what a lease is for, or, while it waits, how early it is served. A priority above 0 is
        for those who look after the queue."""
        _check_priority(request.user, data.priority or 0)
        return lab.amend(
            LeaseId(lease),
            purpose=data.purpose,
            priority=data.priority,
            owner=request.user.owner,
            force=request.user.force(data.force),
        )

    @delete(
        "/{lease:str}",
        status_code=200,
        operation_id="releaseLease",
        needs=Right.LEASE,
        summary="Give a lease back",
        responses=errors(403, 404),
        sync_to_thread=True,
    )
    def release(
        self,
        request: Asked,
        lab: GivenLab,
        lease: LeaseKey,
        force: Annotated[
            bool, QueryParameter(description="Even if somebody else holds it.")
        ] = False,
    ) -> Lease:
        """End a lease and free its nodes. Doing it twice does nothing more."""
        force = request.user.force(force)
        return lab.release(LeaseId(lease), owner=request.user.owner, force=force)


def _settled(lease: Lease, known: LeaseState | None) -> bool:
    if lease.state in _ENDED:
        return True
    return lease.state is LeaseState.READY if known is None else lease.state is not known


def _check_priority(caller: Caller, priority: int) -> None:
    """Whoever steps before others must have a say over the queue; behind them may everybody."""
    if priority > 0:
        caller.demand(Right.OPERATE)


def _owner(caller: Caller, named: str) -> str:
    if named not in ("", caller.owner):
        caller.demand(Right.OVERRULE)
    return named or caller.owner
