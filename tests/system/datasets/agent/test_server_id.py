"""Which server this is: by its configuration, a config drive, the metadata service."""

import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.datasets.agent.errors import InstanceUnknown
from leasehold.datasets.agent.server_id import from_config_drive, from_metadata_service, server_id
from tests.disks import need_loop_devices, need_program

ID = "0d8f1f32-7cd5-4a2b-9d2e-0123456789ab"
NOWHERE = "http://127.0.0.1:9/openstack/latest/meta_data.json"


class Metadata(http.server.BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, bytes]] = {
        "/ok": (200, json.dumps({"uuid": ID.upper(), "name": "web"}).encode()),
        "/not-found": (404, b""),
        "/not-json": (200, b"<html>"),
        "/without": (200, b'{"name": "web"}'),
        "/no-uuid": (200, b'{"uuid": "i-00000001"}'),
    }

    def do_GET(self) -> None:
        status, body = self.answers[self.path]
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_metadata_service_tells_the_id(service: str):
    assert from_metadata_service(f"{service}/ok") == ID


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/not-found", "it answers 404"),
        ("/not-json", "no metadata"),
        ("/without", "missing required field `uuid`"),
        ("/no-uuid", "found 'i-00000001'; allowed: a server's UUID"),
    ],
)
def test_what_the_metadata_service_tells_wrongly_is_told(service: str, path: str, told: str):
    with pytest.raises(InstanceUnknown, match=told):
        from_metadata_service(service + path)


def test_an_id_that_is_configured_is_not_asked_for(service: str):
    assert server_id(ID, NOWHERE) == ID
    with pytest.raises(InstanceUnknown, match="server_id of the configuration: found 'web'"):
        server_id("web", NOWHERE)


def test_where_nothing_tells_it_each_way_is_named():
    with pytest.raises(InstanceUnknown) as caught:
        server_id(None, NOWHERE)
    told = str(caught.value)
    assert "config drive: no disk is labelled config-2" in told
    assert "127.0.0.1:9" in told
    assert "Connection refused" in told
    assert 'server_id = "..."' in told


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Path]:
    """A disk such as Nova gives to a server, yet empty; `fill` it."""
    need_loop_devices()
    need_program("mkfs.ext4", "e2fsprogs")
    image = tmp_path / "drive"
    with image.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-L", "config-2", image], check=True)
    command = ["losetup", "--find", "--show", str(image)]
    device = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    yield Path(device)
    subprocess.run(["losetup", "--detach", device], check=True)


def fill(drive: Path, place: Path, text: str) -> None:
    place.mkdir()
    subprocess.run(["mount", drive, place], check=True)
    latest = place / "openstack/latest"
    latest.mkdir(parents=True)
    (latest / "meta_data.json").write_text(text)
    subprocess.run(["umount", place], check=True)


def test_a_config_drive_tells_the_id_and_is_unmounted_again(drive: Path, tmp_path: Path):
    fill(drive, tmp_path / "place", json.dumps({"uuid": ID}))
    assert server_id(None, NOWHERE) == ID
    assert str(drive) not in Path("/proc/mounts").read_text()


def test_a_config_drive_without_the_document_or_with_another_is_told(drive: Path, tmp_path: Path):
    with pytest.raises(InstanceUnknown, match=r"meta_data\.json: No such file"):
        from_config_drive()
    fill(drive, tmp_path / "place", "{}")
    with pytest.raises(InstanceUnknown, match="no metadata"):
        from_config_drive()
