"""Flocker's calls, over a cloud in memory and agents that keep the protocol's promises."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from leasehold.datasets.book import HoldRow
from leasehold.datasets.flocker.bodies import Move, NewDataset, NewLease, Refused, parse
from leasehold.datasets.flocker.rest import Rest, node_uuid
from leasehold.datasets.model import GIB, DatasetNode
from tests.simulation.datasets import DatasetWorld

N1, N2 = UUID(node_uuid("n1")), UUID(node_uuid("n2"))


@pytest.fixture
def world(tmp_path: Path) -> DatasetWorld:
    return DatasetWorld(tmp_path)


@pytest.fixture
def rest(world: DatasetWorld) -> Rest:
    return Rest(world.commands, world.agents)


def create(rest: Rest, **fields: Any) -> str:
    body = NewDataset(**{"primary": N1, "metadata": {"name": "pg"}, **fields})
    return rest.create(body, "ann", None).dataset_id


def refusal(call: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.status, caught.value.body["description"]


def lease(dataset: str, node: UUID = N1, expires: float | None = None) -> NewLease:
    return NewLease(dataset_id=UUID(dataset), node_uuid=node, expires=expires)


# -- datasets ----------------------------------------------------------------------------------------


def test_a_created_dataset_is_configured_and_then_seen_where_it_is_mounted(
    world: DatasetWorld, rest: Rest
) -> None:
    dataset = create(rest, maximum_size=10 * GIB, metadata={"name": "pg", "app": "web"})
    (configured,), _ = rest.datasets()
    assert msgspec.to_builtins(configured) == {
        "dataset_id": dataset,
        "primary": str(N1),
        "deleted": False,
        "metadata": {"name": "pg", "app": "web"},
        "maximum_size": 10 * GIB,
    }
    assert rest.seen() == []
    world.run(60)
    assert msgspec.to_builtins(rest.seen()) == [
        {
            "dataset_id": dataset,
            "primary": str(N1),
            "path": "/leasehold/pg",
            "maximum_size": 10 * GIB,
        }
    ]


def test_a_dataset_on_no_node_is_seen_without_a_primary(world: DatasetWorld, rest: Rest) -> None:
    world.create("cold", node=None)
    world.run(60)
    (seen,) = msgspec.to_builtins(rest.seen())
    assert sorted(seen) == ["dataset_id", "maximum_size"]


def test_a_dataset_is_named_as_its_metadata_says_and_docker_finds_it_by_that(
    world: DatasetWorld, rest: Rest
) -> None:
    create(rest)
    assert world.show("pg").owner == "ann"


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 101])
def test_a_name_that_is_none_is_kept_as_metadata_only(
    world: DatasetWorld, rest: Rest, name: str
) -> None:
    dataset = create(rest, metadata={"name": name})
    assert world.show(f"flocker-{dataset}").metadata == {"name": name}


def test_a_uuid_in_the_metadata_is_no_name(world: DatasetWorld, rest: Rest) -> None:
    first = create(rest)
    second = create(rest, metadata={"name": first})
    assert world.show(second).name == f"flocker-{second}"


def test_two_datasets_may_have_one_name_in_their_metadata_as_in_flocker(rest: Rest) -> None:
    first, second = create(rest), create(rest)
    assert first != second
    assert [each.metadata["name"] for each in rest.datasets()[0]] == ["pg", "pg"]


def test_the_id_may_be_chosen_and_is_not_given_twice(rest: Rest) -> None:
    wanted = uuid4()
    assert create(rest, dataset_id=wanted) == str(wanted)
    again = refusal(lambda: create(rest, dataset_id=wanted))
    assert again == (409, "The provided dataset_id is already in use.")


def test_a_size_is_rounded_up_to_whole_gibibytes(rest: Rest) -> None:
    create(rest, maximum_size=GIB + 1024)
    assert rest.datasets()[0][0].maximum_size == 2 * GIB


def test_a_node_that_is_not_in_the_cluster_is_refused_instead_of_waited_for(rest: Rest) -> None:
    assert refusal(lambda: create(rest, primary=uuid4()))[0] == 409


def test_profiles_of_flocker_that_nobody_configured_are_the_default(rest: Rest) -> None:
    create(rest, metadata={"clusterhq:flocker:profile": "gold"})
    status, told = refusal(lambda: create(rest, metadata={"clusterhq:flocker:profile": "platinum"}))
    assert (status, "dataset_profiles.platinum" in told) == (400, True)


def test_a_dataset_moves_to_another_primary(world: DatasetWorld, rest: Rest) -> None:
    dataset = create(rest)
    world.run(60)
    assert rest.move(dataset, Move(primary=N2), None).primary == str(N2)
    world.run(120)
    assert msgspec.to_builtins(rest.seen()[0])["primary"] == str(N2)
    world.check()


def test_a_deleted_dataset_is_shown_so_and_deleting_it_again_does_nothing(rest: Rest) -> None:
    dataset = create(rest)
    assert rest.delete(dataset, None).deleted
    assert rest.delete(dataset.upper(), None).deleted
    assert rest.datasets()[0][0].deleted
    moved = refusal(lambda: rest.move(dataset, Move(primary=N2), None))
    assert moved == (405, "The dataset has been deleted.")


def test_an_unknown_dataset_is_not_found(rest: Rest) -> None:
    unknown = str(uuid4())
    expected = (404, "Dataset not found.")
    assert refusal(lambda: rest.delete(unknown, None)) == expected
    assert refusal(lambda: rest.move(unknown, Move(primary=N1), None)) == expected
    assert refusal(lambda: rest.acquire(lease(unknown), "ann", None)) == expected


# -- the tag -----------------------------------------------------------------------------------------


def test_a_change_is_made_only_while_the_configuration_is_what_the_caller_saw(rest: Rest) -> None:
    _, tag = rest.datasets()
    body = NewDataset(primary=N1)
    made = rest.create(body, "ann", tag)
    assert refusal(lambda: rest.create(body, "ann", tag))[0] == 412
    assert refusal(lambda: rest.delete(made.dataset_id, tag))[0] == 412
    assert rest.delete(made.dataset_id, rest.datasets()[1]).deleted


def test_a_lease_changes_the_tag_as_well(rest: Rest) -> None:
    dataset = create(rest)
    _, before = rest.datasets()
    rest.acquire(lease(dataset), "ann", None)
    assert rest.datasets()[1] != before


def test_what_only_happens_does_not_change_the_tag(world: DatasetWorld, rest: Rest) -> None:
    create(rest)
    _, before = rest.datasets()
    world.run(60)
    assert rest.datasets()[1] == before


# -- leases ------------------------------------------------------------------------------------------


def test_a_lease_is_new_then_renewed_then_released(rest: Rest) -> None:
    dataset = create(rest)
    made, new = rest.acquire(lease(dataset, expires=60), "ann", None)
    assert (new, made.node_uuid, made.expires) == (True, str(N1), 60.0)
    renewed, new = rest.acquire(lease(dataset), "bob", None)
    assert (new, renewed.expires) == (False, None)
    assert rest.leases() == [renewed]
    assert rest.release(dataset, "carl", None).dataset_id == dataset
    assert rest.leases() == []
    assert refusal(lambda: rest.release(dataset, "ann", None)) == (404, "Lease not found.")


def test_a_lease_of_one_node_is_not_given_to_another(rest: Rest) -> None:
    dataset = create(rest)
    rest.acquire(lease(dataset), "ann", None)
    again = refusal(lambda: rest.acquire(lease(dataset, node=N2), "ann", None))
    assert again == (409, "Lease already held.")


def test_a_leased_dataset_is_neither_moved_nor_deleted(rest: Rest) -> None:
    dataset = create(rest)
    rest.acquire(lease(dataset), "ann", None)
    assert refusal(lambda: rest.move(dataset, Move(primary=N2), None))[0] == 409
    assert refusal(lambda: rest.delete(dataset, None))[0] == 409
    rest.release(dataset, "ann", None)
    assert rest.move(dataset, Move(primary=N2), None).primary == str(N2)


def test_a_lease_ends_when_its_time_is_up(world: DatasetWorld, rest: Rest) -> None:
    dataset = create(rest)
    rest.acquire(lease(dataset, expires=30), "ann", None)
    world.run(60)
    assert rest.leases() == []
    assert rest.acquire(lease(dataset), "ann", None)[1]


def test_a_lease_of_more_than_ten_years_is_refused(rest: Rest) -> None:
    dataset = create(rest)
    status, text = refusal(lambda: rest.acquire(lease(dataset, expires=1e12), "ann", None))
    assert (status, rest.leases()) == (400, [])
    assert "until it is released" in text


def test_what_an_operator_holds_is_not_released_over_this_api(
    world: DatasetWorld, rest: Rest
) -> None:
    dataset = create(rest)
    world.commands.hold(dataset, HoldRow(node=DatasetNode("n1"), owner="olga"))
    assert refusal(lambda: rest.release(dataset, "ann", None))[0] == 409
    assert len(rest.leases()) == 1


# -- nodes and bodies --------------------------------------------------------------------------------


def test_nodes_that_report_are_listed_and_found_by_their_era(
    world: DatasetWorld, rest: Rest
) -> None:
    world.run(10)
    assert [each.uuid for each in rest.nodes()] == [str(N1), str(N2)]
    era = world.agents.nodes()[0].era
    assert era is not None
    assert rest.node_of_era(era) == {"uuid": str(N1)}
    assert refusal(lambda: rest.node_of_era(str(uuid4())))[0] == 404


def test_a_node_whose_name_is_a_uuid_is_known_by_it_and_others_by_one_that_stays() -> None:
    name = str(uuid4())
    assert node_uuid(name.upper()) == name
    assert node_uuid("n1") == node_uuid("n1") != node_uuid("n2")
    assert UUID(node_uuid("n1")).version == 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"primary": "x"}',
        b'{"primary": 1}',
        b'{"primary": "%b", "color": "red"}',
        b'{"primary": "%b", "maximum_size": 1024}',
        b'{"primary": "%b", "maximum_size": 67108865}',
        b'{"primary": "%b", "maximum_size": "67108864"}',
        b'{"primary": "%b", "metadata": {"": "x"}}',
        b'{"primary": "%b", "metadata": {"x": 1}}',
        b"[" * 100_000,
    ],
)
def test_a_body_outside_flockers_schema_is_told_and_never_breaks(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse(body.replace(b"%b", str(N1).encode()), NewDataset)
    assert caught.value.status == 400
    assert caught.value.body["description"]


def test_the_smallest_body_of_flockers_schema_is_taken() -> None:
    body = b'{"primary": "%b", "maximum_size": 67108864, "metadata": {}}' % str(N1).encode()
    assert parse(body, NewDataset).maximum_size == 67108864
