"""Server groups: which servers shall share a host, and which shall not."""

from collections.abc import Iterator, Mapping

import msgspec

from leasehold.openstack.call import FilterValue
from leasehold.openstack.ids import ServerGroupId, ServerId
from leasehold.openstack.microversion import Version
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Shape, Verbs

_ONE_POLICY: Version = (2, 64)


class ServerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group. Nova names one `policy` from microversion 2.64 on, before that a list of one."""

    id: ServerGroupId
    name: str
    policy: str | None = None
    rules: dict[str, int] = {}
    """``max_server_per_host``, of an anti-affinity that allows more than one."""
    policies: tuple[str, ...] = ()
    members: tuple[ServerId, ...] = ()
    project_id: str | None = None
    user_id: str | None = None

    def __post_init__(self) -> None:
        if self.policy is None and self.policies:
            msgspec.structs.force_setattr(self, "policy", self.policies[0])


GROUPS: Collection[ServerGroup] = Collection(
    "/os-server-groups", ServerGroup, key="server_groups", by_offset=True
)
GROUP = Shape(ServerGroup, key="server_group")


class ServerGroups(Verbs):
    """Groups of servers; a new server joins one by the scheduler hint ``group``."""

    def server_groups(self, **filters: FilterValue) -> Iterator[ServerGroup]:
        """List the project's server groups, or with ``all_projects=True`` an administrator's."""
        return self.service.items(GROUPS, filters)

    def server_group(self, group_id: str) -> ServerGroup:
        """Get one server group. Raises `NotFound`."""
        return self.service.get(f"/os-server-groups/{group_id}", GROUP)

    def create_server_group(
        self, *, name: str, policy: str, rules: Mapping[str, int] | None = None
    ) -> ServerGroup:
        """Make a group: affinity or anti-affinity, or soft-... for where it cannot be kept.

        `rules` need microversion 2.64. Raises `QuotaExceeded`.
        """
        body: dict[str, object] = {"name": name}
        if rules:
            self.service.need(_ONE_POLICY, "give a server group rules")
        if self.service.speaks(_ONE_POLICY):
            body |= {"policy": policy, "rules": rules} if rules else {"policy": policy}
        else:
            body["policies"] = [policy]
        return self.service.post("/os-server-groups", {"server_group": body}, GROUP)

    def delete_server_group(self, group_id: str) -> None:
        """Delete a group; its servers stay. Raises `NotFound`."""
        self.service.delete(f"/os-server-groups/{group_id}")
