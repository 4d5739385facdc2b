"""The driver of API version 2: Nova 2.x with Glance, Neutron, Cinder and Blazar beside it."""

from functools import cached_property

from leasehold.libcloud import states
from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.libcloud.floating_ips import FloatingIps
from leasehold.libcloud.images import Images
from leasehold.libcloud.key_pairs import KeyPairs
from leasehold.libcloud.networks import Networks
from leasehold.libcloud.node_actions import NodeActions
from leasehold.libcloud.nodes import Nodes
from leasehold.libcloud.nova.security_groups import NodeSecurityGroups
from leasehold.libcloud.ports import Ports
from leasehold.libcloud.quotas import Quotas
from leasehold.libcloud.raw import RawConnection
from leasehold.libcloud.reservations import Reservations
from leasehold.libcloud.routers import Routers
from leasehold.libcloud.security_groups import SecurityGroups
from leasehold.libcloud.server_groups import ServerGroups
from leasehold.libcloud.sizes import Sizes
from leasehold.libcloud.snapshots import Snapshots
from leasehold.libcloud.subnets import Subnets
from leasehold.libcloud.volumes import Attachments, Volumes
from leasehold.openstack import ServiceType


class OpenStack_2_NodeDriver(  # noqa: N801 - Libcloud's name
    Nodes,
    NodeActions,
    NodeSecurityGroups,
    Sizes,
    Images,
    KeyPairs,
    Volumes,
    Attachments,
    Snapshots,
    Networks,
    Subnets,
    Ports,
    Routers,
    FloatingIps,
    SecurityGroups,
    ServerGroups,
    Quotas,
    Reservations,
    OpenStackNodeDriver,
    api_versions=("2.0", "2.1", "2.2"),
):
    """Takes the place of Libcloud's class of the same name."""

    default_auth_version = "3.x_password"
    PORT_INTERFACE_MAP = states.PORT

    # What `connection` is to Nova, for requests of a program's own.

    @cached_property
    def image_connection(self) -> RawConnection:
        """The way to Glance."""
        return self._raw(ServiceType.IMAGE)

    @cached_property
    def network_connection(self) -> RawConnection:
        """The way to Neutron."""
        return self._raw(ServiceType.NETWORK)

    @cached_property
    def volume_connection(self) -> RawConnection:
        """The way to Cinder, of the best version there is."""
        return self._raw(ServiceType.VOLUME)

    @property
    def volumev2_connection(self) -> RawConnection:
        """The same: there is one way to Cinder."""
        return self.volume_connection

    @property
    def volumev3_connection(self) -> RawConnection:
        """The same: there is one way to Cinder."""
        return self.volume_connection

    @cached_property
    def reservation_connection(self) -> RawConnection:
        """The way to Blazar."""
        return self._raw(ServiceType.RESERVATION)
