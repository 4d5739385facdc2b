"""Tags: short words on Neutron's things, by which lists can be filtered (``tags="a,b"``)."""

from collections.abc import Sequence
from typing import Literal

from leasehold.openstack.call import segment
from leasehold.openstack.service import Shape, Verbs

Tagged = Literal["networks", "subnets", "ports", "routers", "floatingips", "security-groups"]
"""The kinds of things that take tags."""

_TAGS = Shape(tuple[str, ...], key="tags")


class Tags(Verbs):
    """Tags of a thing, which is named by its kind and id: ``add_tag("ports", port.id, "lab")``."""

    def tags(self, kind: Tagged, thing_id: str) -> tuple[str, ...]:
        """List the tags of a thing. Raises `NotFound`."""
        return self.service.get(f"/{kind}/{thing_id}/tags", _TAGS)

    def set_tags(self, kind: Tagged, thing_id: str, tags: Sequence[str]) -> tuple[str, ...]:
        """Replace all tags of a thing, and give what it has now."""
        return self.service.put(f"/{kind}/{thing_id}/tags", {"tags": tags}, _TAGS)

    def add_tag(self, kind: Tagged, thing_id: str, tag: str) -> None:
        """Tag a thing; to tag it twice is no error."""
        self.service.act(f"/{kind}/{thing_id}/tags/{segment(tag)}", method="PUT")

    def delete_tag(self, kind: Tagged, thing_id: str, tag: str) -> None:
        """Take a tag off a thing. Raises `NotFound` if it does not have it."""
        self.service.delete(f"/{kind}/{thing_id}/tags/{segment(tag)}")
