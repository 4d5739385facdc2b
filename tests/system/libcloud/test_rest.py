"""Sizes, locations, key pairs, quotas and server groups, on both drivers."""

from pathlib import Path
from typing import Any

import libcloud.pricing
import pytest

from tests.looking import named
from tests.system.libcloud.pair import PUBLIC_KEY, Pair


def test_sizes_are_listed_and_got_alike(pair: Pair) -> None:
    sizes = pair.read(lambda driver: driver.list_sizes())
    size = named(sizes, "small")
    pair.read(lambda driver: driver.ex_get_size(size.id))
    pair.read(lambda driver: driver.ex_get_size_extra_specs(size.id))


def test_a_size_costs_what_the_programs_price_list_says(pair: Pair) -> None:
    size = named(pair.ours.list_sizes(), "small")
    libcloud.pricing.set_pricing("compute", "openstack", {size.id: 0.25})
    try:
        assert named(pair.read(lambda driver: driver.list_sizes()), "small").price == 0.25
    finally:
        libcloud.pricing.clear_pricing_data()


def test_there_is_one_location(pair: Pair) -> None:
    assert len(pair.read(lambda driver: driver.list_locations())) == 1


def test_key_pairs_are_imported_listed_got_and_deleted_alike(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(PUBLIC_KEY)
    imports: list[Any] = [
        lambda driver: driver.import_key_pair_from_string("k", PUBLIC_KEY),
        lambda driver: driver.import_key_pair_from_file("k", str(file)),
    ]
    for each in imports:
        for driver in pair:
            made = each(driver)
            assert made.public_key.split()[:2] == PUBLIC_KEY.split()[:2]
            pair.read(lambda driver: driver.list_key_pairs())
            pair.read(lambda driver: driver.get_key_pair("k"))
            assert driver.delete_key_pair(made) is True


def test_a_key_pair_of_novas_making_tells_its_private_half(pair: Pair) -> None:
    for driver in pair:
        made = driver.create_key_pair("made")
        assert "PRIVATE KEY" in made.private_key
        assert driver.delete_key_pair(made) is True


def test_the_old_names_of_key_pairs_warn_and_work(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(PUBLIC_KEY)
    for driver in pair:
        for make in (
            lambda d: d.ex_create_keypair("old"),
            lambda d: d.ex_import_keypair("old", str(file)),
            lambda d: d.ex_import_keypair_from_string("old", PUBLIC_KEY),
        ):
            with pytest.warns(UserWarning, match="deprecated"):
                made = make(driver)
            with pytest.warns(UserWarning, match="list_key_pairs"):
                assert [pair.name for pair in driver.ex_list_keypairs()] == ["old"]
            with pytest.warns(UserWarning, match="delete_key_pair"):
                assert driver.ex_delete_keypair(made) is True


def test_server_groups_are_made_listed_got_and_deleted_alike(pair: Pair) -> None:
    made = pair.do(lambda driver: driver.ex_add_server_group("g", "anti-affinity"))
    pair.read(lambda driver: driver.ex_list_server_groups())
    pair.read(lambda driver: driver.ex_get_server_group(made[0].id))
    for driver, group in zip(pair, made, strict=True):
        assert driver.ex_del_server_group(group) is True


def test_quotas_are_alike(pair: Pair, project_id: str) -> None:
    pair.read(lambda driver: driver.ex_get_quota_set(project_id))
    pair.read(lambda driver: driver.ex_get_network_quotas(project_id))
    pair.read(lambda driver: driver.ex_get_volume_quotas(project_id))
