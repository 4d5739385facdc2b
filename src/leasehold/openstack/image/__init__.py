"""Images (Glance, v2)."""

from leasehold.openstack.image.client import Images
from leasehold.openstack.image.image import Image

__all__ = ["Image", "Images"]
