"""The images a new cloud starts with."""

from leasehold.emulator.identity.accounts import Project
from leasehold.emulator.image.images import Images

_SEEDS: dict[str, dict[str, str]] = {
    "debian-12": {"os_distro": "debian", "os_version": "12", "os_admin_user": "debian"},
    "ubuntu-22.04": {"os_distro": "ubuntu", "os_version": "22.04", "os_admin_user": "ubuntu"},
    "tiny": {},
}


def add_images(images: Images, *, admin: Project) -> None:
    """Public images of the administrator's; their data is one line that says what they are."""
    for name, properties in _SEEDS.items():
        image = images.create(
            {
                "name": name,
                "owner": admin.id,
                "visibility": "public",
                "disk_format": "raw",
                "container_format": "bare",
                "properties": {"architecture": "x86_64", **properties},
            }
        )
        images.upload(image, f"The emulator's image {name} has no disk in it.\n".encode())
