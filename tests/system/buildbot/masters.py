"""A real buildmaster as a process of its own, driven over its REST API."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
PATIENCE = 90.0
"""Seconds for anything that takes a moment, on a machine that is busy with other things."""

SUCCESS, EXCEPTION, RETRY, CANCELLED = 0, 4, 5, 6
"""Results of builds, as Buildbot counts them."""

CONFIG = """
from buildbot.plugins import schedulers, steps, util, worker
from leasehold.buildbot import OpenStackLatentWorker

MASTER = "127.0.0.1:{worker_port}"
c = BuildmasterConfig = dict(
    protocols=dict(pb=dict(port="tcp:{worker_port}:interface=127.0.0.1")),
    www=dict(port="tcp:{web_port}:interface=127.0.0.1"),
    db=dict(db_url="sqlite:///state.sqlite"),
    buildbotNetUsageData=None,
    collapseRequests=False,
)
{workers}
c["builders"] = [
    util.BuilderConfig(
        name=each.name,
        workernames=[each.name],
        factory=util.BuildFactory([{step}]),
    )
    for each in c["workers"]
]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=[each.name for each in c["workers"]])
]
"""


class Master:
    """One builder for each worker, of the same name; each runs one command."""

    def __init__(
        self,
        directory: Path,
        workers: str,
        *,
        step: str = "steps.ShellCommand(command='echo built')",
    ) -> None:
        """`workers` is Python that sets ``c["workers"]``, `step` the only step of each build."""
        self.directory = directory
        self.web_port, self.worker_port = free_port(), free_port()
        self.step = step
        self._builders: dict[str, int] = {}
        subprocess.run(
            [BIN / "buildbot", "create-master", "--log-count", "0", directory],
            check=True,
            capture_output=True,
        )
        self.configure(workers)
        self.start()

    def configure(self, workers: str) -> None:
        text = CONFIG.format(
            workers=textwrap.dedent(workers),
            web_port=self.web_port,
            worker_port=self.worker_port,
            step=self.step,
        )
        (self.directory / "master.cfg").write_text(text)

    def start(self) -> None:
        with (self.directory / "output").open("ab") as output:  # what it says before it logs
            self.process = subprocess.Popen(
                [BIN / "twistd", "--nodaemon", "--logfile=-", "--python=buildbot.tac"],
                cwd=self.directory,
                stdout=output,
                stderr=output,
            )
        self.wait(lambda: self.answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(PATIENCE)

    def reconfigure(self, workers: str) -> None:
        self.configure(workers)
        done = self.log().count("configuration update complete")
        self.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.log().count("configuration update complete") > done)

    def log(self) -> str:
        return (self.directory / "twistd.log").read_text()

    def wait(self, until: Any, seconds: float = PATIENCE) -> Any:
        """Wait until something is true; what it was."""
        end = time.monotonic() + seconds
        while not (found := until()):
            assert time.monotonic() < end, self.log()[-8000:]
            time.sleep(0.05)
        return found

    # -- the API ---------------------------------------------------------------------------------

    def answers(self) -> bool:
        try:
            self.get("masters")
        except OSError:
            return False
        return "BuildMaster is running" in self.log()

    def get(self, path: str) -> Any:
        return self._call("GET", f"/api/v2/{path}")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=PATIENCE)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return json.loads(answer.read())
        finally:
            connection.close()

    def _control(self, path: str, method: str, **params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self._call("POST", f"/api/v2/{path}", body)
        assert "error" not in answer, answer
        return answer["result"]

    def force(self, builder: str) -> int:
        """Ask for a build; the id of its request."""
        if builder not in self._builders:
            self._builders[builder] = self.get(f"builders/{builder}")["builders"][0]["builderid"]
        found = self._builders[builder]
        _, requests = self._control("forceschedulers/force", "force", builderid=found)
        return int(requests[str(found)])

    def builds(self, request: int) -> list[dict[str, Any]]:
        """The builds of a request: more than one if it was tried again."""
        found = self.get(f"buildrequests/{request}/builds")["builds"]
        return sorted(found, key=lambda each: each["buildid"])

    def build(self, request: int) -> dict[str, Any]:
        """The first build of a request, when it has begun."""
        return self.wait(lambda: self.builds(request))[0]

    def ended(self, request: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """The first build of a request, when it has ended."""
        return self.wait(lambda: [b for b in self.builds(request)[:1] if b["complete"]], seconds)[0]

    def done(self, request: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """The last build of a request, when that has ended for good."""
        self.wait(lambda: self.is_complete(request), seconds)
        return self.builds(request)[-1]

    def is_complete(self, request: int) -> bool:
        """Whether a request has ended for good."""
        return bool(self.get(f"buildrequests/{request}")["buildrequests"][0]["complete"])

    def cancel(self, build: dict[str, Any]) -> None:
        self._control(f"builds/{build['buildid']}", "stop", reason="no need")

    def properties(self, build: dict[str, Any]) -> dict[str, Any]:
        """What a build tells of its server."""
        found = self.get(f"builds/{build['buildid']}/properties")["properties"][0]
        return {
            name.removeprefix("leasehold_"): value
            for name, (value, _) in found.items()
            if name.startswith("leasehold_")
        }

    def state(self, build: dict[str, Any]) -> str:
        return str(self.get(f"builds/{build['buildid']}")["builds"][0]["state_string"])

    def worker_info(self, name: str) -> dict[str, Any]:
        return dict(self.get(f"workers/{name}")["workers"][0]["workerinfo"])


@contextmanager
def a_master(directory: Path, workers: str, **options: Any) -> Iterator[Master]:
    """A master for the length of a block."""
    master = Master(directory, workers, **options)
    try:
        yield master
    finally:
        master.stop(signal.SIGKILL)


@contextmanager
def a_baked_in_worker(
    directory: Path, master: Master, name: str, server: Callable[[], object]
) -> Iterator[None]:
    """The worker that the manual expects in an image: it knows its name and the password `sekrit`.

    It starts when there is a server, as it would in there: one that comes uncalled is sent away.
    """
    master.wait(server)
    where = f"127.0.0.1:{master.worker_port}"
    subprocess.run(
        [
            BIN / "buildbot-worker",
            "create-worker",
            "--maxdelay=1",
            directory,
            where,
            name,
            "sekrit",
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [BIN / "twistd", "--nodaemon", "--python=buildbot.tac", "--logfile=-"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
