"""``[clouds.NAME]``: the clouds, and how to sign in to them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from leasehold.lab.config.values import Positive


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[clouds.NAME]``: an OpenStack project in one region, and how to sign in to it."""

    cloud: str | None = None
    """A name in clouds.yaml. Without it and without `auth`, the ``OS_*`` variables are used."""
    auth: dict[str, str | bool | int | float] = {}
    """Arguments for `leasehold.openstack.connect`, such as `auth_url`; passwords are better kept
    in clouds.yaml or secure.yaml."""
    region: str | None = None
    calls_per_second: Annotated[float, Meta(gt=0)] = 10.0
    """The API budget: calls that make or delete something."""
    burst: Positive = 20
    """How many of them may leave at once after a rest."""
    timeout: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds that one call may take."""
