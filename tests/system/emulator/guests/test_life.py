"""Guests begin and end cleanly, however their emulator ends."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from tests.system.emulator.guests.visits import (
    EMULATING,
    a_rare_duration,
    a_server,
    a_visit,
    an_address,
    output,
    processes_with,
    some_guests,
    until,
)

from leasehold.emulator.guests import GuestFailed, Guests, GuestSpec

pytestmark = pytest.mark.usefixtures("containers")


async def is_open(guests: Guests, server: GuestSpec) -> bool:
    try:
        _, writer = await asyncio.open_connection(server.address, guests.ssh_port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def test_a_restart_keeps_key_and_files_and_ends_processes() -> None:
    duration = a_rare_duration()

    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                key = visit.get_server_host_key()
                await output(visit, "echo kept > /root/kept; echo lost > /run/lost")
                await output(visit, f"nohup sleep {duration} >/dev/null 2>&1 </dev/null &")
                await until(lambda: asyncio.to_thread(processes_with, duration))
            await guests.restart(server.id)
            assert processes_with(duration) == []
            async with a_visit(guests, server, host_key=key) as visit:
                assert await output(visit, "cat /root/kept; ls /run") == "kept\ncloud-init\nlock\n"

    asyncio.run(check())


def test_a_guest_switched_off_is_found_again_as_it_was() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                key = visit.get_server_host_key()
                await output(visit, "echo kept > /srv/kept")
            await guests.stop(server.id, keep=True)
            assert not await is_open(guests, server)
            assert "login:" in guests.console(server.id)
            await guests.start(server)
            async with a_visit(guests, server, host_key=key) as visit:
                assert await output(visit, "cat /srv/kept") == "kept\n"
            await guests.stop(server.id, keep=True)
            await guests.stop(server.id)
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                assert (await visit.run("test -e /srv/kept")).exit_status == 1
                assert visit.get_server_host_key() != key

    asyncio.run(check())


def test_a_stopped_guest_leaves_no_process_no_port_and_no_mount() -> None:
    duration = a_rare_duration()
    server = a_server(f"#cloud-config\nruncmd: ['sleep {duration}']\n")

    async def check() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server):
                await until(lambda: asyncio.to_thread(processes_with, duration))
            assert server.id not in Path("/proc/self/mountinfo").read_text()
            await guests.stop(server.id)
            assert not await is_open(guests, server)
            assert processes_with(duration) == []
            await guests.stop(server.id)  # nothing to do, and nothing wrong
            assert guests.console(server.id) == ""

    asyncio.run(check())
    assert server.id not in Path("/proc/self/mountinfo").read_text()


def test_a_stop_in_the_middle_of_a_boot_ends_it() -> None:
    duration = a_rare_duration()

    async def check() -> None:
        server = a_server(f"#cloud-config\nbootcmd: ['sleep {duration}']\n")
        async with some_guests("container") as guests:
            await guests.start(server)
            await until(lambda: asyncio.to_thread(processes_with, duration))
            await guests.stop(server.id)
            assert processes_with(duration) == []

    asyncio.run(check())


def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            start = asyncio.create_task(guests.start(server))
            await asyncio.sleep(0.01)
            start.cancel()
            with pytest.raises(asyncio.CancelledError):
                await start
            assert guests.console(server.id) == ""
            await guests.start(server)
            async with a_visit(guests, server):
                pass

    asyncio.run(check())


def test_closing_ends_all_guests_and_leaves_nothing() -> None:
    duration = a_rare_duration()

    async def check() -> None:
        servers = [a_server(f"#cloud-config\nruncmd: ['sleep {duration}']\n") for _ in range(5)]
        async with some_guests("container") as guests:
            await asyncio.gather(*(guests.start(server) for server in servers))
            for server in servers:
                async with a_visit(guests, server):
                    pass
        assert processes_with(duration) == []
        assert not any([await is_open(guests, server) for server in servers])
        with pytest.raises(GuestFailed, match="closed"):
            await guests.start(servers[0])
        await guests.close()

    asyncio.run(check())


def test_closing_while_guests_start_is_clean() -> None:
    async def check() -> None:
        servers = [a_server() for _ in range(8)]
        async with some_guests("container") as guests:
            starts = [asyncio.create_task(guests.start(server)) for server in servers]
            await asyncio.wait(starts, return_when=asyncio.FIRST_COMPLETED)
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        assert [each for each in failures if not isinstance(each, GuestFailed)] == []
        assert not any([await is_open(guests, server) for server in servers])

    asyncio.run(check())


def test_closing_at_any_moment_of_a_start_ends_it_in_words() -> None:
    """Closing after ever more turns of the loop meets a start in each of its steps."""

    async def check(turns: int) -> None:
        async with some_guests("container") as guests:
            start = asyncio.create_task(guests.start(a_server()))
            for _ in range(turns):
                await asyncio.sleep(0.002)
        (outcome,) = await asyncio.gather(start, return_exceptions=True)
        assert outcome is None or isinstance(outcome, GuestFailed), repr(outcome)

    for turns in range(0, 40, 2):
        asyncio.run(check(turns))


def test_an_address_in_use_fails_the_start_and_says_what_to_do() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            taken = socket.create_server((server.address, guests.ssh_port))
            with taken, pytest.raises(GuestFailed, match=f"{server.address} .* in use.*Stop"):
                await guests.start(server)
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                assert await output(visit, "hostname") == "web-1\n"

    asyncio.run(check())


def test_two_emulators_do_not_share_an_address_but_the_machine() -> None:
    async def check() -> None:
        one, other = a_server(), a_server()
        rival = a_server(address=one.address)
        async with some_guests("container") as first, some_guests("container") as second:
            await first.start(one)
            with pytest.raises(GuestFailed, match=one.address):
                await second.start(rival)
            await second.start(other)
            async with a_visit(first, one) as visit, a_visit(second, other) as another:
                assert await output(visit, "hostname") == await output(another, "hostname")
            await first.stop(one.id)
            await second.start(rival)

    asyncio.run(check())


def test_an_address_that_is_not_of_this_machine_fails_the_start() -> None:
    async def check() -> None:
        async with some_guests("container") as guests:
            with pytest.raises(GuestFailed, match=r"192\.0\.2\.7.*127\.64\.0\.0/10"):
                await guests.start(a_server(address="192.0.2.7"))

    asyncio.run(check())


def test_a_server_has_one_guest_only() -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            with pytest.raises(GuestFailed, match="running"):
                await guests.start(server)
            with pytest.raises(GuestFailed, match="no guest"):
                await guests.restart("another")

    asyncio.run(check())


def test_many_guests_start_at_once() -> None:
    async def check() -> None:
        servers = [a_server(name=f"node-{n}") for n in range(60)]
        async with some_guests("container") as guests:
            await asyncio.gather(*(guests.start(server) for server in servers))

            async def name_of(server: GuestSpec) -> str:
                async with a_visit(guests, server, "debian") as visit:
                    return (await output(visit, "hostname")).strip()

            assert await asyncio.gather(*map(name_of, servers)) == [s.name for s in servers]

    asyncio.run(check())


def test_a_guest_whose_init_dies_is_told_on_the_console() -> None:
    async def check() -> None:
        server = a_server()
        duration = a_rare_duration()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                process = await visit.create_process(f"exec sleep {duration}")
                await _kill_the_init_above(duration)
                assert (await process.wait()).exit_status != 0
            assert "first process ended" in guests.console(server.id)
            assert not await is_open(guests, server)
            await guests.restart(server.id)
            async with a_visit(guests, server):
                pass

    asyncio.run(check())


def test_a_guest_whose_init_dies_while_it_boots_does_not_listen() -> None:
    async def check() -> None:
        duration = a_rare_duration()
        server = a_server(f"#cloud-config\nbootcmd: ['exec sleep {duration}']\n")
        async with some_guests("container") as guests:
            await guests.start(server)
            await _kill_the_init_above(duration)

            async def told() -> bool:
                return "The boot ended early" in guests.console(server.id)

            await until(told)
            assert not await is_open(guests, server)

    asyncio.run(check())


async def _kill_the_init_above(duration: str) -> None:
    """Kill process 1 of the namespace in which a `sleep` of this duration runs."""
    pid, *_ = await until(lambda: asyncio.to_thread(processes_with, duration))
    while (status := _status(pid))["NSpid"].split()[-1] != "1":
        pid = int(status["PPid"])
    os.kill(pid, signal.SIGKILL)


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@pytest.mark.parametrize(
    ("number", "last_words"), [(signal.SIGKILL, b""), (signal.SIGINT, b"closed\n")]
)
def test_no_process_outlives_an_emulator_that_is_ended(
    number: signal.Signals, last_words: bytes
) -> None:
    """SIGINT goes to the whole process group, as Ctrl-C does."""
    duration = a_rare_duration()

    async def check() -> None:
        emulating = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", EMULATING, "container", an_address(), duration),
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert emulating.stdout is not None
        assert await emulating.stdout.readline() == b"up\n"
        await until(lambda: asyncio.to_thread(processes_with, duration))
        keepers = _descendants(emulating.pid)
        assert len(keepers) >= 3  # the keeper's outside and inside, and the guest's init
        os.killpg(emulating.pid, number)
        assert await emulating.stdout.read() == last_words
        await emulating.wait()

        async def gone() -> bool:
            return not processes_with(duration) and not any(
                Path(f"/proc/{pid}").exists() for pid in keepers
            )

        await until(gone)

    asyncio.run(check())


def _descendants(top: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    found = [top]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]
