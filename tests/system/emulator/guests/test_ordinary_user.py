"""Containers of an ordinary user: in a user namespace where everybody is root and nobody else."""

import asyncio
import json
import os
import shutil
import sys
import textwrap

import pytest
from tests.system.emulator.guests.visits import an_address

ACTING = textwrap.dedent(
    """
    import asyncio, json, sys
    import asyncssh
    from leasehold.emulator.guests import GuestFailed, GuestSpec, choose

    CONFIG = '''#cloud-config
    write_files:
    - {path: /usr/local/bin/hello, content: "#!/bin/sh\\\\necho hello", permissions: '0755'}
    runcmd: [touch /var/lib/ran]
    '''.replace("    ", "").encode()

    COMMANDS = [
        "id -un; hostname; pwd",
        "hello",
        "cloud-init status --wait; ls /var/lib/ran",
        "sudo -n id -u",
        "echo x > /etc/new && rm /etc/hosts && cat /etc/new",
        "cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l | xargs test 12 -gt",
        "! mount -t tmpfs none /mnt",
        "! touch /sys/x",
    ]

    async def main(address):
        try:
            guests = choose("container")
        except GuestFailed as error:
            print(json.dumps({"refused": str(error)}))
            return
        key = asyncssh.generate_private_key("ssh-ed25519")
        spec = GuestSpec(id="mine", name="mine", address=address, user_data=CONFIG,
                         public_keys=(key.export_public_key().decode().strip(),), metadata={})
        answers = []
        try:
            await guests.start(spec)
            while True:
                try:
                    visit = await asyncssh.connect(
                        address, guests.ssh_port, username="debian", client_keys=[key],
                        known_hosts=None, config=None)
                    break
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
            async with visit:
                for command in COMMANDS:
                    result = await visit.run(command)
                    answers.append([result.exit_status, result.stdout])
        finally:
            await guests.close()
        print(json.dumps({"answers": answers, "port": guests.ssh_port, "reason": guests.reason}))

    asyncio.run(main(*sys.argv[1:]))
    """
)


def as_an_ordinary_user() -> list[str]:
    """Words before a command that make it run without root's rights.

    Of those it keeps the one to read files, because the interpreter may lie in root's home.
    """
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv of util-linux is needed to give up root's rights")
    words = ["setpriv", "--reuid", "61234", "--regid", "61234", "--clear-groups"]
    return [*words, "--inh-caps", "-all,+dac_read_search", "--ambient-caps", "+dac_read_search"]


def test_an_ordinary_user_gets_containers_where_the_kernel_allows_it() -> None:
    async def act() -> dict[str, object]:
        acting = await asyncio.create_subprocess_exec(
            *as_an_ordinary_user(),
            *(sys.executable, "-W", "error", "-c", ACTING, an_address()),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": "/tmp", "LOGNAME": "tester", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        out, err = await acting.communicate()
        assert acting.returncode == 0, err.decode()
        assert err == b""
        answer: dict[str, object] = json.loads(out)
        return answer

    answer = asyncio.run(act())
    if "refused" in answer:
        pytest.skip(str(answer["refused"]))
    assert answer["answers"] == [
        [0, "root\nmine\n/home/debian\n"],
        [0, "hello\n"],
        [0, "status: done\n/var/lib/ran\n"],
        [0, "0\n"],
        [0, "x\n"],
        [0, "init\n"],
        [0, ""],
        [0, ""],
    ]
    assert "ordinary user" in str(answer["reason"])
