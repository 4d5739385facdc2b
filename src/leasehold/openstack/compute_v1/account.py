"""Limits of the account, and backup schedules."""

import msgspec

from leasehold.openstack.compute_v1.server import Id
from leasehold.openstack.service import Shape, Verbs


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How often something may be asked: `value` times per `unit`."""

    verb: str
    uri: str = msgspec.field(name="URI", default="")
    regex: str = ""
    value: int = 0
    remaining: int = 0
    unit: str = ""
    reset_time: int = msgspec.field(name="resetTime", default=0)
    """Seconds since 1970."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often, and how much: the names of what is limited are the cloud's."""

    rate: tuple[RateLimit, ...] = ()
    absolute: dict[str, int] = {}


class BackupSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """When a server's image is taken: `weekly` a day, `daily` two hours like ``H_0400_0600``."""

    enabled: bool = False
    weekly: str = "DISABLED"
    daily: str = "DISABLED"


_LIMITS = Shape(Limits, key="limits")
_SCHEDULE = Shape(BackupSchedule, key="backupSchedule")


class Account(Verbs):
    """What the account may, and what the cloud does for it by itself."""

    def limits(self) -> Limits:
        """Get the account's limits."""
        return self.service.get("/limits", _LIMITS)

    def backup_schedule(self, server_id: Id) -> BackupSchedule:
        """Get a server's backup schedule. Raises `NotFound`."""
        return self.service.get(_schedule_path(server_id), _SCHEDULE)

    def set_backup_schedule(self, server_id: Id, schedule: BackupSchedule) -> None:
        """Have images of a server taken regularly."""
        self.service.act(_schedule_path(server_id), {"backupSchedule": schedule})

    def delete_backup_schedule(self, server_id: Id) -> None:
        """Have no more images taken."""
        self.service.delete(_schedule_path(server_id))


def _schedule_path(server_id: Id) -> str:
    return f"/servers/{server_id}/backup_schedule"
