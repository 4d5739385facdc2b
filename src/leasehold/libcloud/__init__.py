"""Leasehold's driver in the place of Apache Libcloud's for OpenStack: same methods, same results.

    >>> from libcloud.compute.providers import get_driver
    >>> from libcloud.compute.types import Provider
    >>> from leasehold.libcloud import register
    >>> register()  # doctest: +SKIP
    >>> OpenStack = get_driver(Provider.OPENSTACK)  # doctest: +SKIP

A program that cannot be changed runs by ``python -m leasehold.libcloud PROGRAM``. Needs the extra
`libcloud`.
"""

try:
    import libcloud  # noqa: F401 - to say what lacks, before a module of ours fails for it
except ModuleNotFoundError as error:
    raise ImportError(
        "leasehold.libcloud needs Apache Libcloud: pip install 'leasehold[libcloud]'"
    ) from error

from leasehold.libcloud.compute_v1_0 import OpenStack_1_0_NodeDriver
from leasehold.libcloud.compute_v1_1 import OpenStack_1_1_NodeDriver
from leasehold.libcloud.compute_v2 import OpenStack_2_NodeDriver
from leasehold.libcloud.driver import OpenStackNodeDriver
from leasehold.libcloud.registration import register, unregister

__all__ = [
    "OpenStackNodeDriver",
    "OpenStack_1_0_NodeDriver",
    "OpenStack_1_1_NodeDriver",
    "OpenStack_2_NodeDriver",
    "register",
    "unregister",
]
