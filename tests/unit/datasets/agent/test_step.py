"""What is to be done next with a dataset, from what was seen of it."""

from pathlib import Path

import pytest

from leasehold.datasets.agent.content import Content, Filesystem
from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.errors import Misplaced, NoPermit, NotBlank
from leasehold.datasets.agent.step import Seen, Step, next_step
from leasehold.datasets.model import DatasetId
from leasehold.datasets.protocol import FormatPermit, Order, Want

PLACE = Path("/datasets/d")
DEVICE = Device(path=Path("/dev/vdb"), major=254, minor=16, size=1 << 30)
BLANK = Content()
DATA = Content(found="signatures of crypto_LUKS")
EXT4 = Filesystem(type="ext4", uuid="u", size=1 << 30)
PERMIT = FormatPermit(dataset="d", volume="v")


def an_order(**fields: object) -> Order:
    return Order(
        **{  # type: ignore[arg-type]
            "dataset": DatasetId("d"),
            "name": "data",
            "epoch": 1,
            "want": Want.MOUNTED,
            "volume": "v",
            "size_bytes": 1 << 30,
            "format": PERMIT,
            **fields,
        }
    )


def step(order: Order, **seen: object) -> Step:
    return next_step(order, Seen(**{"device": DEVICE, **seen}), PLACE)  # type: ignore[arg-type]


def unmounted(content: Content, **fields: object) -> dict[str, object]:
    return {"content": content, "filesystem": content.filesystem, **fields}


def test_a_blank_volume_is_formatted_with_the_permit_for_it():
    assert step(an_order(), **unmounted(BLANK)) is Step.FORMAT


@pytest.mark.parametrize(
    "permit",
    [
        None,
        FormatPermit(dataset="d", volume="another"),
        FormatPermit(dataset="another", volume="v"),
    ],
)
def test_without_a_permit_for_this_dataset_on_this_volume_nothing_is_formatted(permit):
    with pytest.raises(NoPermit):
        step(an_order(format=permit), **unmounted(BLANK))
    with pytest.raises(NoPermit):
        step(an_order(format=permit), **unmounted(DATA, formatting="u"))


def test_what_is_not_blank_is_refused_with_what_was_found():
    with pytest.raises(NotBlank, match=r"/dev/vdb .*crypto_LUKS"):
        step(an_order(), **unmounted(DATA))


def test_a_filesystem_is_used_whoever_made_it_also_with_a_permit():
    assert step(an_order(), **unmounted(Content(filesystem=EXT4))) is Step.PREPARE
    content = Content(filesystem=EXT4)
    assert step(an_order(), **unmounted(content, formatting="another")) is Step.PREPARE


def test_our_own_half_made_filesystem_is_made_again():
    content = Content(filesystem=EXT4)
    assert step(an_order(), **unmounted(content, formatting="u")) is Step.FORMAT_AGAIN
    assert step(an_order(), **unmounted(DATA, formatting="u")) is Step.FORMAT_AGAIN
    assert step(an_order(), **unmounted(BLANK, formatting="u")) is Step.FORMAT


def test_our_own_whole_filesystem_is_finished_before_it_is_mounted():
    content = Content(filesystem=EXT4)
    assert step(an_order(), **unmounted(content, formatting="u", whole=True)) is Step.FINISH


def test_what_is_mounted_in_its_place_is_left_alone_or_grows():
    assert step(an_order(), there="254:16", places=(PLACE,)) is Step.NOTHING
    assert step(an_order(), there="254:16", places=(PLACE,), can_grow=True) is Step.GROW
    assert step(an_order(), there="254:16", places=(PLACE,), fresh=True) is Step.TIDY


def test_a_place_or_a_device_that_is_used_otherwise_is_not_touched():
    with pytest.raises(Misplaced, match="8:1 is mounted on /datasets/d"):
        step(an_order(), there="8:1", **unmounted(BLANK))
    with pytest.raises(Misplaced, match="mounted on /mnt instead of /datasets/d"):
        step(an_order(), places=(Path("/mnt"),))


def test_what_shall_leave_is_unmounted_wherever_it_is():
    order = an_order(want=Want.UNMOUNTED, format=None)
    assert step(order, places=(Path("/mnt"),)) is Step.UNMOUNT
    assert step(order) is Step.UNMOUNT  # which also proves that nobody has it open
    assert step(order, device=None) is Step.NOTHING


def test_what_is_mounted_in_its_place_may_be_the_disk_that_shall_leave_and_is_not_found():
    order = an_order(want=Want.UNMOUNTED, format=None)
    with pytest.raises(Misplaced, match=r"254:16 is mounted on /datasets/d.* volume v: it may be"):
        step(order, device=None, there="254:16")


def test_what_is_left_of_a_device_that_is_gone_is_cleared_away():
    assert step(an_order(), device=None, there="254:16", ruin=True) is Step.CLEAR
    assert step(an_order(want=Want.UNMOUNTED), device=None, there="8:1", ruin=True) is Step.CLEAR
