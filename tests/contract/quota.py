"""The tenant's quotas, set by the admin and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tests.contract.tenant import Tenant


class SetQuota(Protocol):
    def __call__(self, service: str, **limits: int) -> None:
        """Set some quotas of the tenant's project: ``quota("compute", cores=0)``."""


@contextmanager
def changeable_quota(cloud: Tenant) -> Iterator[SetQuota]:
    """Quotas to set within the context; afterwards the project has its cloud's own again."""
    admin = cloud.admin
    volume = f"/{admin.project_id}/os-quota-sets/{cloud.project_id}"
    places = {
        "compute": (admin.compute, f"/os-quota-sets/{cloud.project_id}", "quota_set"),
        "network": (admin.network, f"/quotas/{cloud.project_id}", "quota"),
        "volume": (admin.volume, volume, "quota_set"),
    }
    changed: set[str] = set()

    def set_quota(service: str, **limits: int) -> None:
        api, path, key = places[service]
        answer = api.put(path, {key: limits})
        assert answer.status == 200, answer.text
        changed.add(service)

    yield set_quota
    for service in changed:
        api, path, _ = places[service]
        back = api.delete(path)
        assert back.status == {"compute": 202, "network": 204, "volume": 200}[service]
