"""Buildbot's latent workers, on servers that never leak: a plugin for Buildbot 4."""

from leasehold.buildbot.worker import LeaseholdWorker, OpenStackLatentWorker

__all__ = ["LeaseholdWorker", "OpenStackLatentWorker"]
