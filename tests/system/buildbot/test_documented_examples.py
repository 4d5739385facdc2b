"""The three examples of Buildbot's manual run as they stand there, but for the import."""

import textwrap
from pathlib import Path

import pytest

from leasehold.emulator import Delays, Emulator, fixed
from leasehold.openstack import connect
from tests.system.buildbot.masters import SUCCESS, a_baked_in_worker, a_master

EXAMPLES = {
    "simplest": """
        c['workers'] = [
            worker.OpenStackLatentWorker('bot2', 'sekrit',
                        flavor=1, image='8ac9d4a4-5e03-48b0-acde-77a0345a9ab1',
                        os_username='user', os_password='password',
                        os_tenant_name='tenant',
                        os_auth_url='http://127.0.0.1:35357/v2.0')
        ]
        """,
    "callable": """
        def find_image(images):
            # Sort oldest to newest.
            candidate_images = sorted(images, key=lambda x: x.created)
            # Return the oldest candiate image.
            return candidate_images[0]

        c['workers'] = [
            worker.OpenStackLatentWorker('bot2', 'sekrit',
                        flavor=1, image=find_image,
                        os_username='user', os_password='password',
                        os_tenant_name='tenant',
                        os_auth_url='http://127.0.0.1:35357/v2.0')
        ]
        """,
    "block devices": """
        c['workers'] = [
            worker.OpenStackLatentWorker('bot2', 'sekrit',
                        flavor=1, image='8ac9d4a4-5e03-48b0-acde-77a0345a9ab1',
                        os_username='user', os_password='password',
                        os_tenant_name='tenant',
                        os_auth_url='http://127.0.0.1:35357/v2.0',
                        block_devices=[
                            {'uuid': '3f0b8868-67e7-4a5b-b685-2824709bd486',
                            'volume_size': 10}])
        ]
        """,
}


def in_the_plugins_place(example: str) -> str:
    """The example with the one change that a move takes: where the class comes from."""
    return (
        "import types; from leasehold.buildbot import OpenStackLatentWorker\n"
        "worker = types.SimpleNamespace(OpenStackLatentWorker=OpenStackLatentWorker)\n"
        + textwrap.dedent(example)
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_manual_builds(name: str, tmp_path: Path) -> None:
    delays = Delays(boot=fixed(0.5), delete=fixed(0.2), volume=fixed(0.1))
    with Emulator(delays=delays, seed=1) as emulator:
        with connect(
            auth_url=emulator.auth_url, username="demo", password="demo", project_name="demo"
        ) as cloud:
            image = next(cloud.image.images(name="debian-12")).id
        text = in_the_plugins_place(EXAMPLES[name])
        for written, here in (
            ("8ac9d4a4-5e03-48b0-acde-77a0345a9ab1", image),
            ("3f0b8868-67e7-4a5b-b685-2824709bd486", image),
            ("http://127.0.0.1:35357/v2.0", f"{emulator.url}/identity/v2.0"),
            ("'user'", "'demo'"),
            ("'password'", "'demo'"),
            ("'tenant'", "'demo'"),
        ):
            text = text.replace(written, here)
        with a_master(tmp_path / "master", text) as master:
            request = master.force("bot2")
            servers = lambda: emulator.leftovers().servers  # noqa: E731
            with a_baked_in_worker(tmp_path / "worker", master, "bot2", servers):
                build = master.done(request)
            assert build["results"] == SUCCESS
            assert master.properties(build)["flavor"] == "tiny"
            assert len(emulator.leftovers().volumes) == (1 if name == "block devices" else 0)
            master.stop()
        assert emulator.leftovers().nothing
