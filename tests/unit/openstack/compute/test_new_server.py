from base64 import b64decode

import pytest

from leasehold.openstack import BadRequest
from leasehold.openstack.compute import BlockDevice, BootVolume
from leasehold.openstack.compute.new_server import (
    USER_DATA_LIMIT,
    boot_device,
    encoded_user_data,
)


def test_user_data_is_encoded():
    assert b64decode(encoded_user_data("#!/bin/sh\necho ü\n")).decode() == "#!/bin/sh\necho ü\n"


def test_no_user_data_stays_none():
    assert encoded_user_data(None) is None


def test_user_data_that_nova_would_refuse_is_refused_before():
    longest = "x" * (USER_DATA_LIMIT // 4 * 3)
    assert encoded_user_data(longest)
    with pytest.raises(BadRequest, match="65540 bytes"):
        encoded_user_data(longest + "xxxx")


def test_a_server_boots_from_a_volume_that_is_there():
    assert boot_device(BootVolume(volume_id="v1")) == BlockDevice(
        uuid="v1", source_type="volume", destination_type="volume", boot_index=0
    )


def test_a_server_boots_from_a_new_volume_of_an_image():
    boot = BootVolume(image_id="i1", size=5, volume_type="ssd", delete_on_termination=True)
    assert boot_device(boot) == BlockDevice(
        uuid="i1",
        source_type="image",
        destination_type="volume",
        boot_index=0,
        volume_size=5,
        volume_type="ssd",
        delete_on_termination=True,
    )


@pytest.mark.parametrize(
    "boot",
    [BootVolume(), BootVolume(image_id="i1"), BootVolume(volume_id="v1", image_id="i1", size=5)],
)
def test_a_boot_volume_that_is_neither_is_refused(boot):
    with pytest.raises(BadRequest, match="either volume_id, or image_id with size"):
        boot_device(boot)
