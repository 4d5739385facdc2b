import pytest

from leasehold.emulator.address_block import AddressBlock, NoBlockFree


def test_two_emulators_hand_out_different_addresses() -> None:
    one, other = AddressBlock(), AddressBlock()
    assert one.cidr != other.cidr
    one.release()
    other.release()


def test_a_released_block_is_handed_out_again() -> None:
    one = AddressBlock(first=40)
    one.release()
    again = AddressBlock(first=40)
    assert again.cidr == one.cidr
    again.release()


def test_when_all_blocks_are_taken_it_says_so() -> None:
    held: list[AddressBlock] = []
    try:
        with pytest.raises(NoBlockFree, match="end an emulator"):
            held.extend(iter(AddressBlock, None))
    finally:
        for block in held:
            block.release()
