"""Images (Glance, v2)."""

from leasehold.openstack.image.client import ImageService
from leasehold.openstack.image.image import Image
from leasehold.openstack.image.member import ImageMember

__all__ = ["Image", "ImageMember", "ImageService"]
