import msgspec
import pytest

from leasehold.openstack.compute.compute_image import IMAGES


@pytest.mark.parametrize(
    "metadata",
    [
        {"block_device_mapping": [{"boot_index": 0, "snapshot_id": "s-1"}]},
        {"kernel_id": None},
        {"os_require_quiesce": True},
    ],
)
def test_an_image_of_a_server_that_boots_from_a_volume_does_not_break_the_list(
    metadata: dict[str, object],
) -> None:
    """Nova gives some of Glance's texts as what they say (nova/image/glance.py)."""
    images, _ = IMAGES.decode(msgspec.json.encode({"images": [{"id": "i", "metadata": metadata}]}))
    assert [image.metadata for image in images] == [metadata]
