"""What the parts of a driver have in common: the cloud they speak to, and whose errors they raise."""

import inspect
import warnings
from typing import Any

from libcloud.compute.base import NodeDriver

from leasehold.libcloud.errors import in_libcloud_words
from leasehold.libcloud.raw import RawConnection
from leasehold.openstack import Connection


class Part(NodeDriver):
    """The methods of a driver for one noun. Its public methods raise Libcloud's exceptions."""

    cloud: Connection
    """Our own driver, for what Libcloud's interface has no words for."""
    connection: RawConnection

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, member in list(vars(cls).items()):
            if inspect.isfunction(member) and not name.startswith("_"):
                setattr(cls, name, in_libcloud_words(member))


def deprecated(successor: str) -> None:
    """Warn, as Libcloud does, that the method that is running has another name now."""
    warnings.warn(
        f"This method has been deprecated in favor of the {successor} method",
        stacklevel=4,  # over this, the method and the wording of its errors: the caller's line
    )
