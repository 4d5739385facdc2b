"""An agent that is killed at every step still brings each dataset where it shall be, with its data."""

import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from leasehold.datasets.agent.content import read_stamp
from leasehold.datasets.protocol import Order, Want
from tests.disks import need_program
from tests.system.datasets.agent.deadly import AFTER, BEFORE, TORN, Deadly
from tests.system.datasets.agent.site import Node, Site
from tests.system.datasets.agent.stand_in import an_order, until

pytestmark = pytest.mark.timeout(300)  # a dozen deaths and starts, on a machine that may be busy


@contextmanager
def supervised(node: Node, deadly: Deadly | None = None) -> Iterator[None]:
    """Start the agent again whenever it is dead, as systemd does."""
    over = threading.Event()
    environment = {"PATH": deadly.path} if deadly else {}

    def watch() -> None:
        while not over.wait(0.05):
            if not node.is_alive:
                node.kill()
                node.launch(**environment)

    node.launch(**environment)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        node.kill()


def test_killed_before_and_after_every_program_that_it_runs(site: Site):
    deadly = Deadly(site.directory / "deadly")
    deadly.arm("blkid", BEFORE)
    deadly.arm("wipefs", AFTER)
    deadly.arm("mkfs.ext4", BEFORE, TORN, AFTER)
    deadly.arm("e2fsck", BEFORE, AFTER)
    deadly.arm("mount", BEFORE, AFTER)
    deadly.arm("umount", BEFORE, AFTER)
    deadly.arm("resize2fs", BEFORE, AFTER)
    with supervised(site.one, deadly):
        volume = site.volume(site.one)
        order = an_order(volume)
        site.control.order("one", order)
        place = site.one.place(order.dataset)
        site.control.await_report("one", order.dataset, lambda each: each.mounted is not None
                                  and each.filesystem is not None and each.error is None)  # fmt: skip
        until(lambda: list(place.iterdir()) == [])  # also if it died between mount and tidying up
        (place / "file").write_text("kept")
        subprocess.run(["sync", "-f", place], check=True)
        left = msgspec.structs.replace(order, epoch=2, want=Want.UNMOUNTED, format=None)
        site.control.order("one", left)
        site.control.await_report(
            "one", order.dataset, lambda each: each.epoch == 2 and each.mounted is None
        )
        site.cloud.volume.extend_volume(volume, size=2)
        until(lambda: site.cloud.volume.volume(volume).size == 2)
        back = msgspec.structs.replace(order, epoch=3, size_bytes=2 << 30, format=None)
        site.control.order("one", back)
        site.control.await_report("one", order.dataset, lambda each: each.mounted is not None
                                  and each.filesystem_bytes == 2 << 30)  # fmt: skip
        assert deadly.left == []
        assert (place / "file").read_text() == "kept"


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_half_made_filesystem_is_made_again_by_the_agent_that_began_it(site: Site, kind: str):
    need_program(f"mkfs.{kind}", "e2fsprogs xfsprogs")
    deadly = Deadly(site.directory / "deadly")
    deadly.arm(f"mkfs.{kind}", TORN)
    volume = site.volume(site.one)
    order = an_order(volume, filesystem=kind)
    site.control.order("one", order)
    with supervised(site.one, deadly):
        report = site.control.await_report("one", order.dataset, lambda each: each.mounted is not None
                                           and each.filesystem is not None)  # fmt: skip
    assert (report.filesystem, deadly.left) == (kind, [])


def torn_on_one(site: Site) -> tuple[str, Order]:
    """A volume on which node one died while it made a filesystem, on no server any more."""
    deadly = Deadly(site.directory / "deadly")
    deadly.arm("mkfs.ext4", TORN)
    volume = site.volume(site.one)
    order = an_order(volume)
    site.control.order("one", order)
    site.one.start(PATH=deadly.path)
    site.one.await_death()
    site.detach(volume, site.one)
    return volume, order


def test_another_server_knows_a_half_made_filesystem_by_the_mark_on_the_volume(site: Site):
    volume, order = torn_on_one(site)
    site.attach(volume, site.two)
    site.two.start()
    site.control.order("two", msgspec.structs.replace(order, epoch=2))
    site.control.await_report("two", order.dataset, lambda each: each.mounted is not None)
    with site.device(volume, site.two).open("rb") as disk:
        assert read_stamp(disk.fileno(), 1 << 30) is None


def test_a_half_made_filesystem_is_left_alone_once_there_is_no_permit(site: Site):
    volume, order = torn_on_one(site)
    site.attach(volume, site.two)
    site.two.start()
    site.control.order("two", msgspec.structs.replace(order, epoch=2, format=None))
    report = site.control.await_report("two", order.dataset, lambda each: each.error is not None)
    assert "remains of a mkfs" in str(report.error)
    assert report.mounted is None


def test_killed_at_any_moment_while_a_dataset_comes_and_goes_no_byte_is_lost(site: Site):
    """Every report of "not mounted" is believed at once, as a control side would."""
    moments = random.Random(7)
    volume = site.volume()
    order = an_order(volume)
    text = b""
    for epoch in range(1, 13, 2):
        node = site.one if epoch % 4 == 1 else site.two
        site.attach(volume, node)
        come = msgspec.structs.replace(order, epoch=epoch)
        site.control.order(node.name, come)
        with supervised(node):
            killer = threading.Timer(moments.uniform(0.3, 1.5), node.kill_unless_done)
            killer.start()
            site.control.await_report(node.name, order.dataset, lambda each, epoch=epoch:
                                      each.epoch == epoch and each.mounted is not None
                                      and each.filesystem is not None)  # fmt: skip
            place = node.place(order.dataset)
            found = (place / "file").read_bytes() if text else b""
            assert found == text
            text += moments.randbytes(100_000)
            (place / "file").write_bytes(text)
            go = msgspec.structs.replace(come, epoch=epoch + 1, want=Want.UNMOUNTED, format=None)
            site.control.order(node.name, go)
            site.control.await_report(node.name, order.dataset, lambda each, epoch=epoch:
                                      each.epoch == epoch + 1 and each.mounted is None)  # fmt: skip
            assert not place.is_mount()
            site.detach(volume, node)
            killer.join()
