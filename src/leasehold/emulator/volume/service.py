"""Cinder's API, v3, as a whole."""

from typing import Any

from leasehold.emulator.http import Fault, Request, Response
from leasehold.emulator.image.images import Images
from leasehold.emulator.microversions import Microversion, Microversions
from leasehold.emulator.volume.actions import VolumeActions
from leasehold.emulator.volume.attachment_calls import AttachmentCalls
from leasehold.emulator.volume.calls import VolumeCalls
from leasehold.emulator.volume.cloud import VolumeCloud
from leasehold.emulator.volume.faults import render
from leasehold.emulator.volume.paths import Path, ProjectRouter
from leasehold.emulator.volume.snapshot_calls import SnapshotCalls
from leasehold.emulator.volume.state import BlockStorage
from leasehold.emulator.volume.type_access import TypeAccessCalls
from leasehold.emulator.volume.type_calls import TypeCalls
from leasehold.emulator.volume.views import VolumeViews
from leasehold.emulator.world import World


class VolumeService:
    """Cinder. Sets `World.volume`."""

    name = "volume"
    prefix = "/volume"
    microversions = Microversions(service_type="volume", lowest=(3, 0), highest=(3, 71))

    def __init__(self, world: World, images: Images) -> None:
        self.state = BlockStorage(world, images)
        world.volume = self.state
        self.router = ProjectRouter()
        state, router = self.state, self.router
        views = VolumeViews(state.attachments, state.types)
        router.add("GET", "/", lambda request: _versions(request, 300), public=True)
        router.add("GET", "/v3", lambda request: _versions(request, 200))
        router.add("GET", "/healthcheck", _healthy, public=True)
        VolumeCalls(state.volumes, state.birth, state.quotas, views, router)
        VolumeActions(
            state.volumes, state.attaching, state.attachments, state.types, images, router
        )
        SnapshotCalls(state.snapshots, state.volumes, state.quotas, router)
        AttachmentCalls(state.attachments, state.attaching, state.volumes, router)
        TypeCalls(state.types, state.volumes, router)
        TypeAccessCalls(state.types, router)
        VolumeCloud(world, state.quotas, state.types, router)

    def locate(self, path: str) -> str:
        """A project id may stand before everything else."""
        return Path.of(path)

    def negotiate(self, request: Request) -> Microversion:
        return self.microversions.negotiate(request.headers)

    def render(self, fault: Fault, request: Request) -> Response:
        return render(fault)

    def stamp(self, request: Request) -> dict[str, str]:
        headers = {
            "x-openstack-request-id": request.request_id,
            "x-compute-request-id": request.request_id,
        }
        if request.microversion is not None:
            headers |= self.microversions.headers(request.microversion)
        return headers


def _versions(request: Request, status: int) -> Response:
    version: dict[str, Any] = {
        "id": "v3.0",
        "status": "CURRENT",
        "version": "3.71",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{request.host_url}/volume/v3/"},
        ],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.volume+json;version=3",
            }
        ],
    }
    return Response(status, {"versions": [version]})


def _healthy(request: Request) -> Response:
    return Response(200, b"OK", {"Content-Type": "text/plain; charset=UTF-8"})
