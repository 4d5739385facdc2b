"""An agent with a real disk, and a control side that says what the test wants it to say."""

import subprocess

import msgspec

from leasehold.datasets.protocol import Blank, Order, Want
from tests.disks import need_program
from tests.system.datasets.agent.site import BIN, Site
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


def mounted(site: Site, **fields: object) -> tuple[str, Order]:
    """A volume, and the order by which it is mounted on node one."""
    if not site.one.is_alive:
        site.one.start()
    volume = site.volume(site.one)
    order = an_order(volume, **fields)
    site.control.order("one", order)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is not None)
    return volume, order


def leave(site: Site, order: Order) -> Order:
    """Order it to be unmounted on node one."""
    left = msgspec.structs.replace(order, epoch=order.epoch + 1, want=Want.UNMOUNTED, format=None)
    site.control.order("one", left)
    return left


def test_what_is_not_blank_is_left_as_it_is_until_a_person_made_it_blank(site: Site):
    site.one.start()
    volume = site.volume(site.one)
    device = site.device(volume, site.one)
    subprocess.run(["mkswap", "-q", device], check=True)
    order = an_order(volume)
    site.control.order("one", order)
    report = site.control.await_report("one", order.dataset, lambda each: each.error is not None)
    assert report.error is not None
    assert "signatures of swap" in report.error
    assert report.blank is Blank.DATA
    assert "wipefs" in report.next_step
    assert report.retry_at is not None
    assert subprocess.run(["blkid", "-p", device], capture_output=True, check=True).stdout
    subprocess.run(["wipefs", "--all", "--quiet", device], check=True)
    with device.open("r+b") as disk:
        disk.write(bytes(1 << 20))
    site.control.await_report("one", order.dataset, lambda each: each.mounted is not None)


def test_a_blank_volume_without_a_permit_is_not_formatted(site: Site):
    site.one.start()
    volume = site.volume(site.one)
    order = an_order(volume, permitted=False)
    site.control.order("one", order)
    report = site.control.await_report("one", order.dataset, lambda each: each.error is not None)
    assert "no order permits to format it" in str(report.error)
    assert report.blank is Blank.BLANK
    assert report.filesystem is None


def test_a_bad_dataset_delays_no_other(site: Site):
    site.one.start()
    site.control.order("one", an_order("00000000-0000-0000-0000-000000000000", name="bad"))
    mounted(site)


def test_an_old_order_is_refused_and_told_also_after_a_restart(site: Site):
    _, order = mounted(site, epoch=7)
    stale = msgspec.structs.replace(order, epoch=6, want=Want.UNMOUNTED)
    site.control.order("one", stale)
    report = site.control.await_report(
        "one", order.dataset, lambda each: each.refused_epoch is not None
    )
    assert (report.refused_epoch, report.epoch) == (6, 7)
    site.one.kill()
    del site.control.reports["one"]
    site.one.start()
    report = site.control.await_report("one", order.dataset, lambda each: each.refused_epoch == 6)
    assert report.mounted == str(site.one.place(order.dataset))
    assert site.one.place(order.dataset).is_mount()


def test_an_old_order_for_a_dataset_that_left_is_refused_too(site: Site):
    volume, order = mounted(site, epoch=7)
    left = leave(site, order)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)
    site.control.withdraw("one", order.dataset)
    until(lambda: not site.control.reports["one"].datasets)
    assert left.epoch == 8
    site.control.order("one", order)
    report = site.control.await_report("one", order.dataset, lambda each: each.refused_epoch == 7)
    assert report.epoch == 8
    assert not site.one.place(order.dataset).is_mount()
    assert site.cloud.volume.volume(volume).status == "in-use"


def test_another_leasehold_is_not_obeyed_until_a_person_says_so(site: Site):
    _, order = mounted(site)
    site.control.installation = "two"
    site.control.order("one", msgspec.structs.replace(order, epoch=9, want=Want.UNMOUNTED))
    until(lambda: "installation two" in str(site.one.status()[1]["trouble"]))
    code, status = site.one.status()
    assert code == 1
    assert "--obey-anew" in status["trouble"]
    assert site.one.place(order.dataset).is_mount()


