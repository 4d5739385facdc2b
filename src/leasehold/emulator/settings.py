"""What can be set: how long things take, and how much there is."""

import msgspec

from leasehold.emulator.timeline import Delay


class Delays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds (lowest, usual, highest) that each kind of transition takes."""

    boot: Delay = Delay(low=1, mode=2, high=4)
    """From the call to ACTIVE, without the time a real guest needs."""
    delete: Delay = Delay(low=0.2, mode=0.5, high=1)
    action: Delay = Delay(low=0.2, mode=0.5, high=1)
    """Reboot, stop, start, resize, rebuild and the like."""
    volume: Delay = Delay(low=0.2, mode=0.5, high=1)
    """Create, attach, detach, extend or delete a volume or snapshot."""
    image: Delay = Delay(low=0.2, mode=0.5, high=1)
    """From a snapshot's or import's start to active."""


class Quota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one project may have of each; -1 is no limit. Names as the services write them."""

    instances: int = 1000
    cores: int = 10_000
    ram: int = 50_000_000
    """MiB."""
    key_pairs: int = 1000
    metadata_items: int = 128
    server_groups: int = 1000
    server_group_members: int = 1000
    volumes: int = 10_000
    snapshots: int = 10_000
    gigabytes: int = 1_000_000
    per_volume_gigabytes: int = -1
    backups: int = 1000
    backup_gigabytes: int = 10_000
    groups: int = 1000
    network: int = 1000
    subnet: int = 1000
    subnetpool: int = -1
    port: int = 100_000
    router: int = 1000
    floatingip: int = 10_000
    security_group: int = 1000
    security_group_rule: int = 10_000
    rbac_policy: int = 1000


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    delays: Delays = Delays()
    quota: Quota = Quota()
    token_lifetime: int = 24 * 3600
    """Seconds."""
