"""A guest does what its user-data says, in the order and places of cloud-init."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import asyncssh
import pytest
from tests.system.emulator.guests.visits import (
    KEY,
    PUBLIC_KEY,
    a_server,
    a_visit,
    boot_finished,
    output,
    some_guests,
)

from leasehold.emulator.guests import Guests, GuestSpec

pytestmark = pytest.mark.usefixtures("containers")

Check = Callable[[asyncssh.SSHClientConnection, str], Awaitable[None]]


def booted(server: GuestSpec, check: Check, user: str = "root") -> None:
    """Let a guest boot to its end; ``check`` visits it and is given the console."""

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            console = await boot_finished(guests, server)
            async with a_visit(guests, server, user) as visit:
                await check(visit, console)

    asyncio.run(run())


def test_files_users_and_commands_of_a_cloud_config_are_applied() -> None:
    server = a_server(
        f"""#cloud-config
hostname: api
fqdn: api.example.org
users:
- default
- name: ada
  gecos: Ada L
  shell: /bin/bash
  groups: [staff, computers]
  sudo: ALL=(ALL) NOPASSWD:ALL
  ssh_authorized_keys: ['{PUBLIC_KEY}']
write_files:
- path: /etc/deep/er/secret
  content: aGlkZGVu
  encoding: b64
  permissions: '0600'
- path: /etc/deep/er/secret
  content: " and more"
  append: true
  permissions: '0640'
- path: /home/ada/note
  content: for ada
  owner: ada:ada
  defer: true
bootcmd:
- echo first > /run/order
runcmd:
- echo second >> /run/order; cat /etc/deep/er/secret >> /run/order
- [touch, "/root/a name with spaces"]
"""
    )

    async def check(visit: asyncssh.SSHClientConnection, _console: str) -> None:
        assert await output(visit, "hostname; hostname -f") == "api\napi.example.org\n"
        assert await output(visit, "stat -c '%a %U' /etc/deep/er/secret") == "640 root\n"
        assert await output(visit, "cat /run/order") == "first\nsecond\nhidden and more"
        assert await output(visit, "stat -c %U /home/ada/note") == "ada\n"
        assert await output(visit, "ls -d '/root/a name with spaces'")
        assert {"staff", "computers"} <= set((await output(visit, "id -Gn ada")).split())
        assert "ada:x:" in await output(visit, "getent passwd ada")

    booted(server, check)


def test_a_user_from_user_data_signs_in_with_the_key_given_there() -> None:
    friend = asyncssh.generate_private_key("ssh-ed25519")
    line = friend.export_public_key().decode().strip()
    server = a_server(
        f"#cloud-config\nssh_authorized_keys: ['{line}']\n"
        f"users: [default, {{name: ada, ssh_authorized_keys: ['{line}']}}]\n"
    )

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server, "ada", friend) as visit:
                assert await output(visit, "id -un; pwd") == "ada\n/home/ada\n"
            async with a_visit(guests, server, "debian", friend) as visit:
                assert await output(visit, "id -un") == "debian\n"
            async with a_visit(guests, server, "debian", KEY) as visit:
                assert await output(visit, "id -un") == "debian\n"
            with pytest.raises(asyncssh.PermissionDenied):
                async with a_visit(guests, server, "ada", KEY):
                    pass

    asyncio.run(run())


def test_signs_of_a_finished_boot_are_where_clients_look() -> None:
    server = a_server("#cloud-config\nruncmd: ['true']\n", metadata={"role": "db"})

    async def check(visit: asyncssh.SSHClientConnection, console: str) -> None:
        assert await output(visit, "cloud-init status --wait") == "status: done\n"
        result = json.loads(await output(visit, "cat /run/cloud-init/result.json"))
        assert result["v1"]["errors"] == []
        assert await output(visit, "cat /var/lib/cloud/instance/boot-finished")
        data = await output(visit, "cat /var/lib/cloud/instance/user-data.txt")
        assert data.encode() == server.user_data
        known = json.loads(await output(visit, "cat /run/cloud-init/instance-data.json"))
        assert known["ds"]["meta_data"]["meta"] == {"role": "db"}
        assert known["v1"]["instance_id"] == server.id
        key = visit.get_server_host_key()
        assert key is not None
        assert " ".join(key.export_public_key().decode().split()[:2]) in console

    booted(server, check)


def test_ssh_is_up_while_runcmd_still_runs() -> None:
    server = a_server("#cloud-config\nruncmd: ['while [ ! -e /run/go ]; do sleep 0.1; done']\n")

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            async with a_visit(guests, server) as visit:
                assert await output(visit, "cloud-init status") == "status: running\n"
                await output(visit, "touch /run/go")
                assert await output(visit, "cloud-init status --wait") == "status: done\n"

    asyncio.run(run())


def test_connections_are_refused_before_the_boot_has_come_that_far() -> None:
    server = a_server("#cloud-config\nbootcmd: ['sleep 0.5']\n")

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(server.address, guests.ssh_port)
            async with a_visit(guests, server) as visit:
                await output(visit, "true")

    asyncio.run(run())


def test_scripts_of_a_multi_part_message_run_beside_its_cloud_config() -> None:
    message = MIMEMultipart()
    for subtype, name, text in (
        ("x-shellscript", "setup.sh", "#!/bin/sh\necho script on $(hostname) > /run/script\n"),
        ("cloud-config", "config.yaml", "#cloud-config\nhostname: multi\n"),
        ("cloud-boothook", "hook", "#cloud-boothook\n#!/bin/sh\n"),
    ):
        part = MIMEText(text, subtype)
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)

    async def check(visit: asyncssh.SSHClientConnection, console: str) -> None:
        assert await output(visit, "cat /run/script") == "script on multi\n"
        assert "cloud-boothook is not applied" in console

    booted(a_server(gzip.compress(message.as_bytes())), check)


def test_a_plain_script_runs_with_the_interpreter_it_names() -> None:
    async def check(visit: asyncssh.SSHClientConnection, console: str) -> None:
        assert "hello from BEGIN" in console
        log = await output(visit, "cat /var/log/cloud-init-output.log")
        assert "hello from BEGIN" in log

    booted(a_server('#!/usr/bin/awk -f\nBEGIN { print "hello from BEGIN" }\n'), check)


@pytest.mark.parametrize(
    ("user_data", "said"),
    [
        ("#cloud-config\nruncmd: [unclosed\n", "Failed loading yaml blob"),
        ("#cloud-config\nruncmd: {a: mapping}\n", "runcmd: expected a list of commands"),
        ("just some text", "Unhandled non-multipart"),
        (b"\x1f\x8b\x08broken", "gzip"),
        (b"\xff\xfe\x00\x01", "Unhandled non-multipart"),
    ],
)
def test_broken_user_data_is_told_on_the_console_and_the_guest_boots(
    user_data: str | bytes, said: str
) -> None:
    async def check(visit: asyncssh.SSHClientConnection, console: str) -> None:
        assert said in console
        assert await output(visit, "hostname") == "web-1\n"

    booted(a_server(user_data), check)


def test_failures_are_told_in_result_json_and_the_rest_goes_on() -> None:
    server = a_server(
        """#cloud-config
