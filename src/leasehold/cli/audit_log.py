"""``leasehold audit-log``: who changed what."""

from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import local, print_json, print_table
from leasehold.service.audit_entry import AuditEntry


def audit_log(
    *,
    by: str | None = None,
    action: str | None = None,
    on: str | None = None,
    before: int | None = None,
    limit: int = 100,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Show who changed what, from where, or wanted to and was refused.

    The newest first. For operators and administrators.

    Parameters
    ----------
    by
        Only calls of this owner.
    action
        Only this operation of the API, such as lockNodes, or of paddles', such as paddles.lock_many.
    on
        Only calls about what has this text in its name: a node, a lease, a token.
    before
        Only those with a lower number: the page after the last one.
    limit
        So many at most, 1000 at most.
    """
    found = connection.client().get(
        list[AuditEntry], "/audit-log", owner=by, action=action, target=on, before=before,
        limit=limit,
    )  # fmt: skip
    if json:
        print_json(found)
        return
    print_table(
        ("no", "when", "who", "role", "from", "what", "on", "outcome"),
        [
            (e.id, local(e.at), e.owner, e.role, e.address, e.action, e.target, e.code or "done")
            for e in found
        ],
    )
