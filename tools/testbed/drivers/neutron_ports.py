"""An ML2 mechanism driver that binds every port at once and marks floating IPs ACTIVE."""

from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.plugins import constants, directory
from neutron_lib.plugins.ml2 import api


class TestbedMechanismDriver(api.MechanismDriver):
    def initialize(self):
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._floating_ip, resources.FLOATING_IP, event)

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        for segment in context.segments_to_bind:
            context.set_binding(
                segment[api.ID],
                portbindings.VIF_TYPE_OVS,
                {
                    portbindings.CAP_PORT_FILTER: True,
                    portbindings.VIF_DETAILS_CONNECTIVITY: self.connectivity,
                },
                status="ACTIVE",
            )
            return

    def _floating_ip(self, resource, event, trigger, payload):
        state = payload.latest_state
        want = "ACTIVE" if state.get("fixed_port_id") or state.get("port_id") else "DOWN"
        directory.get_plugin(constants.L3).update_floatingip_status(
            payload.context.elevated(), state.get("floating_ip_id") or state["id"], want
        )
