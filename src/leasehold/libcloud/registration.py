"""Puts our drivers into Libcloud's registration, so that `get_driver` gives them."""

from libcloud.compute import providers
from libcloud.compute.types import Provider

_PLACE = ("leasehold.libcloud", "OpenStackNodeDriver")
_LIBCLOUDS_OWN = ("libcloud.compute.drivers.openstack", "OpenStackNodeDriver")


def register() -> None:
    """Let ``get_driver(Provider.OPENSTACK)``, also by the name "openstack", give our driver.

    For the whole process, from now on; drivers made before stay what they are. Can be called again.
    """
    _replace(*_PLACE)


def unregister() -> None:
    """Put Libcloud's own driver back."""
    _replace(*_LIBCLOUDS_OWN)


def _replace(module: str, name: str) -> None:
    providers.DRIVERS.pop(Provider.OPENSTACK, None)  # or set_driver would refuse
    providers.set_driver(Provider.OPENSTACK, module, name)
