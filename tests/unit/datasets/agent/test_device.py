"""Which serial is whose."""

import pytest

from leasehold.datasets.agent.device import is_serial_of

ID = "0d8f1f32-7cd5-4a2b-9d2e-0123456789ab"


@pytest.mark.parametrize("serial", [ID, ID[:20], ID.replace("-", ""), ID.replace("-", "")[:20]])
def test_the_whole_id_and_its_first_20_characters_are_serials_of_a_volume(serial):
    assert is_serial_of(serial, ID)


@pytest.mark.parametrize("serial", ["", ID[:19], ID[:21], ID[1:21], "QM00001", ID.upper()])
def test_anything_shorter_or_other_is_not(serial):
    assert not is_serial_of(serial, ID)
