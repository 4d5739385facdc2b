"""A guest's SSH server does what sshd does, in the guest."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncssh
import pytest
from tests.system.emulator.guests.visits import (
    KEY,
    a_rare_duration,
    a_server,
    a_visit,
    output,
    processes_with,
    some_guests,
    until,
)

from leasehold.emulator.guests import Guests, GuestSpec

pytestmark = pytest.mark.usefixtures("containers")

Visit = Callable[[asyncssh.SSHClientConnection], Awaitable[None]]


def visiting(check: Visit, server: GuestSpec | None = None, user: str = "debian") -> None:
    """Start a guest and let ``check`` visit it."""
    spec = server or a_server()

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(spec)
            async with a_visit(guests, spec, user) as visit:
                await check(visit)

    asyncio.run(run())


def test_output_errors_and_exit_status_come_back() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        result = await visit.run("echo out; echo err >&2; exit 41")
        assert (result.stdout, result.stderr, result.exit_status) == ("out\n", "err\n", 41)

    visiting(check)


def test_standard_input_and_output_carry_any_bytes() -> None:
    data = os.urandom(3_000_000)

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        result = await visit.run("cat", input=data, encoding=None)
        assert result.stdout == data
        counted = await visit.run("wc -c", input=data, encoding=None)
        assert counted.stdout == b"3000000\n"

    visiting(check)


def test_a_program_that_stops_reading_does_not_hold_up_its_session() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        result = await visit.run("exec <&-; echo done", input=bytes(4_000_000), encoding=None)
        assert result.stdout == b"done\n"

    visiting(check)


def test_a_client_that_reads_slowly_gets_everything() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process("head -c 20000000 /dev/zero", encoding=None) as process:
            total = 0
            while data := await process.stdout.read(1 << 16):
                total += len(data)
            assert total == 20_000_000
            assert (await process.wait()).exit_status == 0

    visiting(check)


def test_a_session_has_the_users_environment_and_the_clients() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        script = "echo $HOME $USER $LOGNAME $SHELL $PWD $COLOUR; id -un; echo $SSH_CONNECTION"
        result = await visit.run(script, env={"COLOUR": "green"})
        first, second, third = str(result.stdout).splitlines()
        assert first == "/home/debian debian debian /bin/bash /home/debian green"
        assert second == "debian"
        assert len(third.split()) == 4

    visiting(check)


def test_nothing_of_the_emulators_environment_is_in_a_guest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "geheim")

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        assert "geheim" not in await output(visit, "env")
        assert "geheim" not in await output(visit, "cat /proc/1/environ | tr '\\0' '\\n'")

    visiting(check, user="root")


def test_a_signal_reaches_the_program_and_its_death_is_told() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process("echo up; exec sleep 600") as process:
            await process.stdout.readline()
            process.send_signal("TERM")
            result = await process.wait()
            assert result.exit_signal is not None
            assert result.exit_signal[0] == "TERM"

    visiting(check)


@pytest.mark.parametrize(("number", "name"), [(9, "KILL"), (35, "35@leasehold")])
def test_every_signal_that_kills_is_named(number: int, name: str) -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        result = await visit.run(f"kill -{number} $$")
        assert result.exit_signal is not None
        assert result.exit_signal[0] == name

    visiting(check)


def test_a_shell_in_a_terminal_knows_its_size_and_edits_lines() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process(term_type="xterm", term_size=(101, 37)) as shell:
            shell.stdin.write("tty; stty size; echo $TERM; echo login=$0; exit 7\n")
            text = await shell.stdout.read()
            assert "/dev/pts/" in text
            assert "37 101" in text
            assert "xterm" in text
            assert "login=-bash" in text
            assert (await shell.wait()).exit_status == 7

    visiting(check)


def test_a_terminal_follows_the_clients_window() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process("read x; stty size", term_type="vt100") as process:
            process.change_terminal_size(99, 44)
            process.stdin.write("\n")
            assert "44 99" in await process.stdout.read()

    visiting(check)


def test_a_key_stroke_interrupts_the_program_in_a_terminal() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process("echo up; exec sleep 600", term_type="vt100") as process:
            await process.stdout.readline()
            process.stdin.write("\x03")
            result = await process.wait()
            assert result.exit_signal is not None
            assert result.exit_signal[0] == "INT"

    visiting(check)


def test_a_lost_connection_hangs_up_on_the_terminal() -> None:
    duration = a_rare_duration()

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process(f"echo up; sleep {duration}", term_type="vt100") as process:
            await process.stdout.readline()
        visit.abort()

        async def gone() -> bool:
            return not processes_with(duration)

        await until(gone)

    visiting(check)


def test_a_key_that_is_not_authorised_is_refused() -> None:
    async def run() -> None:
        server, stranger = a_server(), asyncssh.generate_private_key("ssh-ed25519")
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                await output(visit, "true")
            for user, key in (("root", stranger), ("debian", stranger), ("nobody", KEY)):
                with pytest.raises(asyncssh.PermissionDenied):
                    async with a_visit(guests, server, user, key):
                        pass

    asyncio.run(run())


def test_a_key_added_in_the_guest_is_accepted_from_then_on() -> None:
    async def run() -> None:
        server, friend = a_server(), asyncssh.generate_private_key("ssh-ed25519")
        line = friend.export_public_key().decode().strip()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server, "debian") as visit:
                await output(visit, f"echo '{line}' >> ~/.ssh/authorized_keys")
            async with a_visit(guests, server, "debian", friend) as visit:
                assert await output(visit, "id -un") == "debian\n"

    asyncio.run(run())


def test_sftp_works_on_the_guests_files(tmp_path: Path) -> None:
    data = os.urandom(1_500_000)
    (tmp_path / "source").write_bytes(data)

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.start_sftp_client() as sftp:
            assert await sftp.realpath(".") == "/home/debian"
            await sftp.put(tmp_path / "source", "copy")
            await sftp.get("/home/debian/copy", tmp_path / "back")
            await sftp.mkdir("folder")
            await sftp.rename("copy", "folder/renamed")
            await sftp.symlink("renamed", "folder/link")
            await sftp.chmod("folder/renamed", 0o600)
            assert sorted(await sftp.listdir("folder")) == [".", "..", "link", "renamed"]
            assert (await sftp.stat("folder/link")).size == len(data)
            assert await sftp.readlink("folder/link") == "renamed"
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat("nothing")
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await sftp.open("/etc/passwd", "w")
            await sftp.remove("folder/link")
            async with sftp.open("folder/renamed", "ab") as file:
                await file.write(b"more")
            assert (await sftp.stat("folder/renamed")).size == len(data) + 4
            await sftp.rmtree("folder")
            assert not await sftp.exists("folder")
        assert (tmp_path / "back").read_bytes() == data

    visiting(check)


def test_sftp_does_not_follow_the_guests_links_to_the_host(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("host")

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        await output(visit, f"mkdir -p {tmp_path} && ln -s {outside} way-out")
        async with visit.start_sftp_client() as sftp, sftp.open("way-out", "w") as file:
            await file.write("guest")
        assert await output(visit, f"cat {outside}") == "guest"
        assert outside.read_text() == "host"

    visiting(check)


def test_the_old_scp_protocol_copies_trees_both_ways(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / "below/data").write_bytes(os.urandom(200_000))
    (tree / "script").write_text("#!/bin/sh\n")
    (tree / "script").chmod(0o755)
    os.utime(tree / "script", (1_000_000_000, 1_000_000_000))

    async def check(visit: asyncssh.SSHClientConnection) -> None:
        await asyncssh.scp(tree, (visit, "."), recurse=True, preserve=True)
        assert await output(visit, "stat -c '%a %Y' tree/script") == "755 1000000000\n"
        await asyncssh.scp((visit, "tree"), tmp_path / "back", recurse=True, preserve=True)
        assert (tmp_path / "back/below/data").read_bytes() == (tree / "below/data").read_bytes()
        await asyncssh.scp((visit, "~/tree/scr*"), tmp_path / "one")
        assert (tmp_path / "one").read_text() == "#!/bin/sh\n"
        with pytest.raises(asyncssh.SFTPError):
            await asyncssh.scp((visit, "missing"), tmp_path)
        with pytest.raises(asyncssh.SFTPError):
            await asyncssh.scp(tree / "script", (visit, "/etc/script"))

    visiting(check)


def test_openssh_clients_work_unchanged(tmp_path: Path) -> None:
    if any(shutil.which(program) is None for program in ("ssh", "scp", "sftp")):
        pytest.skip("OpenSSH's clients are not installed")
    identity = tmp_path / "id"
    KEY.write_private_key(identity)
    identity.chmod(0o600)
    (tmp_path / "file").write_text("content\n")
    options = ["-F", "none", "-i", str(identity), "-o", "BatchMode=yes"]
    options += ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path}/known"]

    async def program(*words: str, input: bytes = b"") -> str:  # noqa: A002 - subprocess's own word
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(input)
        assert process.returncode == 0, (words, out, err)
        return out.decode()

    async def run() -> None:
        server = a_server()
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server):
                pass
            port, at = str(guests.ssh_port), f"debian@{server.address}"
            assert await program("ssh", *options, "-p", port, at, "echo $((6*7)); cat", input=b"x")
            assert "pts" in await program("ssh", *options, "-tt", "-p", port, at, "tty")
            await program("scp", *options, "-P", port, str(tmp_path / "file"), f"{at}:by-sftp")
            await program("scp", *options, "-O", "-P", port, str(tmp_path / "file"), f"{at}:by-scp")
            batch = b"ls -l\nget by-sftp %s/back\n" % os.fsencode(tmp_path)
            listing = await program("sftp", *options, "-P", port, at, input=batch)
            assert "by-scp" in listing
            assert (tmp_path / "back").read_text() == "content\n"

    asyncio.run(run())


def test_many_sessions_share_a_connection() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        outputs = await asyncio.gather(*(output(visit, f"echo {n}") for n in range(30)))
        assert outputs == [f"{n}\n" for n in range(30)]

    visiting(check)


def test_a_guest_that_is_stopped_ends_its_sessions() -> None:
    async def run(guests: Guests) -> None:
        server = a_server()
        await guests.start(server)
        async with a_visit(guests, server) as visit, visit.create_process("sleep 600") as process:
            await guests.stop(server.id)
            result = await process.wait()
            assert result.exit_status != 0

    async def with_guests() -> None:
        async with some_guests("container") as guests:
            await run(guests)

    asyncio.run(with_guests())


def test_a_program_that_cannot_be_started_says_so() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        result = await visit.run("/no/such/program")
        assert result.exit_status == 127
        await output(visit, "sed -i 's,^root:\\(.*\\):[^:]*$,root:\\1:/no/shell,' /etc/passwd")
        result = await visit.run("true")
        assert (result.exit_status, "No such file" in str(result.stderr)) == (127, True)

    visiting(check, user="root")


def test_the_process_a_client_kills_is_its_own() -> None:
    async def check(visit: asyncssh.SSHClientConnection) -> None:
        async with visit.create_process("trap '' TERM; echo up; sleep 600") as process:
            await process.stdout.readline()
            process.send_signal(signal.SIGKILL.name.removeprefix("SIG"))
            result = await process.wait()
            assert result.exit_signal is not None
            assert result.exit_signal[0] == "KILL"

    visiting(check)
