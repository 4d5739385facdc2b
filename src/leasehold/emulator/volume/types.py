"""Volume types: what kind of volume one can ask for."""

from typing import Any

import msgspec

from leasehold.emulator.caller import Caller
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
        return self.known(self._default_id)

    def find(self, type_id: str, caller: Caller) -> VolumeType:
        """By id only, as in the real service; raises Fault 404, also for what is not shown."""
        found = self.known(type_id)
        if not _visible(found, caller):
            raise _no_type(type_id)
        return found

    def known(self, type_id: str) -> VolumeType:
        """Whoever asks; raises Fault 404."""
        found = self.records.get(type_id)
        if found is None:
            raise _no_type(type_id)
        return found

    def named(self, name_or_id: str | None, caller: Caller) -> VolumeType:
        """The type of this id or name, the default one for None; raises Fault 404."""
        if not name_or_id:
            return self.default
        if name_or_id in self.records:
            return self.find(name_or_id, caller)
        for volume_type in self.records.oldest():
            if volume_type.name == name_or_id and _visible(volume_type, caller):
                return volume_type
        raise not_found(f"Volume type with name {name_or_id} could not be found.")

    def listed(self, caller: Caller, public: bool | None) -> list[VolumeType]:
        """The newest first. Only administrators can ask for `public` ones, others, or all."""
        if not caller.admin:
            return [one for one in self.records.newest() if _visible(one, caller)]
        return [one for one in self.records.newest() if public in (None, one.is_public)]

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


def _no_type(type_id: str) -> Fault:
    return not_found(f"Volume type {type_id} could not be found.")


def _visible(volume_type: VolumeType, caller: Caller) -> bool:
    return caller.admin or volume_type.is_public or caller.project_id in volume_type.projects


def _nobody(volume_type: VolumeType) -> None:
    return None
