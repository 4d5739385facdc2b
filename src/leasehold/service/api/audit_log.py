"""The audit log: who changed what, or wanted to."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from leasehold.lab.rights import Right
from leasehold.service.api.responses import errors
from leasehold.service.audit_entry import AuditEntry
from leasehold.service.given import GivenAuditLog
from leasehold.store import LARGEST_ID


@get(
    "/audit-log",
    tags=["Tokens"],
    operation_id="readAuditLog",
    summary="Read the audit log",
    responses=errors(),
    sync_to_thread=True,
    needs=Right.OPERATE,
)
def audit_log(
    audit_log: GivenAuditLog,
    before: Annotated[
        int | None,
        QueryParameter(ge=1, le=LARGEST_ID, description="Only those with a lower id than this."),
    ] = None,
    owner: Annotated[str | None, QueryParameter(description="Only of this owner.")] = None,
    action: Annotated[
        str | None, QueryParameter(description="Only this operation, such as lockNodes.")
    ] = None,
    target: Annotated[
        str | None, QueryParameter(description="Only on what has this text in its name.")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000, description="So many at most.")] = 100,
) -> list[AuditEntry]:
    """List the calls that changed something, and those of known callers that were refused, the
    newest first. Calls without a valid token are in the service's own log only."""
    return audit_log.read(before=before, owner=owner, action=action, target=target, limit=limit)
