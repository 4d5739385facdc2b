"""What a wish for a dataset comes to: its row, from the node, the source, the profile and the cloud."""

from collections.abc import Callable

from leasehold.datasets.book import DatasetRow
from leasehold.datasets.control import Control
from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetExists,
    DatasetRefused,
    UnknownDatasetCloud,
    UnknownProfile,
)
from leasehold.datasets.model import DatasetId, DatasetWish, Profile, Source
from leasehold.datasets.shelf import Shelf
from leasehold.engine.choice import near

_PLAIN = Profile(name="")


def may_be_of(shelf: Shelf, row: DatasetRow, wish: DatasetWish) -> bool:
    """Whether a dataset may be what this wish made: all that the wish names is so, but for its size,
    which may have grown, and for what people change later."""
    source = row.source or Source()
    original = shelf.dataset(wish.dataset).id if wish.dataset else None
    named = (
        (wish.name, row.name),
        (wish.cloud, row.cloud),
        (wish.profile, row.profile),
        (wish.volume_type, row.volume_type),
        (wish.filesystem, row.filesystem),
        (wish.snapshot, source.snapshot),
        (original, source.dataset),
        (wish.volume, source.volume),
    )
    large_enough = (wish.size_gib or 0) <= row.size_gib
    return large_enough and all(wished in (None, has) for wished, has in named)


def planned(control: Control, wish: DatasetWish, new_uuid: Callable[[], str]) -> DatasetRow:
    """The dataset that a wish asks for. Raises what `Commands.create` does; nothing is changed."""
    now = control.clock.now()
    node = control.shelf.node(wish.node) if wish.node else None
    source, source_id, least, filesystem = _source(control.shelf, wish)
    origin = _origin(control.shelf, source)
    profile = _profile(control, wish.profile) if wish.profile or not origin else _kind_of(origin)
    cloud = _cloud(control, wish, profile, node.cloud if node else None, origin)
    default = least or (0 if wish.volume else profile.size_gib)
    size = wish.size_gib or default
    if size < least:
        allowed = f"{least} GiB or more, as large as what it is made from"
        raise BadDatasetWish("size_gib", size, allowed)
    return DatasetRow(
        id=wish.id or DatasetId(new_uuid()),
        name=wish.name,
        owner=wish.owner,
        cloud=cloud,
        size_gib=size,
        profile=profile.name or None,
        volume_type=wish.volume_type or profile.volume_type,
        availability_zone=profile.availability_zone,
        filesystem=wish.filesystem or filesystem or profile.filesystem,
        metadata=wish.metadata,
        source=source,
        source_id=source_id,
        written=source is not None,
        node=node.name if node else None,
        created_at=now,
        since=now,
    )


def _source(shelf: Shelf, wish: DatasetWish) -> tuple[Source | None, str | None, int, str | None]:
    """What it is made from, by the cloud's id; the least size in GiB; its filesystem."""
    if wish.volume is not None:
        taken = [
            each.name
            for each in shelf.datasets.values()
            if (row := shelf.row(each.volume)) is not None and row.cloud_id == wish.volume
        ]
        if taken:
            raise DatasetExists(f"the volume {wish.volume}", taken[0])
        return Source(volume=wish.volume), None, 0, None
    if wish.snapshot is not None:
        snapshot = shelf.snapshot(wish.snapshot)
        cloud_id = shelf.cloud_id_of(snapshot)
        source = Source(snapshot=snapshot.id)
        return source, cloud_id, snapshot.size_gib, snapshot.filesystem
    if wish.dataset is not None:
        original = shelf.dataset(wish.dataset)
        volume = shelf.row(original.volume)
        if original.usable_at is None or volume is None or volume.cloud_id is None:
            raise DatasetRefused(f"dataset {original.name} has no volume yet; wait until it has")
        source = Source(dataset=original.id)
        return source, volume.cloud_id, shelf.actual_gib(original), original.filesystem
    return None, None, 0, None


def _origin(shelf: Shelf, source: Source | None) -> DatasetRow | None:
    """The dataset whose data it is made from."""
    if source is not None and source.snapshot:
        return shelf.datasets[shelf.snapshots[source.snapshot].dataset]
    return shelf.datasets[source.dataset] if source is not None and source.dataset else None


def _cloud(
    control: Control,
    wish: DatasetWish,
    profile: Profile,
    of_node: str | None,
    origin: DatasetRow | None,
) -> str:
    clouds = control.clouds
    of_source = origin.cloud if origin else None
    asked = wish.cloud or of_source or of_node or profile.cloud
    if asked is None and len(clouds) == 1:
        asked = next(iter(clouds))
    if asked is None:
        raise BadDatasetWish("cloud", None, f"one of {', '.join(sorted(clouds))}")
    if asked not in clouds:
        raise UnknownDatasetCloud(asked, near(asked, list(clouds)), list(clouds))
    for what, other in (("node", of_node), ("source", of_source)):
        if other is not None and other != asked:
            raise BadDatasetWish("cloud", asked, f"{other!r}, where its {what} is")
    return asked


def _profile(control: Control, name: str | None) -> Profile:
    profiles = control.profiles
    if name is None:
        return profiles.get("default", _PLAIN)
    if name not in profiles:
        raise UnknownProfile(name, near(name, list(profiles)), list(profiles))
    return profiles[name]


def _kind_of(row: DatasetRow) -> Profile:
    """What a dataset is, for one that is made from it: Cinder copies within a volume type alone."""
    return Profile(
        name=row.profile or "",
        volume_type=row.volume_type,
        filesystem=row.filesystem,
        availability_zone=row.availability_zone,
    )