def test_who_keeps_a_dataset_is_told_and_it_leaves_when_they_do(site: Site):
    _, order = mounted(site)
    place = site.one.place(order.dataset)
    file = (place / "open").open("w")
    leave(site, order)
    report = site.control.await_report("one", order.dataset, lambda each: bool(each.busy))
    assert report.mounted == str(place)
    assert any("(python" in holder or "(pytest" in holder for holder in report.busy), report.busy
    file.write("the last word")
    file.close()
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)
    assert not place.exists()


def test_what_lost_its_serial_counts_as_mounted_until_it_is_proved_to_be_let_go(site: Site):
    volume, order = mounted(site)
    place = site.one.place(order.dataset)
    with (place / "open").open("w") as file:
        site.hide(volume, site.one)
        leave(site, order)
        report = site.control.await_report(
            "one", order.dataset, lambda each: each.epoch == 2 and each.error is not None
        )
        assert report.mounted == str(place)
        assert any("(python" in holder or "(pytest" in holder for holder in report.busy)
        file.write("the last word")
        subprocess.run(["umount", "--lazy", place], check=True)
        report = site.control.await_report(
            "one", order.dataset, lambda each: not str(each.error).startswith(str(place))
        )
        assert report.mounted == str(place)
    report = site.control.await_report("one", order.dataset, lambda each: each.mounted is None)
    assert report.error is None


def test_an_agent_that_begins_where_a_serial_is_lost_leaves_the_unmount_to_a_person(site: Site):
    volume, order = mounted(site)
    place = site.one.place(order.dataset)
    site.one.kill()
    site.hide(volume, site.one)
    leave(site, order)
    site.one.start()
    report = site.control.await_report(
        "one", order.dataset, lambda each: each.epoch == 2 and each.error is not None
    )
    assert f"no disk here has the serial of volume {volume}" in str(report.error)
    assert report.next_step == "a person unmounts what is in the way"
    assert report.mounted == str(place)
    assert place.is_mount()
    subprocess.run(["umount", place], check=True)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)


def test_a_container_keeps_it_though_our_own_unmount_would_succeed(site: Site):
    _, order = mounted(site)
    script = "mount --make-rprivate / && echo ready && read line"
    command = ["unshare", "--mount", "sh", "-c", script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as container:
        assert container.stdout is not None
        assert container.stdout.readline() == "ready\n"
        leave(site, order)
        report = site.control.await_report("one", order.dataset, lambda each: bool(each.busy))
        assert f"process {container.pid} (sh)" in report.busy
        assert site.one.place(order.dataset).is_mount()
        container.communicate("\n")
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)


def test_a_volume_that_grew_is_grown_into_when_it_is_mounted_again(site: Site):
    volume, order = mounted(site)
    (site.one.place(order.dataset) / "file").write_text("kept")
    leave(site, order)
    site.control.await_report("one", order.dataset, lambda each: each.mounted is None)
    site.cloud.volume.extend_volume(volume, size=2)
    until(lambda: site.cloud.volume.volume(volume).size == 2)
    site.control.order("one", msgspec.structs.replace(order, epoch=3, size_bytes=2 << 30))
    report = site.control.await_report("one", order.dataset, lambda each: each.epoch == 3 and
                                       each.mounted is not None)  # fmt: skip
    assert report.filesystem_bytes == 2 << 30
    assert (site.one.place(order.dataset) / "file").read_text() == "kept"


