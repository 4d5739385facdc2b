"""Debian's own dockerd and podman, for a test: no network, no image from anywhere."""

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.disks import need_program
from tests.system.datasets.agent.stand_in import until

IMAGE = "leasehold-test"
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
"""A container inside of a container may not raise its limits."""


def an_image(directory: Path) -> Path:
    """A tar with busybox as all its programs, and no /data: Docker would give its owner to a volume."""
    need_program("busybox", "busybox-static")
    path = directory / "image.tar"
    busybox = Path(shutil.which("busybox") or "").resolve()
    with tarfile.open(path, "w") as tar:
        for name in ("bin", "tmp", "etc"):
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        info = tarfile.TarInfo("bin/busybox")
        text = busybox.read_bytes()
        info.size, info.mode = len(text), 0o755
        tar.addfile(info, io.BytesIO(text))
        for name in ("sh", "cat", "sleep", "echo", "id"):
            info = tarfile.TarInfo(f"bin/{name}")
            info.type, info.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(info)
    return path


class Dockerd:
    """A daemon of the test's own; its plugins are the machine's, for Docker has one place for them."""

    def __init__(self, directory: Path) -> None:
        need_program("dockerd", "docker.io")
        need_program("docker", "docker.io")
        self.directory = directory
        self.socket = f"unix://{directory}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        command = ["docker", "-H", self.socket, "import", str(an_image(directory)), IMAGE]
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        there = self.directory
        command = ["dockerd", "-H", self.socket, "--data-root", f"{there}/data"]
        command += ["--exec-root", f"{there}/exec", "-p", f"{there}/docker.pid"]
        command += ["--iptables=false", "--ip6tables=false", "--bridge=none"]
        command += ["--storage-driver=vfs"]
        with (there / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self.run("info", check=False).returncode == 0, 60)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["docker", "-H", self.socket, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert not check or done.returncode == 0, done.stderr + self.log()
        return done

    def log(self) -> str:
        return (self.directory / "dockerd.log").read_text()[-3000:]


class Podman:
    """With storage of the test's own, and the plugins that it is told of."""

    def __init__(self, directory: Path, plugins: dict[str, Path]) -> None:
        need_program("podman", "podman")
        self.directory = directory
        config = directory / "containers.conf"
        drivers = "".join(f"{name} = {json.dumps(str(path))}\n" for name, path in plugins.items())
        config.write_text(
            '[engine]\nevents_logger = "none"\ncgroup_manager = "cgroupfs"\n'
            f"[engine.volume_plugins]\n{drivers}"
        )
        self._environment = {**os.environ, "CONTAINERS_CONF": str(config)}
        self.run("import", str(an_image(directory)), IMAGE)

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        there = self.directory
        command = ["podman", "--root", f"{there}/root", "--runroot", f"{there}/run"]
        command += ["--tmpdir", f"{there}/tmp", "--storage-driver", "vfs", *words]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env=self._environment,
        )
        assert not check or done.returncode == 0, done.stderr
        return done
