"""The accounts of a guest: read and added in its /etc, as useradd would.

Read from the files themselves: the name service of the host, loaded before the guest was forked,
would answer for the host.
"""

import contextlib
import os
import shutil
import stat
from pathlib import Path

import msgspec

from .messages import Account

_PASSWD, _GROUP = Path("/etc/passwd"), Path("/etc/group")
_SHADOW, _SUDOERS = Path("/etc/shadow"), Path("/etc/sudoers.d/90-cloud-init-users")
_FIRST_UID = 1000
_LARGEST_KEY_FILE = 1 << 20
_LOCKED = "!:19000:0:99999:7:::"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Who a program runs as."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    groups: tuple[int, ...]
    sudo: bool = False
    """Whether it may become root without a password."""


def find(name: str) -> Login | None:
    """Look an account up by name. Raises OSError, or ValueError for nonsense in /etc/passwd."""
    for fields in _records(_PASSWD, 7):
        if fields[0] == name:
            groups = [int(group[2]) for group in _records(_GROUP, 4) if name in group[3].split(",")]
            gid = int(fields[3])
            return Login(
                name=name,
                uid=int(fields[2]),
                gid=gid,
                home=fields[5] or "/",
                shell=fields[6] or "/bin/sh",
                groups=tuple(dict.fromkeys([gid, *groups])),
                sudo=name in _sudoers(),
            )
    return None


def authorized_keys(login: Login) -> tuple[str, ...]:
    """Read the account's key file as it is now: whoever adds a line there can sign in."""
    path = Path(login.home) / ".ssh/authorized_keys"
    try:
        # Not blocking: a fifo there must not hold up the guest's init.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ()
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_KEY_FILE:
            return ()
        return tuple(file.read().decode(errors="replace").splitlines())


def add_group(name: str, members: tuple[str, ...], *, many_users: bool) -> None:
    """Make a group, or add members to it."""
    lines = _GROUP.read_text().splitlines()
    for number, line in enumerate(lines):
        fields = line.split(":")
        if fields[0] == name:
            known = [member for member in fields[3].split(",") if member]
            fields[3] = ",".join(dict.fromkeys([*known, *members]))
            lines[number] = ":".join(fields)
            break
    else:
        gid = _free_id(_GROUP) if many_users else 0
        lines.append(f"{name}:x:{gid}:{','.join(members)}")
    _replace(_GROUP, lines)


def add_account(account: Account, *, many_users: bool) -> str | None:
    """Make the account where there is none, and give it its keys and sudo rules.

    Returns a line for the console if it existed. Without ``many_users`` everybody has id 0,
    the only one there is; names and homes still differ. Raises OSError.
    """
    login, existed = find(account.name), None
    if login is None:
        login = _make(account, many_users=many_users)
    elif account.name != "root":
        existed = f"User {account.name} already exists, skipping create"
    for group in account.groups:
        add_group(group, (account.name,), many_users=many_users)
    if account.sudo:
        _add_lines(_SUDOERS, [f"{account.name} {rule}" for rule in account.sudo], mode=0o440)
    if account.keys:
        _add_keys(login, account.keys)
    return existed


def lock_passwords() -> None:
    """Forget the host's passwords: nobody signs in to a new server with one."""
    names = [fields[0] for fields in _records(_PASSWD, 7)]
    _replace(_SHADOW, [f"{name}:{_LOCKED}" for name in names])
    _SHADOW.chmod(0o640)


def owner_ids(owner: str) -> tuple[int, int]:
    """Read ``user:group`` as ids, -1 where it is not given. Raises OSError for unknown names."""
    user, _, group = owner.partition(":")
    uid = gid = -1
    if user and user != "-1":
        login = find(user)
        if login is None:
            raise OSError(f"Unknown user or group: no user {user!r}")
        uid = login.uid
    if group and group != "-1":
        gids = [int(fields[2]) for fields in _records(_GROUP, 4) if fields[0] == group]
        if not gids:
            raise OSError(f"Unknown user or group: no group {group!r}")
        gid = gids[0]
    return uid, gid


def _make(account: Account, *, many_users: bool) -> Login:
    uid = 0
    if many_users:
        uid = _free_id(_PASSWD) if account.uid is None else account.uid
    if not any(fields[0] == account.name for fields in _records(_GROUP, 4)):
        add_group(account.name, (), many_users=many_users)
    gid = next(int(fields[2]) for fields in _records(_GROUP, 4) if fields[0] == account.name)
    home = account.home or f"/home/{account.name}"
    record = [account.name, "x", str(uid), str(gid), account.gecos, home, account.login_shell]
    _replace(_PASSWD, [*_PASSWD.read_text().splitlines(), ":".join(record)])
    _add_lines(_SHADOW, [f"{account.name}:{_LOCKED}"], mode=0o640)
    if account.create_home and not Path(home).is_dir():
        _make_home(Path(home), uid, gid)
    login = find(account.name)
    if login is None:
        raise OSError(f"The account {account.name!r} could not be read back from /etc/passwd")
    return login


def _make_home(home: Path, uid: int, gid: int) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        shutil.copytree("/etc/skel", home, symlinks=True)
    home.mkdir(exist_ok=True)
    home.chmod(0o750)
    for place, directories, files in os.walk(home):
        for name in (".", *directories, *files):
            os.chown(Path(place, name), uid, gid, follow_symlinks=False)


def _add_keys(login: Login, keys: tuple[str, ...]) -> None:
    directory = Path(login.home) / ".ssh"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / "authorized_keys"
    known = path.read_text().splitlines() if path.exists() else []
    _add_lines(path, [key for key in dict.fromkeys(keys) if key not in known], mode=0o600)
    for changed in (directory, path):
        os.chown(changed, login.uid, login.gid)


def _sudoers() -> set[str]:
    try:
        rules = (line.split() for line in _SUDOERS.read_text().splitlines())
        return {rule[0] for rule in rules if any("NOPASSWD" in word for word in rule[1:])}
    except OSError:
        return set()


def _free_id(path: Path) -> int:
    taken = {int(fields[2]) for fields in _records(path, 3)}
    return next(number for number in range(_FIRST_UID, 1 << 16) if number not in taken)


def _records(path: Path, fields: int) -> list[list[str]]:
    records = (line.split(":") for line in path.read_text(errors="replace").splitlines())
    return [record for record in records if len(record) >= fields and record[2].isdecimal()]


def _add_lines(path: Path, lines: list[str], mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(line + "\n" for line in lines)
    path.chmod(mode)


def _replace(path: Path, lines: list[str]) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text("".join(line + "\n" for line in lines))
    fresh.replace(path)
    path.chmod(0o644)
