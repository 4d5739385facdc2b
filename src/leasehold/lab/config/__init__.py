"""``leasehold.toml``: the service, the clouds, the domains and the machine types."""

from leasehold.lab.config.clouds import CloudConfig
from leasehold.lab.config.datasets import DatasetProfileConfig, DatasetsConfig
from leasehold.lab.config.dns import DnsConfig
from leasehold.lab.config.flocker import FlockerConfig
from leasehold.lab.config.lab import LabConfig
from leasehold.lab.config.limits import LimitsConfig, OwnerLimits
from leasehold.lab.config.load import Config, load
from leasehold.lab.config.machine_types import MachineTypeConfig
from leasehold.lab.config.notices import MailConfig, WebhookConfig
from leasehold.lab.config.paddles import PaddlesConfig
from leasehold.lab.config.rules import FlavorRule, ImageRule, NetworkRule, VolumeConfig
from leasehold.lab.config.service import ServiceConfig, TokenConfig
from leasehold.lab.config.systems import SystemConfig

__all__ = [
    "CloudConfig",
    "Config",
    "DatasetProfileConfig",
    "DatasetsConfig",
    "DnsConfig",
    "FlavorRule",
    "FlockerConfig",
    "ImageRule",
    "LabConfig",
    "LimitsConfig",
    "MachineTypeConfig",
    "MailConfig",
    "NetworkRule",
    "OwnerLimits",
    "PaddlesConfig",
    "ServiceConfig",
    "SystemConfig",
    "TokenConfig",
    "VolumeConfig",
    "WebhookConfig",
    "load",
]
