"""A container guest is a place of its own: what is done in it stays in it."""

import asyncio
import os
from pathlib import Path

import asyncssh
import pytest
from tests.system.emulator.guests.visits import (
    PUBLIC_KEY,
    a_rare_duration,
    a_server,
    a_visit,
    output,
    processes_with,
    some_guests,
    until,
)

from leasehold.emulator.guests import GuestSpec

pytestmark = pytest.mark.usefixtures("containers")


def in_a_guest(server: GuestSpec, *commands: str, user: str = "root") -> list[str]:
    """Run commands in a guest of this server; returns what each printed."""

    async def run() -> list[str]:
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server, user) as visit:
                return [await output(visit, command) for command in commands]

    return asyncio.run(run())


async def refused(visit: asyncssh.SSHClientConnection, command: str) -> str:
    result = await visit.run(command)
    assert result.exit_status != 0, f"{command} was allowed: {result.stdout!s}"
    return str(result.stderr)


def test_a_guest_has_its_own_hostname() -> None:
    here = os.uname().nodename
    assert in_a_guest(a_server(name="Build Node.7"), "hostname") == ["build-node-7\n"]
    assert os.uname().nodename == here


def test_a_guest_sees_its_own_processes_only() -> None:
    first, everything = in_a_guest(
        a_server(), "cat /proc/1/comm", "cat /proc/[0-9]*/comm | sort -u"
    )
    assert first == "init\n"
    assert set(everything.split()) <= {"init", "bash", "cat", "sort"}


def test_what_a_guest_writes_does_not_reach_the_host() -> None:
    name = f"leasehold-test-{os.getpid()}"
    places = (
        "/etc",
        "/usr/local/bin",
        "/var/lib",
        "/root",
        "/home",
        "/tmp",
        "/run",
        "/opt",
        "/dev",
    )
    script = " && ".join(f"echo x > {place}/{name}" for place in places)
    listing, hosts = in_a_guest(
        a_server(),
        script + f" && ls {' '.join(f'{place}/{name}' for place in places)}",
        "echo changed > /etc/hosts; rm /etc/passwd; cat /etc/hosts",
    )
    assert listing.split() == sorted(f"{place}/{name}" for place in places)
    assert hosts == "changed\n"
    assert [place for place in places if Path(place, name).exists()] == []
    assert "changed" not in Path("/etc/hosts").read_text()
    assert Path("/etc/passwd").exists()


def test_files_of_the_host_are_there_to_be_used() -> None:
    assert in_a_guest(a_server(), "test -x /usr/bin/env && cat /etc/os-release") == [
        Path("/etc/os-release").read_text()
    ]


def test_two_guests_do_not_see_each_other() -> None:
    async def check() -> None:
        one, other = a_server(name="one"), a_server(name="other")
        async with some_guests("container") as guests:
            await asyncio.gather(guests.start(one), guests.start(other))
            async with a_visit(guests, one) as in_one, a_visit(guests, other) as in_other:
                await output(in_one, "echo mine > /etc/mine; (sleep 600 &) >/dev/null 2>&1")
                assert "sleep" not in await output(in_other, "cat /proc/[0-9]*/comm")
                assert (await in_other.run("test -e /etc/mine")).exit_status == 1
                keys = [visit.get_server_host_key() for visit in (in_one, in_other)]
                assert keys[0] != keys[1]

    asyncio.run(check())


def test_root_of_a_guest_cannot_get_at_the_machine() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await refused(visit, "mount -t tmpfs none /mnt")
                await refused(visit, "mount -o remount,bind,rw /sys")
                await refused(visit, "umount /proc/sys")
                await refused(visit, "mknod /tmp/disk b 254 0")
                await refused(visit, "echo x > /proc/sys/kernel/core_pattern")
                await refused(visit, "echo x > /sys/power/state")
                await refused(visit, "hostname other")
                await refused(visit, "date -s 2001-01-01")
                await visit.run("kill -9 1; kill -STOP 1")  # the kernel shields an init
                assert await output(visit, "cat /proc/1/comm") == "init\n"

    asyncio.run(check())


