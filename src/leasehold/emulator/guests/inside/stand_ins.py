"""Programs that every cloud image has and the host may lack, as small shell scripts."""

from pathlib import Path

SUDO = """\
#!/bin/sh
# Stands in for sudo, which this machine lacks. A session of a user with sudo rights is started
# with the capability to change its user id; that is all this uses.
user=root login= shell=
while [ $# -gt 0 ]; do
    case "$1" in
        -u | --user) user=$2; shift ;;
        -u*) user=${1#-u} ;;
        --user=*) user=${1#--user=} ;;
        -g | -p | -C | -D | -h | -r | -t | -T) shift ;;
        -i | --login) login=1 ;;
        -s | --shell) shell=1 ;;
        -V | --version) echo "sudo: stand-in of the Leasehold emulator"; exit 0 ;;
        -k | -K | -v | -l) [ $# -eq 1 ] && exit 0 ;;
        --) shift; break ;;
        -*) ;;
        [A-Za-z_]*=*) export "$1" ;;
        *) break ;;
    esac
    shift
done
entry=$(grep "^$user:" /etc/passwd) || { echo "sudo: unknown user $user" >&2; exit 1; }
rest=${entry#*:*:} uid=${rest%%:*} rest=${rest#*:} gid=${rest%%:*} rest=${rest#*:*:}
home=${rest%%:*} program=${rest#*:}
SUDO_USER=${LOGNAME:-$(id -un)} SUDO_UID=$(id -u) SUDO_GID=$(id -g)
export SUDO_USER SUDO_UID SUDO_GID
export HOME="$home" USER="$user" LOGNAME="$user" SHELL="$program"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ -n "$login$shell" ]; then
    if [ $# -gt 0 ]; then set -- "$program" -c "$*"; else set -- "$program"; fi
fi
[ -n "$login" ] && set -- /bin/sh -c 'cd && exec "$@"' sh "$@"
[ $# -eq 0 ] && { echo "usage: sudo [-u user] [-i | -s] [VAR=value] command" >&2; exit 1; }
[ "$(id -u)" = "$uid" ] && exec "$@"
setpriv --reuid "$uid" --regid "$gid" --init-groups true 2>/dev/null || {
    echo "sudo: $SUDO_USER is not in the sudoers file." >&2; exit 1; }
exec setpriv --reuid "$uid" --regid "$gid" --init-groups --inh-caps=-all --ambient-caps=-all -- "$@"
"""

CLOUD_INIT = """\
#!/bin/sh
# The part of cloud-init's command that scripts wait with.
case "$1" in
    status) shift ;;
    --version | -v) echo "cloud-init (Leasehold emulator)"; exit 0 ;;
    *) echo "cloud-init: the emulator's guests know only: cloud-init status [--wait] [--long]" >&2
       exit 2 ;;
esac
result=/run/cloud-init/result.json
for option in "$@"; do
    [ "$option" = --wait ] || [ "$option" = -w ] || continue
    until [ -e $result ]; do sleep 0.1; done
done
if [ ! -e $result ]; then echo "status: running"; exit 0; fi
if grep -q '"errors": \\[\\]' $result; then echo "status: done"; exit 0; fi
echo "status: error"
exit 1
"""


def install(*, many_users: bool) -> None:
    """Put them where the host has nothing, or nothing that works in a guest."""
    _write("/usr/bin/cloud-init", CLOUD_INIT)
    # Where there is one user only, setuid programs are not honoured.
    if not many_users or not Path("/usr/bin/sudo").exists():
        _write("/usr/bin/sudo", SUDO)


def sudo_stands_in() -> bool:
    """Whether this guest's sudo is ours, and sessions need capabilities for it."""
    try:
        with Path("/usr/bin/sudo").open("rb") as file:
            return file.read(len(SUDO) + 1) == SUDO.encode()
    except OSError:
        return False


def _write(path: str, content: str) -> None:
    target = Path(path)
    target.unlink(missing_ok=True)
    target.write_text(content)
    target.chmod(0o755)
