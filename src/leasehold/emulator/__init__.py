"""An OpenStack in one process, over real HTTP: Keystone, Nova, Glance, Neutron, Cinder, Blazar.

For tests, demonstrations and a first try. It imports nothing else of Leasehold.
"""

from leasehold.emulator.cloud import Cloud, Leftover, Leftovers, clouds_yaml
from leasehold.emulator.effects import Effect
from leasehold.emulator.emulator import Emulator, GuestMode
from leasehold.emulator.fault_rules import Rule
from leasehold.emulator.faults import Faults, Outage
from leasehold.emulator.identity.catalog_entries import CatalogEntry
from leasehold.emulator.names import NameServer
from leasehold.emulator.settings import Delays, Quota, Settings
from leasehold.emulator.timeline import Delay, fixed
from leasehold.emulator.tls import Tls
from leasehold.emulator.volume.disks import DisksFailed

__all__ = [
    "CatalogEntry",
    "Cloud",
    "Delay",
    "Delays",
    "DisksFailed",
    "Effect",
    "Emulator",
    "Faults",
    "GuestMode",
    "Leftover",
    "Leftovers",
    "NameServer",
    "Outage",
    "Quota",
    "Rule",
    "Settings",
    "Tls",
    "clouds_yaml",
    "fixed",
]
