"""What `init` picks out of a cloud, and why. Pure."""

import ipaddress
import re
from collections.abc import Sequence

import msgspec

from leasehold.engine.cloud import Limit, Limits
from leasehold.errors import LeaseholdError
from leasehold.openstack.compute.flavor import Flavor
from leasehold.openstack.image.image import Image
from leasehold.openstack.network import Network, Subnet
from leasehold.openstack.network.security_group import SecurityGroup, SecurityGroupRule

USERS = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "fedora": "fedora",
    "rocky": "rocky",
    "alma": "almalinux",
    "centos-stream": "cloud-user",
    "centos": "centos",
    "rhel": "cloud-user",
    "red hat": "cloud-user",
    "opensuse": "opensuse",
    "sles": "sles",
    "arch": "arch",
    "alpine": "alpine",
    "freebsd": "freebsd",
    "flatcar": "core",
    "cirros": "cirros",
}
"""Accounts that the makers of cloud images set up, by what their images are called."""

_NO_CLOUD_INIT = ("cirros",)
"""Images that take a key pair, but know nothing of cloud-config."""

_WORKABLE_RAM_MIB = 1024
_BOOT_VOLUME_GIB = 10
_MOST_NODES = 10
_REMEDY = "openstack security group rule create --proto tcp --dst-port 22 default"
_NOT_DISKS = frozenset({"aki", "ari", "iso"})


class NothingToChoose(LeaseholdError):
    """The cloud has nothing of a kind that every server needs."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to choose from."""

    project_id: str | None
    images: Sequence[Image]
    flavors: Sequence[Flavor]
    networks: Sequence[Network]
    subnets: Sequence[Subnet]
    security_groups: Sequence[SecurityGroup]
    key_pairs: Sequence[str]
    limits: Limits
    here: Sequence[str] = ()
    """Addresses of this machine."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type that should work, with a sentence on each pick."""

    image: Image
    image_why: str
    ssh_user: str
    ready: str
    flavor: Flavor
    flavor_why: str
    boot_volume_gib: int | None
    network: Network
    network_why: str
    floating_ip: str | None
    floating_why: str
    security_group: str | None
    security_why: str
    security_remedy: str | None
    """The command that lets SSH in, where nothing does yet."""
    nodes: int
    nodes_why: str
    key: str | None


def choose(seen: Seen) -> Choice:
    """Pick. Raises `NothingToChoose` where there is nothing to pick from."""
    image, user, image_why = _image(seen.images)
    flavor, flavor_why = _flavor(seen.flavors, image)
    volume = max(_BOOT_VOLUME_GIB, image.min_disk) if flavor.disk == 0 else None
    network, network_why = _network(seen)
    floating, floating_why = _floating_ip(seen, network)
    group, letting, security_why = _security_group(seen.security_groups)
    nodes, nodes_why = _nodes(seen.limits, flavor, floating=floating is not None, volume=volume)
    plain = user in _NO_CLOUD_INIT
    return Choice(
        image=image,
        image_why=image_why,
        ssh_user=user or "root",
        ready="ssh" if plain else "sentinel",
        flavor=flavor,
        flavor_why=flavor_why,
        boot_volume_gib=volume,
        network=network,
        network_why=network_why,
        floating_ip=floating,
        floating_why=floating_why,
        security_group=group,
        security_why=security_why,
        security_remedy=None if letting else _REMEDY,
        nodes=nodes,
        nodes_why=nodes_why,
        key=seen.key_pairs[0] if plain and seen.key_pairs else None,
    )


def user_of(image: Image) -> str | None:
    """The account of an image, from its distribution or else its name; None if not known."""
    for text in (image.os_distro, image.name):
        lowered = re.sub(r"[_ ]", "-", (text or "").lower())
        for word, user in USERS.items():
            if word.replace(" ", "-") in lowered:
                return user
    return None


def _image(images: Sequence[Image]) -> tuple[Image, str | None, str]:
    usable = [
        image
        for image in images
        if image.status == "active" and not image.os_hidden and image.name
        and image.disk_format not in _NOT_DISKS
    ]  # fmt: skip
    if not usable:
        raise NothingToChoose(
            "the cloud has no active image to boot from; upload one or have one shared"
        )

    def rank(image: Image) -> tuple[bool, bool, bool, float]:
        user = user_of(image)
        made = image.created_at.timestamp() if image.created_at else 0.0
        public = image.visibility in ("public", "community", "shared")
        return user is not None, user not in _NO_CLOUD_INIT, public, made

    best = max(usable, key=rank)
    user = user_of(best)
    if user is None:
        why = "the newest image; its account is a guess, for its name says no distribution we know"
    else:
        visible = "public" if best.visibility == "public" else best.visibility or "usable"
        why = f"the newest {visible} image of a distribution whose account is known"
    return best, user, why


