"""What one can do with Glance."""

from leasehold.openstack.image.data import ImageData
from leasehold.openstack.image.images import Images
from leasehold.openstack.image.member import ImageMembers
from leasehold.openstack.image.staging import ImageImport


class ImageService(Images, ImageData, ImageMembers, ImageImport):
    """The image service of a connection. Every verb raises leaves of `OpenStackError`."""
