"""Guests without containers: the same SSH server, commands run as you, in a directory."""

import asyncio
import os
import pwd
import signal
import sys
from pathlib import Path

import asyncssh
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


def test_commands_run_as_the_emulators_user_in_a_directory_of_the_guests_own(
    tmp_path: Path,
) -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("shell", tmp_path) as guests:
            await guests.start(server)
            async with a_visit(guests, server, "debian") as visit:
                me = pwd.getpwuid(os.getuid()).pw_name
                assert await output(visit, "id -un; echo $USER") == f"{me}\n{me}\n"
                home = Path((await output(visit, "pwd; test $PWD = $HOME")).strip())
                assert home.is_relative_to(tmp_path)
                await output(visit, "echo x > file")
                assert (home / "file").read_text() == "x\n"
                assert (home.stat().st_mode & 0o777) == 0o700
                async with visit.start_sftp_client() as sftp:
                    assert await sftp.realpath(".") == str(home)
            await guests.stop(server.id)
            assert not home.exists()
        assert list(tmp_path.iterdir()) == []

    asyncio.run(check())


def test_user_data_is_recorded_but_not_applied_and_the_console_says_so(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    server = a_server(f"#cloud-config\nruncmd: ['touch {touched}']\npackages: [x]\n")

    async def check() -> None:
        async with some_guests("shell", tmp_path / "guests") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                assert (await output(visit, "cat user-data.txt")).encode() == server.user_data
            console = guests.console(server.id)
            assert "not applied" in console
            assert "login:" in console
            assert not touched.exists()

    asyncio.run(check())


def test_only_keys_of_the_key_pair_and_the_user_data_are_accepted(tmp_path: Path) -> None:
    friend, stranger = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    line = friend.export_public_key().decode().strip()
    server = a_server(f"#cloud-config\nssh_authorized_keys: ['{line}']\n")

    async def check() -> None:
        async with some_guests("shell", tmp_path) as guests:
            await guests.start(server)
            async with a_visit(guests, server, "debian", friend) as visit:
                await output(visit, "true")
            for user, key in (("debian", stranger), ("ada", friend)):
                with pytest.raises(asyncssh.PermissionDenied):
                    async with a_visit(guests, server, user, key):
                        pass

    asyncio.run(check())


def test_a_stop_ends_also_what_left_its_session(tmp_path: Path) -> None:
    duration = a_rare_duration()

    async def check() -> None:
        server = a_server()
        async with some_guests("shell", tmp_path) as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await output(
                    visit, f"setsid sh -c 'sleep {duration} & sleep {duration} &' >/dev/null 2>&1"
                )
                await until(lambda: asyncio.to_thread(processes_with, duration))
            await guests.restart(server.id)
            assert processes_with(duration) == []
            async with a_visit(guests, server) as visit:
                await output(visit, "ls user-data.txt")

    asyncio.run(check())


def test_terminals_signals_and_exit_status_work_as_in_containers(tmp_path: Path) -> None:
    async def check() -> None:
        server = a_server()
        async with some_guests("shell", tmp_path) as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                assert (await visit.run("exit 9")).exit_status == 9
                result = await visit.run("tty", term_type="vt100")
                assert "/dev/pts/" in str(result.stdout)
                async with visit.create_process("echo up; exec sleep 600") as process:
                    await process.stdout.readline()
                    process.kill()
                    assert (await process.wait()).exit_signal is not None

    asyncio.run(check())


def test_nothing_of_an_emulator_that_was_killed_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duration = a_rare_duration()
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    async def check() -> None:
        emulating = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", EMULATING, "shell", an_address(), duration),
            stdout=asyncio.subprocess.PIPE,
        )
        assert emulating.stdout is not None
        assert await emulating.stdout.readline() == b"up\n"
        assert list(tmp_path.iterdir()) != []
        os.kill(emulating.pid, signal.SIGKILL)
        await emulating.wait()

        async def gone() -> bool:
            return list(tmp_path.iterdir()) == []

        await until(gone)

    asyncio.run(check())


def test_directories_of_emulators_that_are_gone_are_removed_and_others_kept(
    tmp_path: Path,
) -> None:
    left_behind = tmp_path / "leasehold-guests-old"
    (left_behind / "server").mkdir(parents=True)
    foreign = tmp_path / "somebody-elses"
    foreign.mkdir()

    async def check() -> None:
        first, second = a_server(), a_server()
        async with some_guests("shell", tmp_path) as one, some_guests("shell", tmp_path) as other:
            await one.start(first)
            await other.start(second)
            async with a_visit(one, first) as visit:
                assert await output(visit, "ls") == "user-data.txt\n"

    asyncio.run(check())
    assert list(tmp_path.iterdir()) == [foreign]
