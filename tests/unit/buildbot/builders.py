"""Wishes and what a cloud offers, complete but for what a test is about."""

from datetime import UTC, datetime

from leasehold.buildbot.arguments import RENDERED, Arguments
from leasehold.buildbot.wish import Wish, read_wish
from leasehold.engine.cloud import Flavor, Image, Named, Network, Offers

OFFERS = Offers(
    images=(
        Image(id="i-old", name="ci", created_at=datetime(2026, 1, 1, tzinfo=UTC), min_ram_mib=1024),
        Image(id="i-new", name="ci", created_at=datetime(2026, 2, 1, tzinfo=UTC), min_ram_mib=1024),
    ),
    flavors=(
        Flavor(id="1", name="tiny", cores=1, ram_mib=512, disk_gib=1),
        Flavor(id="2", name="small", cores=1, ram_mib=2048, disk_gib=10),
        Flavor(id="3", name="large", cores=8, ram_mib=16384, disk_gib=80),
    ),
    networks=(
        Network(id="n1", name="lab"),
        Network(id="n2", name="storage"),
        Network(id="n3", name="public", external=True),
    ),
    security_groups=(Named(id="g1", name="default"), Named(id="g2", name="web")),
    key_pairs=(Named(id="ann", name="ann"),),
    availability_zones=(Named(id="z1", name="z1"), Named(id="z2", name="z2")),
)


def a_wish(**arguments: object) -> Wish:
    """What one start asks for, with these arguments of the worker."""
    given = Arguments(**{"image": "ci", **arguments})
    return read_wish("one", given, {name: getattr(given, name) for name in RENDERED})
