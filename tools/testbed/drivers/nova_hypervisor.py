"""Nova's fake hypervisor, made to remember its servers when nova-compute restarts."""

import os
import time

from nova import context, objects
from nova.scheduler.client import report
from nova.virt import fake

# Each build makes nova-compute fetch the allocations of *every* server on its host, one request
# each, only to be ready for a reshape of providers. This host is never reshaped: no N^2 requests.
report.SchedulerReportClient.get_allocations_for_provider_tree = lambda self, context, nodename: {}


class TestbedDriver(fake.FakeDriverWithoutFakeNodes):
    """The plain FakeDriver cannot start a second time."""

    def init_host(self, host):
        super().init_host(host)
        admin = context.get_admin_context()
        servers = objects.InstanceList.get_by_host(admin, host, expected_attrs=["flavor"])
        for server in servers:
            if server.vm_state not in ("building", "deleted"):
                size = server.flavor
                self.resources.claim(vcpus=size.vcpus, mem=size.memory_mb, disk=size.root_gb)
                self.instances[server.uuid] = fake.FakeInstance(
                    server.name, server.power_state, server.uuid
                )

    def spawn(self, *args, **kwargs):
        time.sleep(float(os.environ.get("OPENSTACK_TESTBED_SPAWN_SECONDS", "0")))
        super().spawn(*args, **kwargs)