def _flavor(flavors: Sequence[Flavor], image: Image) -> tuple[Flavor, str]:
    usable = [flavor for flavor in flavors if not flavor.is_disabled]
    if not usable:
        raise NothingToChoose("the project may use no flavor; ask the cloud's operator for one")

    def size(flavor: Flavor) -> tuple[int, int, int, str]:
        return flavor.ram, flavor.disk, flavor.vcpus, flavor.name

    ram = max(_WORKABLE_RAM_MIB, image.min_ram)
    roomy = [each for each in usable if each.ram >= ram]
    whole = [each for each in roomy if each.disk >= max(1, image.min_disk)]
    if whole:
        return min(whole, key=size), f"the smallest with {ram} MiB RAM and the image's disk"
    diskless = [each for each in roomy if each.disk == 0]
    if diskless:
        return min(diskless, key=size), f"the smallest with {ram} MiB RAM; it boots from a volume"
    return max(usable, key=size), f"the largest there is, though it has not {ram} MiB RAM"


def _network(seen: Seen) -> tuple[Network, str]:
    usable = [each for each in seen.networks if each.subnet_ids and each.admin_state_up]
    own = [each for each in usable if not each.is_external and each.project_id == seen.project_id]
    shared = [each for each in usable if each.is_shared and not each.is_external]
    open_ones = [each for each in usable if each.is_external and each.is_shared]
    for found, why in (
        (own, "the project's own network"),
        (shared, "a network shared with the project"),
        (open_ones, "the external network, which the project may use directly"),
        ([each for each in usable if not each.is_external], "the network there is"),
    ):
        if found:
            more = f" (one of {len(found)})" if len(found) > 1 else ""
            return found[0], why + more
    raise NothingToChoose(
        "the project has no network with a subnet; make one, and a router to the external network"
    )


def _floating_ip(seen: Seen, network: Network) -> tuple[str | None, str]:
    cidrs = [
        ipaddress.ip_network(each.cidr) for each in seen.subnets if each.network_id == network.id
    ]
    external = [each for each in seen.networks if each.is_external and each.subnet_ids]
    if network.is_external:
        return None, "none: the network itself is external"
    if any(cidr.is_loopback for cidr in cidrs):
        return None, "none: the network is on this machine"
    if any(ipaddress.ip_address(here) in cidr for here in seen.here for cidr in cidrs):
        return None, "none: this machine is on the network itself"
    if network.project_id != seen.project_id:
        return None, "none: a network of the provider is taken to be reachable from here"
    if not external:
        return None, "none: there is no external network, so this machine must reach the network"
    if seen.limits.floating_ips.total == 0:
        return None, "none: the project's quota of them is 0"
    return external[0].name or external[0].id, "the project's own network is not reachable directly"


def _security_group(groups: Sequence[SecurityGroup]) -> tuple[str | None, bool, str]:
    """The group to name (None: the default one), whether it lets SSH in, and why."""
    letting = [group for group in groups if any(map(_lets_ssh_in, group.rules))]
    if any(group.name == "default" for group in letting):
        return None, True, "the default group lets SSH in"
    if letting:
        return letting[0].name, True, "it lets SSH in"
    return None, False, "NO group here lets SSH in, so no node would become ready. This rule helps"


def _lets_ssh_in(rule: SecurityGroupRule) -> bool:
    return (
        rule.direction == "ingress"
        and rule.ethertype != "IPv6"
        and rule.protocol in (None, "tcp", "6", "any", "0")
        and (rule.port_range_min or 0) <= 22 <= (rule.port_range_max or 65535)
        and rule.remote_group_id is None
    )


def _nodes(
    limits: Limits, flavor: Flavor, *, floating: bool, volume: int | None
) -> tuple[int, str]:
    """How many fit into what is free now; at least one, at most ten to begin with."""
    needs: list[tuple[str, Limit, int]] = [
        ("servers", limits.servers, 1),
        ("cores", limits.cores, flavor.vcpus),
        ("RAM", limits.ram_mib, flavor.ram),
        ("ports", limits.ports, 1),
    ]
    if floating:
        needs.append(("floating IPs", limits.floating_ips, 1))
    if volume:
        needs += [("volumes", limits.volumes, 1), ("volume GiB", limits.volume_gib, volume)]
    fits = [
        ((limit.total - limit.used) // need, name, limit)
        for name, limit, need in needs
        if limit.total is not None and need
    ]
    if not fits or min(fits, key=lambda each: each[0])[0] >= _MOST_NODES:
        return _MOST_NODES, "the quota has room for them"
    room, name, limit = min(fits, key=lambda each: each[0])
    why = f"the quota of {name} sets this: {limit.used} of {limit.total} are in use"
    return max(1, room), why
