"""Finds the source of machines that a worker's arguments mean."""

from typing import Any

from leasehold.buildbot.arguments import Arguments
from leasehold.buildbot.leasehold_service import LeaseholdService
from leasehold.buildbot.machine import Source
from leasehold.buildbot.master_cloud import MasterCloud
from leasehold.buildbot.sign_in import connect_arguments, name_of


async def source_of(worker: Any, arguments: Arguments) -> Source:
    """The source that a worker shares with all others of its master that mean the same one."""
    if arguments.leasehold_url is not None:
        token = await worker.renderSecrets(arguments.leasehold_token)
        service: LeaseholdService = await LeaseholdService.getService(
            worker.master, arguments.leasehold_url, token, f"buildbot@{worker.master.name}"
        )
        return service
    sign_in = await worker.renderSecrets(connect_arguments(arguments))
    cloud: MasterCloud = await MasterCloud.getService(worker.master, name_of(sign_in), sign_in)
    cloud.sign_in(sign_in)
    cloud.limit(worker.name, arguments.cloud_limits)
    return cloud
