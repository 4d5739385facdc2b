"""``[datasets]`` and ``[dataset_profiles.NAME]``: named data on volumes."""

from pathlib import Path
from typing import Literal

import msgspec

from leasehold.lab.config.clouds import CloudConfig
from leasehold.lab.config.values import Duration, Positive
from leasehold.lab.duration import BadDuration, parse_duration
from leasehold.lab.table import ConfigError


class DatasetsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[datasets]``: there are datasets; the table may be empty."""

    grace: Duration = "1d"
    """How long a deleted dataset, or what a restored snapshot took the place of, can be brought
    back."""


class DatasetProfileConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[dataset_profiles.NAME]``: a named kind of dataset. The one called ``default`` is used where
    none is asked for."""

    cloud: str | None = None
    """A name among ``[clouds]``; left out, the cloud of the node, or the only one."""
    volume_type: str | None = None
    """Cinder's volume type; left out, the cloud's default."""
    size_gib: Positive = 75
    """Size where none is asked for."""
    filesystem: Literal["ext4", "xfs"] = "ext4"
    """What a blank volume is given."""
    availability_zone: str | None = None
    """Where its volumes are made; left out, where the cloud likes."""


def check_datasets(
    datasets: DatasetsConfig,
    profiles: dict[str, DatasetProfileConfig],
    clouds: dict[str, CloudConfig],
    path: Path,
) -> None:
    """Raise `ConfigError` for a grace that is no duration, or a profile in no cloud."""
    try:
        parse_duration(datasets.grace)
    except BadDuration as error:
        raise ConfigError(
            path, "datasets.grace", repr(datasets.grace), "a duration such as 12h or 7d"
        ) from error
    for name, profile in profiles.items():
        if profile.cloud is not None and profile.cloud not in clouds:
            place = f"dataset_profiles.{name}.cloud"
            raise ConfigError(path, place, repr(profile.cloud), ", ".join(clouds) or "a cloud")
