"""One emulated cloud: its world, its services, and what can be done to it from outside."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import msgspec

from leasehold.emulator.address_block import AddressBlock
from leasehold.emulator.admin import Admin
from leasehold.emulator.app import Application
from leasehold.emulator.compute.servers import Server
from leasehold.emulator.compute.service import Compute
from leasehold.emulator.compute.versions import offered
from leasehold.emulator.counters import Requests
from leasehold.emulator.defaults import add_accounts
from leasehold.emulator.faults import Faults
from leasehold.emulator.guests import Guests
from leasehold.emulator.http import Service
from leasehold.emulator.identity.accounts import Project
from leasehold.emulator.identity.catalog import Catalog
from leasehold.emulator.identity.catalog_entries import READY_MADE, REGION, CatalogEntry
from leasehold.emulator.identity.service import KEYSTONE_VERSIONS, Identity, KeystoneVersion
from leasehold.emulator.image.defaults import add_images
from leasehold.emulator.image.service import ImageService
from leasehold.emulator.network.defaults import LAB_CIDR, add_networks
from leasehold.emulator.network.service import NetworkService
from leasehold.emulator.reservation.service import ReservationService
from leasehold.emulator.seeding import seed_servers
from leasehold.emulator.settings import Settings
from leasehold.emulator.timeline import Clock, Timeline
from leasehold.emulator.volume.disks import Disks
from leasehold.emulator.volume.paths import versions_in
from leasehold.emulator.volume.service import VolumeService
from leasehold.emulator.world import World


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is alive in the cloud."""

    id: str
    name: str


class Leftovers(msgspec.Struct, frozen=True, kw_only=True):
    """What is alive in the cloud and would cost money in a real one; for all projects."""

    servers: tuple[Leftover, ...]
    ports: tuple[Leftover, ...]
    floating_ips: tuple[Leftover, ...]
    volumes: tuple[Leftover, ...]
    snapshots: tuple[Leftover, ...]

    @property
    def nothing(self) -> bool:
        return not any(msgspec.structs.astuple(self))


class Cloud:
    """Everything but the port. Touched by one thread only, apart from `faults` and `requests`."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int,
        settings: Settings,
        password: str = "demo",  # noqa: S107 - no secret: the cloud listens on loopback only
        guests: Guests | None = None,
        disks: Disks | None = None,
        catalog: Iterable[CatalogEntry] = READY_MADE["modern"],
        keystone: Iterable[KeystoneVersion] = KEYSTONE_VERSIONS,
    ) -> None:
        self._clock = clock
        self._seed = seed
        self._settings = settings
        self._password = password
        self._guests = guests
        self._disks = disks
        self._catalog = tuple(catalog)
        self._keystone = tuple(keystone)
        self._block = AddressBlock() if guests else None
        self.faults = Faults(Random(f"{seed}/faults"), clock.now)
        self.requests = Requests()
        self.refuse: Callable[[float], None] | None = None
        """Refuses connections for so many seconds; set by whoever owns the port."""
        self._build()
        self.app = Application(self.world, self._services, self.faults, self.requests)
        self.app.admin = Admin(self)

    @property
    def settings(self) -> Settings:
        return self.world.settings

    def change_settings(self, settings: Settings) -> None:
        """From now on; what is under way keeps its time."""
        self.world.settings = settings

    def reset(self) -> None:
        """Everything as at the start: no server, no token, no fault, no count."""
        for server in self.compute.servers.alive:
            self.compute.guests.stop(server.id, lambda: None)
        if self._disks is not None:
            self._disks.clear()
        self.faults.clear()
        self.requests.reset()
        self._build()
        self.app.replace(self.world, self._services)

    def expire_tokens(self) -> int:
        """Let every token that was ever given out be invalid; returns how many there were."""
        count = len(self.world.tokens)
        self.world.tokens.clear()
        return count

    def project(self, name: str) -> Project:
        """Raises KeyError with the names there are."""
        for project in self.world.projects:
            if project.name == name:
                return project
        names = ", ".join(project.name for project in self.world.projects)
        raise KeyError(f"there is no project {name!r}: the emulator has {names}")

    def seed_servers(
        self, count: int, *, project: str = "demo", prefix: str = "seed"
    ) -> list[Server]:
        """Put so many ACTIVE servers there at once, each with its port, without any guest."""
        return seed_servers(self.world, self.compute, self.project(project), count, prefix)

    def leftovers(self) -> Leftovers:
        ports = [
            port
            for port in self.network.state.ports.records
            if not port.device_owner.startswith("network:")
        ]
        return Leftovers(
            servers=tuple(Leftover(id=s.id, name=s.name) for s in self.compute.servers.alive),
            ports=tuple(Leftover(id=port.id, name=port.name) for port in ports),
            floating_ips=tuple(
                Leftover(id=ip.id, name=ip.floating_ip_address)
                for ip in self.network.state.floating_ips.records
            ),
            volumes=tuple(
                Leftover(id=volume.id, name=volume.name or "")
                for volume in self.volume.state.volumes.records
            ),
            snapshots=tuple(
                Leftover(id=snapshot.id, name=snapshot.name or "")
                for snapshot in self.volume.state.snapshots.records
            ),
        )

    async def close(self) -> None:
        """End all guests, and let others have their addresses."""
        await self.compute.guests.close()
        if self._disks is not None:
            self._disks.close()
        if self._block is not None:
            self._block.release()

    def _build(self) -> None:
        timeline = Timeline(self._clock, Random(f"{self._seed}/time"))
        self.world = World(timeline, Random(f"{self._seed}/world"), self._settings)
        catalog = Catalog(self.world.ids, self._catalog)
        add_accounts(self.world, password=self._password)
        paths = [entry.path for entry in self._catalog if entry.type == "compute"]
        self.compute = Compute(self.world, self._guests, versions=offered(paths))
        self.compute.flavors.add_defaults()
        self.image = ImageService(self.world)
        self.network = NetworkService(self.world)
        told = versions_in(entry.path for entry in self._catalog)
        self.volume = VolumeService(self.world, self.image.state, told, self._disks)
        nova_network = all(entry.type != "network" for entry in self._catalog)
        self.compute.stand_in_front_of(
            self.network.state, self.image.state, self.volume.state, nova_network=nova_network
        )
        admin, demo = self.project("admin"), self.project("demo")
        add_images(self.image.state, admin=admin)
        cidr = self._block.cidr if self._block else LAB_CIDR
        add_networks(self.network.state, demo=demo, admin=admin, lab_cidr=cidr)
        identity = Identity(self.world, catalog, self._keystone)
        self._services: list[Service] = [
            identity,
            self.compute,
            self.image,
            self.network,
            self.volume,
            ReservationService(self.world),
        ]


def clouds_yaml(
    url: str,
    password: str,
    *,
    region: str = REGION,
    version: KeystoneVersion = "v3",
    authority: Path | None = None,
) -> str:
    """A clouds.yaml (as JSON, which YAML includes) with clouds ``demo`` and ``admin``."""
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    clouds = {
        name: {
            "auth": {
                "auth_url": f"{url}/identity/{version}",
                "username": name,
                "password": secret,
                "project_name": name,
                **(domains if version == "v3" else {}),
            },
            "region_name": region,
            "identity_api_version": version.removeprefix("v"),
            **({} if authority is None else {"cacert": str(authority)}),
        }
        for name, secret in (("demo", password), ("admin", "admin"))
    }
    text = msgspec.json.encode({"clouds": clouds})
    return msgspec.json.format(text, indent=2).decode() + "\n"