def test_the_hosts_keys_and_dot_files_are_hidden() -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's guests have a home made from scratch")
    (listing,) = in_a_guest(
        a_server(), "ls -A /root; ls /etc/ssh 2>/dev/null; ls -A /var/lib/cloud"
    )
    hidden = {entry.name for entry in Path("/root").glob(".*")} - {".ssh"}
    hidden -= {entry.name for entry in Path("/etc/skel").iterdir()}
    assert hidden & set(listing.split()) == set()
    host_keys = {path.name for path in Path("/etc/ssh").glob("ssh_host_*_key")}
    assert host_keys & set(listing.split()) == set()


def test_a_sudoer_becomes_root_and_others_do_not() -> None:
    async def check() -> None:
        server = a_server(
            "#cloud-config\n"
            f"users: [default, {{name: eve, ssh_authorized_keys: ['{PUBLIC_KEY}']}}]\n"
        )
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server, "debian") as visit:
                assert await output(visit, "sudo -n id -u") == "0\n"
                assert await output(visit, "sudo FOO=bar sh -c 'echo $FOO $HOME'") == "bar /root\n"
                assert await output(visit, "sudo -u eve id -un; sudo -i pwd") == "eve\n/root\n"
            async with a_visit(guests, server, "eve") as visit:
                await refused(visit, "sudo -n id -u")
                await refused(visit, "setpriv --reuid 0 id")

    if os.geteuid() != 0:
        pytest.skip("in an ordinary user's guests everybody is root")
    asyncio.run(check())


def test_what_is_left_running_by_a_command_goes_on_in_the_guest_and_ends_with_it() -> None:
    async def check() -> None:
        server, duration = a_server(), a_rare_duration()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await output(visit, f"nohup setsid sleep {duration} >/dev/null 2>&1 </dev/null &")
            await until(lambda: asyncio.to_thread(processes_with, duration))
            await guests.stop(server.id)
            assert processes_with(duration) == []

    asyncio.run(check())


def test_orphans_leave_no_zombies_in_the_guest() -> None:
    (states,) = in_a_guest(
        a_server(),
        "for i in 1 2 3; do (sh -c 'sleep 0 & sleep 0 &' &); done; sleep 0.3;"
        "cat /proc/[0-9]*/stat | cut -d')' -f2 | cut -d' ' -f2 | sort -u",
    )
    assert "Z" not in states.split()


def test_a_guest_has_an_identity_of_its_own_and_the_hosts_name_servers() -> None:
    first = in_a_guest(a_server(), "cat /etc/machine-id", "cat /etc/resolv.conf")
    second = in_a_guest(a_server(), "cat /etc/machine-id", "cat /etc/resolv.conf")
    assert first[0] != second[0]
    assert first[1] == second[1] == Path("/etc/resolv.conf").read_text()


def test_what_is_written_to_the_console_is_in_the_console_log() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await output(visit, "echo from /dev/console > /dev/console")
                await output(visit, "echo from /dev/ttyS0 > /dev/ttyS0")

            async def both() -> bool:
                text = guests.console(server.id)
                return "from /dev/console" in text and "from /dev/ttyS0" in text

            await until(both)

    asyncio.run(check())


def test_a_guest_outlives_what_its_root_breaks() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                repair = await visit.create_process("read x; mv /etc/kept /etc/passwd")
                await output(visit, "mv /etc/passwd /etc/kept")
                assert (await visit.run("true")).exit_status == 255
                assert (await visit.run("true", term_type="vt100")).exit_status == 255
                with pytest.raises(asyncssh.PermissionDenied):
                    async with a_visit(guests, server, "debian"):
                        pass
                assert "init: " in guests.console(server.id)
                repair.stdin.write("\n")
                assert (await repair.wait()).exit_status == 0
                async with a_visit(guests, server, "debian"):
                    pass

    asyncio.run(check())


def test_a_guests_directories_do_not_depend_on_the_emulators_umask() -> None:
    before = os.umask(0o077)
    try:
        (modes,) = in_a_guest(
            a_server(), "stat -c %a / /run /mnt /dev /tmp /var/lib/cloud/data/instance-id"
        )
    finally:
        os.umask(before)
    assert modes.split() == ["755", "755", "755", "755", "1777", "644"]


def test_the_guests_disk_is_limited() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await refused(visit, "fallocate -l 8G /tmp/too-large")
                assert await output(visit, "echo still here") == "still here\n"

    asyncio.run(check())
