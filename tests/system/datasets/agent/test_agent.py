"""An agent with a real disk, and a control side that says what the test wants it to say."""

import msgspec

from leasehold.datasets.protocol import Want
from tests.system.datasets.agent.site import Site
from tests.system.datasets.agent.stand_in import an_order, until


def test_a_blank_volume_is_formatted_mounted_and_reported(site: Site):
    site.one.start()
    volume = site.volume(site.one)
    order = an_order(volume)
    site.control.order("one", order)
    report = site.control.await_report("one", order.dataset, lambda each: each.mounted is not None)
    place = site.one.place(order.dataset)
    assert report.mounted == str(place)
    assert place.is_mount()
    assert list(place.iterdir()) == []
    assert place.stat().st_mode & 0o777 == 0o777
    assert (report.filesystem, report.error) == ("ext4", None)
    assert report.device == str(site.device(volume, site.one))
    assert report.device_bytes == 1 << 30
    assert site.one.mounts.stat().st_mode & 0o777 == 0o700


def test_data_follow_from_one_server_to_the_other(site: Site):
    site.one.start()
    site.two.start()
    volume = site.volume(site.one)
    order = an_order(volume)
    site.control.order("one", order)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is not None)
    (site.one.place(order.dataset) / "file").write_text("kept")
    leave = msgspec.structs.replace(order, epoch=2, want=Want.UNMOUNTED, format=None)
    site.control.order("one", leave)
    site.control.await_report(
        "one", order.dataset, lambda each: each.epoch == 2 and each.mounted is None
    )
    site.detach(volume, site.one)
    site.attach(volume, site.two)
    site.control.order("two", msgspec.structs.replace(order, epoch=3, format=None))
    site.control.await_report("two", order.dataset, lambda each: each.mounted is not None)
    assert (site.two.place(order.dataset) / "file").read_text() == "kept"
    site.control.withdraw("one", order.dataset)
    until(lambda: not site.control.reports["one"].datasets)
