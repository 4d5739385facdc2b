"""What one can do with Blazar."""

from leasehold.openstack.reservation.host import ReservableHosts
from leasehold.openstack.reservation.lease import Leases


class Reservations(Leases, ReservableHosts):
    """The reservation service of a connection. Every verb raises leaves of `OpenStackError`."""