bootcmd: ['exit 3']
write_files:
- {path: /etc/hostname/impossible, content: x}
runcmd: [touch /run/later, exit 4]
"""
    )

    async def check(visit: asyncssh.SSHClientConnection, console: str) -> None:
        errors = json.loads(await output(visit, "cat /run/cloud-init/result.json"))["v1"]["errors"]
        assert [error.split("'")[1] for error in errors] == [
            "bootcmd",
            "write_files",
            "scripts_user",
        ]
        assert await output(visit, "ls /run/later") == "/run/later\n"
        assert "runcmd" in console
        assert (await visit.run("cloud-init status --wait")).exit_status == 1

    booted(server, check)


def test_keys_that_are_not_applied_are_named_on_the_console() -> None:
    async def check(_visit: asyncssh.SSHClientConnection, console: str) -> None:
        assert "'packages' is not applied" in console
        assert "'phone_home' is not applied" in console

    booted(a_server("#cloud-config\npackages: [nginx]\nphone_home: {url: x}\n"), check)


def test_what_runcmd_leaves_in_the_background_goes_on_and_may_print() -> None:
    server = a_server(
        "#cloud-config\nruncmd: ['(while [ ! -e /run/go ]; do sleep 0.1; done; echo late) &']\n"
    )

    async def run(guests: Guests) -> None:
        await guests.start(server)
        await boot_finished(guests, server)
        async with a_visit(guests, server) as visit:
            await output(visit, "touch /run/go")
            script = "until grep -q late /var/log/cloud-init-output.log; do sleep 0.05; done"
            await output(visit, script)
        assert "late" in guests.console(server.id)

    async def with_guests() -> None:
        async with some_guests("container") as guests:
            await run(guests)

    asyncio.run(with_guests())


def test_a_restarted_guest_does_not_do_again_what_is_done_once() -> None:
    server = a_server(
        "#cloud-config\nbootcmd: ['echo boot >> /root/log']\nruncmd: ['echo run >> /root/log']\n"
    )

    async def run() -> None:
        async with some_guests("container") as guests:
            await guests.start(server)
            await boot_finished(guests, server)
            await guests.restart(server.id)
            async with a_visit(guests, server) as visit:
                assert await output(visit, "cloud-init status --wait") == "status: done\n"
                assert await output(visit, "cat /root/log") == "boot\nrun\nboot\n"

    asyncio.run(run())
