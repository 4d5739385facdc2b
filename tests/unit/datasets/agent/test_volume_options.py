"""The options of docker volume create."""

import pytest

from leasehold.datasets.agent.volume_options import BadOption, size_gib, wish_of


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("10G", 10),
        ("10g", 10),
        ("10GiB", 10),
        ("10 GB", 10),
        ("512M", 1),
        ("1025M", 2),
        ("1T", 1024),
        ("1048576K", 1),
        (str(3 << 30), 3),
        (str((3 << 30) + 1), 4),
    ],
)
def test_a_size_is_whole_gib_rounded_up_in_powers_of_1024(text, size):
    assert size_gib(text) == size


@pytest.mark.parametrize("text", ["", "big", "-1G", "1.5G", "10P", "G", "0", "0G", "10", "1K"])
def test_a_bad_size_is_an_error_and_not_the_default(text):
    with pytest.raises(BadOption, match="size="):
        size_gib(text)


def test_a_bare_small_number_is_told_what_was_probably_meant():
    with pytest.raises(BadOption, match=r"size=10 is 10 bytes; write 10G"):
        size_gib("10")


@pytest.mark.parametrize("text", ["65T", "9999999T"])
def test_more_than_any_cloud_has_is_refused(text):
    with pytest.raises(BadOption, match="more than"):
        size_gib(text)


def test_all_options_become_a_wish():
    options = {"size": "2G", "profile": "gold", "type": "ssd", "filesystem": "xfs"}
    wish = wish_of("data", options)
    assert (wish.name, wish.size_gib, wish.profile) == ("data", 2, "gold")
    assert (wish.volume_type, wish.filesystem, wish.node) == ("ssd", "xfs", None)
    assert wish_of("data", {}).size_gib is None


def test_an_unknown_option_or_filesystem_is_told_with_what_is_allowed():
    with pytest.raises(BadOption, match=r"'sise' is unknown; allowed: size, profile, type"):
        wish_of("data", {"sise": "2G"})
    with pytest.raises(BadOption, match="allowed: ext4, xfs"):
        wish_of("data", {"filesystem": "ntfs"})