def test_a_volume_that_grows_while_it_is_mounted_is_grown_into_there(site: Site):
    volume, order = mounted(site)
    (site.one.place(order.dataset) / "file").write_text("kept")
    site.cloud.volume.extend_volume(volume, size=2)
    until(lambda: site.cloud.volume.volume(volume).size == 2)
    site.control.order("one", msgspec.structs.replace(order, epoch=2, size_bytes=2 << 30))
    report = site.control.await_report(
        "one", order.dataset, lambda each: each.filesystem_bytes == 2 << 30
    )
    assert report.mounted is not None
    assert (site.one.place(order.dataset) / "file").read_text() == "kept"


def test_a_device_smaller_than_ordered_is_doubted_and_not_touched(site: Site):
    site.one.start()
    volume = site.volume(site.one)
    order = an_order(volume, size_bytes=2 << 30)
    site.control.order("one", order)
    report = site.control.await_report("one", order.dataset, lambda each: each.error is not None)
    assert "should have 2147483648" in str(report.error)
    with site.device(volume, site.one).open("rb") as disk:
        assert not any(disk.read(1 << 20))


def test_an_xfs_is_made_and_grows_where_it_is(site: Site):
    need_program("mkfs.xfs", "xfsprogs")
    volume, order = mounted(site, filesystem="xfs")
    site.cloud.volume.extend_volume(volume, size=2)
    until(lambda: site.cloud.volume.volume(volume).size == 2)
    site.control.order("one", msgspec.structs.replace(order, epoch=2, size_bytes=2 << 30))
    report = site.control.await_report(
        "one", order.dataset, lambda each: (each.filesystem_bytes or 0) > 2000 << 20
    )
    assert (report.filesystem, report.error) == ("xfs", None)


def test_nothing_is_mounted_from_memory_alone_after_a_reboot(site: Site):
    _, order = mounted(site)
    place = site.one.place(order.dataset)
    (place / "file").write_text("kept")
    site.one.kill()
    subprocess.run(["umount", place], check=True)  # what a reboot does
    site.one.configure("http://127.0.0.1:9")
    site.one.start()
    until(lambda: site.one.status()[1]["trouble"] is not None)
    _, status = site.one.status()
    assert [each["epoch"] for each in status["report"]["datasets"]] == [1]
    assert not place.is_mount()
    site.one.stop()
    site.one.configure(site.control.url)
    site.one.start()
    until(place.is_mount)
    assert (place / "file").read_text() == "kept"


def test_what_was_taken_away_by_force_and_brought_back_is_mounted_again(site: Site):
    volume, order = mounted(site)
    (site.one.place(order.dataset) / "file").write_text("kept")
    subprocess.run(["sync"], check=True)
    site.cloud.compute.delete_server(site.one.server_id)  # loses all its disks
    site.await_status(volume, "available")
    again = msgspec.structs.replace(order, epoch=2)
    site.control.order("one", again)
    report = site.control.await_report("one", order.dataset, lambda each: each.error is not None)
    assert f"no disk here has the serial of volume {volume}" in str(report.error)
    assert report.mounted is None
    site.two.start()
    site.attach(volume, site.two)
    site.control.order("two", msgspec.structs.replace(order, epoch=3))
    until((site.two.place(order.dataset) / "file").exists)


def test_an_agent_that_ends_leaves_everything_mounted(site: Site):
    _, order = mounted(site)
    assert site.one.stop() == 0
    assert site.one.place(order.dataset).is_mount()
    code, status = site.one.status()
    assert (code, status["running"]) == (1, False)


def test_a_second_agent_on_the_same_state_says_so(site: Site):
    site.one.start()
    done = subprocess.run(
        [str(BIN / "leasehold"), "agent", "--config", str(site.one.config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "another agent is running" in done.stderr


def test_status_is_a_health_check_for_people_and_programs(site: Site):
    _, order = mounted(site)
    until(lambda: site.one.status()[0] == 0)
    done = subprocess.run(
        [str(BIN / "leasehold"), "agent", "status", "--config", str(site.one.config)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "agent    running" in done.stdout
    assert f"{site.control.url}: it is heard" in done.stdout
    assert str(site.one.place(order.dataset)) in done.stdout
    assert "token-of-one" not in done.stdout + site.one.log()
