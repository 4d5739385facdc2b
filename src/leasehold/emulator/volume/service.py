"""Cinder's API as a whole: its versions, its dialects, its parts put together."""

from typing import Any

from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.image.images import Images
from leasehold.emulator.microversions import Microversion, Microversions, text
from leasehold.emulator.volume.actions import VolumeActions
from leasehold.emulator.volume.attachment_calls import AttachmentCalls
from leasehold.emulator.volume.backups import Backups
from leasehold.emulator.volume.calls import VolumeCalls
from leasehold.emulator.volume.cloud import VolumeCloud
from leasehold.emulator.volume.dialects import DialectRouter
from leasehold.emulator.volume.disks import Disks, NoDisks
from leasehold.emulator.volume.faults import render
from leasehold.emulator.volume.paths import NEWEST, PREFIX, Path, version_of
from leasehold.emulator.volume.snapshot_calls import SnapshotCalls
from leasehold.emulator.volume.state import BlockStorage
from leasehold.emulator.volume.transfers import Transfers
from leasehold.emulator.volume.type_access import TypeAccessCalls
from leasehold.emulator.volume.type_calls import TypeCalls
from leasehold.emulator.volume.views import VolumeViews
from leasehold.emulator.world import World

MICROVERSIONS = Microversions(service_type="volume", lowest=(3, 0), highest=(3, 71))
_AGES = {
    "v3": ("CURRENT", "2023-08-31T00:00:00Z"),
    "v2": ("DEPRECATED", "2017-02-25T12:00:00Z"),
    "v1": ("DEPRECATED", "2016-05-02T20:25:19Z"),
}


class VolumeService:
    """Cinder, v3 and its older versions. Sets `World.volume`."""

    name = "volume"
    prefix = PREFIX

    def __init__(
        self, world: World, images: Images, told: tuple[str, ...], disks: Disks | None = None
    ) -> None:
        """`told` are the versions that clients discover; the others answer as well."""
        self._told = told
        self.state = BlockStorage(world, images, disks or NoDisks())
        world.volume = self.state
        self.router = DialectRouter()
        state, router = self.state, self.router
        views = VolumeViews(state.attachments, state.types)
        router.add("GET", "/", self._index, public=True)
        router.add("GET", f"/{NEWEST}", self._show)
        router.add("GET", "/healthcheck", _healthy, public=True)
        VolumeCalls(state.volumes, state.birth, state.quotas, views, router)
        VolumeActions(
            state.volumes, state.attaching, state.attachments, state.types, images, router
        )
        SnapshotCalls(state.snapshots, state.volumes, state.quotas, router)
        AttachmentCalls(state.attachments, state.attaching, state.volumes, router)
        Transfers(world, state.volumes, router)
        Backups(world, state.volumes, state.birth, router)
        TypeCalls(state.types, state.volumes, router)
        TypeAccessCalls(state.types, router)
        VolumeCloud(world, state.quotas, state.types, router)

    def locate(self, path: str) -> str:
        """A project id may stand before everything else."""
        return Path.of(path)

    def negotiate(self, request: Request) -> Microversion | None:
        """None for the older versions: they never heard of any."""
        if version_of(request) != NEWEST:
            return None
        return MICROVERSIONS.negotiate(request.headers)

    def render(self, fault: Fault, request: Request) -> Response:
        return render(fault)

    def stamp(self, request: Request) -> dict[str, str]:
        headers = {
            "x-openstack-request-id": request.request_id,
            "x-compute-request-id": request.request_id,
        }
        if request.microversion is not None:
            headers |= MICROVERSIONS.headers(request.microversion)
        return headers

    def _index(self, request: Request) -> Response:
        shown = [_version_document(request, version) for version in self._told]
        return Response(300, {"versions": shown})

    def _show(self, request: Request) -> Response:
        return Response(200, {"versions": [_version_document(request, version_of(request))]})


def _version_document(request: Request, version: str) -> dict[str, Any]:
    status, updated = _AGES[version]
    major = version.removeprefix("v")
    media_type = f"application/vnd.openstack.volume+json;version={major}"
    newest = version == NEWEST
    return {
        "id": f"{version}.0",
        "status": status,
        "version": text(MICROVERSIONS.highest) if newest else "",
        "min_version": text(MICROVERSIONS.lowest) if newest else "",
        "updated": updated,
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{request.host_url}{PREFIX}/{version}/"},
        ],
        "media-types": [{"base": "application/json", "type": media_type}],
    }


def _healthy(request: Request) -> Response:
    return Response(200, b"OK", {"Content-Type": "text/plain; charset=UTF-8"})
