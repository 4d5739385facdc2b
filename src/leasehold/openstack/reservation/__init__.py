"""Reservations of hosts and of room for servers (Blazar, v1)."""

from leasehold.openstack.reservation.client import Reservations
from leasehold.openstack.reservation.host import ReservableHost
from leasehold.openstack.reservation.lease import Lease, Reservation

__all__ = ["Lease", "ReservableHost", "Reservation", "Reservations"]
