"""Carries out the stages of cloud-init, in a process of their own inside the guest.

Order, places and wording that programs look for are those of cloud-init 24; the work is ours.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import accounts, kernel, stand_ins, tee
from .messages import Early, FileToWrite, Late, Script, Stage
from .program import PATH, close_all_but, default_signals

_CLOUD, _RUN = Path("/var/lib/cloud"), Path("/run/cloud-init")
_INSTANCE = _CLOUD / "instance"
_LOG = "/var/log/cloud-init-output.log"
_DATASOURCE = "DataSourceOpenStackLocal [net,ver=2]"
_FAILURES = _RUN / "failures"


def take(stage: Stage, console: int, *, many_users: bool) -> int:
    """Take the stage; returns 1 if anything in it failed. The guest goes on all the same."""
    kernel.name_process("cloud-init")
    close_all_but(0, 1, 2, console)
    _settle(console)
    steps = _Steps(many_users)
    if isinstance(stage, Early):
        _early(stage, steps)
    else:
        _late(stage, steps)
    sys.stdout.flush()
    return 1 if steps.failures else 0


class _Steps:
    """Runs steps and notes which failed; one failure does not keep the next from running."""

    def __init__(self, many_users: bool) -> None:
        self.many_users = many_users
        self.failures: list[str] = []

    def do(self, module: str, step: Callable[[], None]) -> None:
        """Run a step under the name of cloud-init's module for it."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - user-data may ask for anything
            detail = f"{type(error).__name__}: {error}"
            say(f"[WARNING]: Running module {module} failed: {detail}")
            self.failures.append(f"('{module}', {error!r})")


def say(text: str) -> None:
    """Print a line to console and log."""
    print(f"cloud-init{'' if text.startswith('[') else ': '}{text}", flush=True)


def _settle(console: int) -> None:
    os.setsid()
    default_signals()
    Path(_LOG).parent.mkdir(parents=True, exist_ok=True)
    output = tee.start(console, _LOG)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nothing, output, output)):
        os.dup2(descriptor, number)
    close_all_but(0, 1, 2)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - stays open for the process's life
    os.environ.clear()
    os.environ.update({"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"})
    os.chdir("/")
    os.umask(0o022)


def _early(stage: Early, steps: _Steps) -> None:
    _announce("init")
    steps.do("instance_data", lambda: _describe(stage))
    if stage.first_boot:
        steps.do("instance", lambda: _record(stage))
        steps.do("stand_ins", lambda: stand_ins.install(many_users=steps.many_users))
        steps.do("passwords", accounts.lock_passwords)
    for note in stage.notes:
        say(note)
    steps.do("update_etc_hosts", lambda: _name(stage))
    if stage.bootcmd is not None:
        command = stage.bootcmd
        steps.do("bootcmd", lambda: _shell(command, stage.instance))
    if stage.first_boot:
        steps.do("write_files", lambda: _write_files(stage.files))
        steps.do("users_groups", lambda: _users(stage, steps))
        if stage.host_key:
            steps.do("ssh", lambda: _host_key(stage.host_key))
    _remember_failures(steps.failures)


def _late(stage: Late, steps: _Steps) -> None:
    _announce("modules:final")
    if stage.first_boot:
        steps.do("write_files_deferred", lambda: _write_files(stage.files))
        steps.do("scripts_user", lambda: _run_scripts(stage.scripts))
    when, up = _clock()
    finished = f"{up:.2f} - {when} - v. leasehold\n"
    say(f"finished at {when}. Datasource {_DATASOURCE}. Up {up:.2f} seconds")
    failures = [*stage.failures, *_remembered_failures(), *steps.failures]
    (_INSTANCE / "boot-finished").write_text(finished)
    _report(failures)


def _announce(name: str) -> None:
    when, up = _clock()
    say(f"running '{name}' at {when}. Up {up:.2f} seconds.")
    _RUN.mkdir(exist_ok=True)


def _clock() -> tuple[str, float]:
    """Tell the time as cloud-init prints it, and how long this guest's process 1 has run."""
    started = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    up = time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
    return time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()), max(up, 0.0)


def _record(stage: Early) -> None:
    instance = _CLOUD / "instances" / stage.instance
    (instance / "scripts").mkdir(parents=True)
    (_CLOUD / "data").mkdir()
    _INSTANCE.symlink_to(instance)
    _write(_INSTANCE / "user-data.txt", stage.user_data, 0o600)
    _write(_INSTANCE / "datasource", f"{_DATASOURCE}\n".encode())
    _write(_CLOUD / "data/instance-id", f"{stage.instance}\n".encode())
    Path("/etc/machine-id").write_text(f"{os.urandom(16).hex()}\n")  # not the host's


