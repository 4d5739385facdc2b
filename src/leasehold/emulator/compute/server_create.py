"""POST /servers: is what is asked for there and allowed, and if so, begin."""

import re

import msgspec

from leasehold.emulator.compute.faults import over_quota
from leasehold.emulator.compute.flavors import Flavor, Flavors
from leasehold.emulator.compute.keypairs import KeyPair, KeyPairs
from leasehold.emulator.compute.pages import links
from leasehold.emulator.compute.server_birth import ZONE, Births, Plan, next_device
from leasehold.emulator.compute.server_groups import ServerGroups
from leasehold.emulator.compute.server_register import Servers
from leasehold.emulator.compute.server_wish import MappingWish, NetworkWish, ServerWish, read_wish
from leasehold.emulator.compute.servers import AttachedVolume, Server
from leasehold.emulator.effects import Effect
from leasehold.emulator.http import Fault, Request, Response, Router
from leasehold.emulator.seams import ImageView
from leasehold.emulator.world import World

_GIB = 1024**3


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The things that a wish named, found."""

    flavor: Flavor
    image: ImageView | None
    key_pair: KeyPair | None
    networks: tuple[NetworkWish, ...]
    security_group_ids: tuple[str, ...] | None
    group_id: str | None
    count: int


class ServerCreation:
    """Makes servers, one or several per call."""

    def __init__(
        self,
        world: World,
        servers: Servers,
        births: Births,
        flavors: Flavors,
        key_pairs: KeyPairs,
        groups: ServerGroups,
    ) -> None:
        self._world = world
        self._servers = servers
        self._births = births
        self._flavors = flavors
        self._key_pairs = key_pairs
        self._groups = groups

    def route(self, router: Router) -> None:
        router.add("POST", "/v2.1/servers", self._create)
        router.add("POST", "/v2.1/os-volumes_boot", self._create)

    def _create(self, request: Request) -> Response:
        if request.template.endswith("os-volumes_boot") and request.at_least(2, 103):
            raise Fault(404)
        wish = read_wish(request)
        checked = self._check(request, wish)
        reservation_id = "r-" + self._world.ids.token(8).lower()
        made = []
        for index in range(checked.count):
            server = self._new(request, wish, checked, index, reservation_id)
            server, to_create = self._with_volumes(server, wish)
            self._servers.add(server)
            self._servers.record(server, "create", request)
            if server.group_id is not None:
                self._groups.join(server.group_id, server.id)
            plan = Plan(
                networks=checked.networks,
                security_group_ids=checked.security_group_ids,
                to_create=to_create,
                effects=request.effects,
                seconds=self._world.timeline.draw(self._world.settings.delays.boot),
            )
            self._births.begin(server, plan)
            made.append(server)
        if wish.wants_reservation:
            return Response(202, {"reservation_id": reservation_id})
        return self._response(request, wish, made[0])

    def _response(self, request: Request, wish: ServerWish, server: Server) -> Response:
        both = links(request, "servers", server.id)
        groups = wish.security_groups or ("default",)
        document = {
            "id": server.id,
            "links": both,
            "OS-DCF:diskConfig": "AUTO" if server.auto_disk_config else "MANUAL",
            "security_groups": [{"name": name} for name in groups],
            "adminPass": wish.password.value if wish.password else self._world.ids.token(12),
        }
        return Response(202, {"server": document}, {"Location": both[0]["href"]})

    def _check(self, request: Request, wish: ServerWish) -> _Checked:
        """Find everything by name or id; refuse in the order in which Nova does."""
        if wish.zone is not None and wish.zone.partition(":")[0] != ZONE:
            raise Fault(400, "The requested availability zone is not available")
        flavor = self._flavors.find(wish.flavor_id)
        if flavor is None:
            raise Fault(400, f"Flavor {wish.flavor_id} could not be found.")
        allowed_items = self._world.quota(request.project.id).metadata_items
        if 0 <= allowed_items < len(wish.metadata):
            raise Fault(403, f"Maximum number of metadata items exceeds {allowed_items}")
        image = self._image(request, wish, flavor)
        key_pair = None
        if wish.key_name is not None:
            key_pair = self._key_pairs.find(request.token.user.id, wish.key_name)
            if key_pair is None:
                raise Fault(400, "Invalid key_name provided.")
        security_group_ids = self._security_groups(request, wish)
        networks = self._networks(request, wish)
        self._check_ports(request.project.id, wish, networks)
        count = self._quota(request, wish, flavor)
        return _Checked(
            flavor=flavor,
            image=image,
            key_pair=key_pair,
            networks=networks,
            security_group_ids=security_group_ids,
            group_id=self._group(request, wish),
            count=count,
        )

    def _image(self, request: Request, wish: ServerWish, flavor: Flavor) -> ImageView | None:
        if wish.image_id is None:
            return None
        image = self._world.image.image(request.project.id, wish.image_id)
        if image is None:
            raise Fault(400, "Can not find requested image")
        if image.status.lower() != "active":
            raise Fault(400, f"Image {image.id} is not active.")
        if image.min_ram > flavor.ram_mib:
            raise Fault(400, "Flavor's memory is too small for requested image.")
        if flavor.disk_gib and not _root(wish):
            disk = flavor.disk_gib * _GIB
            if image.size > disk:
                raise Fault(
                    400,
                    f"Flavor's disk is too small for requested image. Flavor disk is {disk} "
                    f"bytes, image is {image.size} bytes.",
                )
            if image.min_disk * _GIB > disk:
                raise Fault(
                    400,
                    "Flavor's disk is smaller than the minimum size specified in image metadata. "
                    f"Flavor disk is {disk} bytes, minimum size is {image.min_disk * _GIB} bytes.",
                )
        return image

    def _security_groups(self, request: Request, wish: ServerWish) -> tuple[str, ...] | None:
        if wish.security_groups is None:
            return None
        ids = []
        for name in wish.security_groups:
            group_id = self._world.network.security_group(request.project.id, name)
            if group_id is None:
                raise Fault(400, f"Unable to find security_group with name or id '{name}'")
            ids.append(group_id)
        return tuple(ids)

    def _networks(self, request: Request, wish: ServerWish) -> tuple[NetworkWish, ...]:
        project_id = request.project.id
        if wish.networks == "none":
            return ()
        if not wish.networks or wish.networks == "auto":
            found = self._world.network.networks_for(project_id)
            if len(found) > 1:
                raise Fault(
                    409,
                    "Multiple possible networks found, use a Network ID to be more specific.",
                )
            if not found and wish.networks == "auto":
                raise Fault(
                    400,
                    f"Unable to automatically allocate a network for project {project_id}",
                )
            return tuple(NetworkWish(network_id=network.id) for network in found)
        for network in wish.networks:
            if network.port_id is not None:
                self._check_port(project_id, network.port_id, wish)
            elif self._world.network.network(project_id, network.network_id or "") is None:
                raise Fault(400, f"Network {network.network_id} could not be found.")
            if network.fixed_ip and wish.max_count > 1:
                raise Fault(
                    400,
                    "Failed to launch instances: max_count cannot be greater than 1 if an "
                    "fixed_ip is specified.",
                )
        return wish.networks

    def _check_ports(
        self, project_id: str, wish: ServerWish, networks: tuple[NetworkWish, ...]
    ) -> None:
        """Nova asks Neutron beforehand how many ports it may still make."""
        needed = wish.min_count * sum(network.port_id is None for network in networks)
        left = self._world.network.ports_left(project_id)
        if left is not None and needed > left:
            raise Fault(403, "Maximum number of ports exceeded")

    def _check_port(self, project_id: str, port_id: str, wish: ServerWish) -> None:
        port = self._world.network.port(project_id, port_id)
        if port is None:
            raise Fault(400, f"Port id {port_id} could not be found.")
        if port.device_id:
            raise Fault(409, f"Port {port_id} is still in use.")
        if not port.fixed_ips:
            raise Fault(400, f"Port {port_id} requires a FixedIP in order to be used.")
        if wish.max_count > 1:
            raise Fault(
                400,
                "Failed to launch instances: Unable to launch multiple instances with a single "
                "configured port ID. Please launch your instance one by one with different ports.",
            )

    def _group(self, request: Request, wish: ServerWish) -> str | None:
        wanted = wish.hints.get("group")
        if isinstance(wanted, list):
            wanted = wanted[0] if wanted else None
        if wanted is None:
            return None
        group = self._groups.find(request.project.id, str(wanted))
        if group is None:
            raise Fault(400, f"Instance group {wanted} could not be found.")
        return group.id

    def _quota(self, request: Request, wish: ServerWish, flavor: Flavor) -> int:
        """How many to make: as many as asked for, or at least the minimum; else 403."""
        quota = self._world.quota(request.project.id)
        usage = self._servers.usage(request.project.id)
        count = wish.max_count
        sizes = {
            "cores": (flavor.cores, usage.cores, quota.cores),
            "instances": (1, usage.instances, quota.instances),
            "ram": (flavor.ram_mib, usage.ram, quota.ram),
        }
        if Effect.QUOTA in request.effects:
            used = usage.instances
            raise over_quota({"instances": (_span(wish), used, used)})
        for each, used, allowed in sizes.values():
            if allowed >= 0 and each > 0:
                count = min(count, (allowed - used) // each)
        if count >= wish.min_count:
            return count
        overs = {
            name: (
                _span(wish) if name == "instances" else str(each * wish.max_count),
                used,
                allowed,
            )
            for name, (each, used, allowed) in sizes.items()
            if 0 <= allowed < used + each * wish.max_count
        }
        raise over_quota(overs)

    def _new(
        self,
        request: Request,
        wish: ServerWish,
        checked: _Checked,
        index: int,
        reservation_id: str,
    ) -> Server:
        now = self._servers.now()
        suffix = f"-{index + 1}" if checked.count > 1 else ""
        server_id = self._world.ids.uuid()
        return Server(
            id=server_id,
            number=self._servers.next_number(),
            name=wish.name + suffix,
            hostname=wish.hostname or (_hostname(wish.name) or f"Server-{server_id}") + suffix,
            project_id=request.project.id,
            user_id=request.token.user.id,
            created_at=now,
            updated_at=now,
            flavor=checked.flavor,
            image_id=checked.image.id if checked.image else None,
            image_properties=checked.image.properties if checked.image else {},
            key_name=wish.key_name,
            public_key=checked.key_pair.public_key if checked.key_pair else None,
            user_data=wish.user_data,
            metadata=wish.metadata,
            config_drive=wish.config_drive,
            pinned_zone=wish.zone,
            access_ip_v4=wish.access_ip_v4,
            access_ip_v6=wish.access_ip_v6,
            auto_disk_config=wish.auto_disk_config,
            description=wish.description,
            tags=wish.tags,
            reservation_id=reservation_id,
            launch_index=index,
            scheduler_hints=wish.hints,
            group_id=checked.group_id,
        )

    def _with_volumes(
        self, server: Server, wish: ServerWish
    ) -> tuple[Server, tuple[MappingWish, ...]]:
        """Reserve the volumes that exist, and say which are still to be made."""
        root = _root(wish)
        if wish.mappings and root is None and wish.image_id is None:
            raise Fault(
                400,
                "Block Device Mapping is Invalid: Boot sequence for the instance and image/block "
                "device mapping combination is not valid.",
            )
        if root is not None:
            server = msgspec.structs.replace(server, image_id=None)
        to_create = []
        try:
            for mapping in wish.mappings:
                if mapping.destination == "local":
                    continue
                if mapping.source == "volume":
                    server = self._reserve(server, mapping)
                else:
                    self._check_source(server, mapping)
                    to_create.append(mapping)
        except Fault:
            for volume in server.volumes:
                self._world.volume.detach(volume.volume_id, server.id)
            raise
        return server, tuple(to_create)

    def _reserve(self, server: Server, mapping: MappingWish) -> Server:
        volume_id = mapping.source_id or ""
        volume = self._world.volume.volume(server.project_id, volume_id)
        if volume is None:
            raise Fault(400, f"Block Device Mapping is Invalid: failed to get volume {volume_id}.")
        if mapping.boot_index == 0 and not volume.bootable:
            raise Fault(400, f"Block Device {volume_id} is not bootable.")
        attached = AttachedVolume(
            volume_id=volume_id,
            device=mapping.device or next_device(server),
            attachment_id=self._world.volume.reserve(volume_id, server.id),
            mapping_id=self._world.ids.uuid(),
            delete_on_termination=mapping.delete_on_termination,
            tag=mapping.tag,
            root=mapping.boot_index == 0,
        )
        return msgspec.structs.replace(server, volumes=(*server.volumes, attached))

    def _check_source(self, server: Server, mapping: MappingWish) -> None:
        source_id = mapping.source_id or ""
        if mapping.source == "image":
            if self._world.image.image(server.project_id, source_id) is None:
                message = f"Block Device Mapping is Invalid: failed to get image {source_id}."
                raise Fault(400, message)
            if not mapping.size_gib:
                raise Fault(
                    400,
                    "Images with destination_type 'volume' need to have a non-zero size specified",
                )
        elif mapping.source == "snapshot":
            if self._world.volume.snapshot_volume_size(server.project_id, source_id) is None:
                message = f"Block Device Mapping is Invalid: failed to get snapshot {source_id}."
                raise Fault(400, message)
        elif not mapping.size_gib:
            raise Fault(
                400, "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"
            )


def _root(wish: ServerWish) -> MappingWish | None:
    """The volume to boot from; None when the image itself is the root disk."""
    return next((m for m in wish.mappings if m.boot_index == 0 and m.destination == "volume"), None)


def _span(wish: ServerWish) -> str:
    if wish.min_count == wish.max_count:
        return str(wish.max_count)
    return f"{wish.min_count}-{wish.max_count}"


def _hostname(name: str) -> str:
    """A host name from a server's name: what is not allowed in one goes, and 63 characters stay."""
    name = name.encode("latin-1", "ignore").decode("latin-1")[:63]
    name = re.sub(r"[ _.]", "-", name)
    name = re.sub(r"[^\w.-]+", "", name, flags=re.ASCII)
    return name.lower().strip(".-")
