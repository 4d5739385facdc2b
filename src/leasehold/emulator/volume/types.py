"""Volume types: what kind of volume one can ask for."""

from typing import Any

import msgspec

from leasehold.emulator.http import Fault
from leasehold.emulator.volume.faults import not_found
from leasehold.emulator.volume.records import VolumeType
from leasehold.emulator.world import World

DEFAULT_NAME = "default"


class VolumeTypes:
    """Cinder's volume types; the one named `DEFAULT_NAME` is there from the start."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.records = world.collection(owner=_nobody)
        self._default_id = self.create(name=DEFAULT_NAME, description="The default volume type").id

    @property
    def default(self) -> VolumeType:
        return self.find(self._default_id)

    def find(self, type_id: str) -> VolumeType:
        """By id only, as in the real service; raises Fault 404."""
        found = self.records.get(type_id)
        if found is None:
            raise not_found(f"Volume type {type_id} could not be found.")
        return found

    def named(self, name_or_id: str | None) -> VolumeType:
        """The type of this id or name, the default one for None; raises Fault 404."""
        if not name_or_id:
            return self.default
        found = self.records.get(name_or_id)
        if found is not None:
            return found
        for volume_type in self.records.oldest():
            if volume_type.name == name_or_id:
                return volume_type
        raise not_found(f"Volume type with name {name_or_id} could not be found.")

    def create(self, **fields: Any) -> VolumeType:
        if any(other.name == fields["name"] for other in self.records.oldest()):
            raise Fault(409, f"Volume Type {fields['name']} already exists.")
        return self.records.put(VolumeType(id=self._world.ids.uuid(), **fields))

    def change(self, volume_type: VolumeType, **fields: Any) -> VolumeType:
        return self.records.put(msgspec.structs.replace(volume_type, **fields))

    def delete(self, volume_type: VolumeType) -> None:
        if volume_type.id == self._default_id:
            raise Fault(
                400,
                f"The volume type {volume_type.id} is a default volume type and cannot be deleted.",
            )
        self.records.remove(volume_type.id)


def _nobody(volume_type: VolumeType) -> None:
    return None