def _describe(stage: Early) -> None:
    metadata = {
        "uuid": stage.instance,
        "hostname": stage.fqdn,
        "name": stage.hostname,
        "meta": stage.metadata,
    }
    known = {"instance_id": stage.instance, "local_hostname": stage.hostname}
    data = {
        "ds": {"meta_data": metadata},
        "v1": {**known, "cloud_name": "openstack", "platform": "openstack", "region": None},
    }
    _write(_RUN / "instance-data.json", json.dumps(data, indent=1).encode())
    _write(_RUN / "instance-id", f"{stage.instance}\n".encode())


def _name(stage: Early) -> None:
    Path("/etc/hostname").write_text(stage.hostname + "\n")
    hosts = Path("/etc/hosts")
    names = " ".join(dict.fromkeys((stage.fqdn, stage.hostname)))
    known = hosts.read_text().splitlines() if hosts.exists() else []
    kept = [line for line in known if line.split()[:1] not in (["127.0.1.1"], [stage.address])]
    # As the host's other names, so that its resolver's order is kept.
    hosts.write_text("\n".join([*kept, f"{stage.address} {names}"]) + "\n")


def _write_files(files: tuple[FileToWrite, ...]) -> None:
    for file in files:
        path = Path(file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab" if file.append else "wb") as target:
            target.write(file.content)
        os.chown(path, *accounts.owner_ids(file.owner))
        path.chmod(file.permissions)


def _users(stage: Early, steps: _Steps) -> None:
    for name, members in stage.groups.items():
        accounts.add_group(name, (), many_users=steps.many_users)
        if members:
            accounts.add_group(name, members, many_users=steps.many_users)
    for account in stage.accounts:
        existed = accounts.add_account(account, many_users=steps.many_users)
        if existed:
            say(f"[WARNING]: {existed}")
        say(f"ci-info: authorized keys of {account.name}: {len(account.keys)}")


def _host_key(line: str) -> None:
    _write(Path("/etc/ssh/ssh_host_ed25519_key.pub"), f"{line}\n".encode())
    print("-----BEGIN SSH HOST KEY KEYS-----", line, "-----END SSH HOST KEY KEYS-----", sep="\n")


def _shell(script: str, instance: str) -> None:
    outcome = subprocess.run(
        ["/bin/sh", "-c", script], env={**os.environ, "INSTANCE_ID": instance}, check=False
    )
    if outcome.returncode:
        raise RuntimeError(f"bootcmd ended with exit code {outcome.returncode}")


def _run_scripts(scripts: tuple[Script, ...]) -> None:
    failed = []
    for script in sorted(scripts, key=lambda script: script.name):
        path = _INSTANCE / "scripts" / script.name
        _write(path, script.content, 0o700)
        try:
            code = subprocess.run([path], check=False).returncode
        except OSError as error:
            say(f"[WARNING]: Failed to run {path}: {error.strerror}")
            code = 126
        if code:
            say(f"[WARNING]: Failed running {path} [{code}]")
            failed.append(script.name)
    if failed:
        names = ",".join(failed)
        raise RuntimeError(
            f"Runparts: {len(failed)} failures ({names}) in {len(scripts)} attempted commands"
        )


def _remember_failures(failures: list[str]) -> None:
    if failures:
        _FAILURES.write_text(json.dumps(failures))


def _remembered_failures() -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return [str(failure) for failure in json.loads(_FAILURES.read_text())]
    return []


def _report(failures: list[str]) -> None:
    result = {"v1": {"datasource": _DATASOURCE, "errors": failures}}
    status = {"v1": {"datasource": _DATASOURCE, "stage": None, "errors": failures}}
    (_CLOUD / "data").mkdir(parents=True, exist_ok=True)
    for name, content in (("status", status), ("result", result)):
        path = _CLOUD / "data" / f"{name}.json"
        # Renamed into place: whoever waits for the file must never read half of it.
        _write(path.with_suffix(".new"), (json.dumps(content, indent=1) + "\n").encode())
        path.with_suffix(".new").replace(path)
        link = _RUN / f"{name}.json"
        link.unlink(missing_ok=True)
        link.symlink_to(path)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
