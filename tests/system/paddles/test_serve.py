"""Both listeners of one service, as a process: what is locked through one is seen through the other."""

import json
from pathlib import Path

from leasehold.service.fingerprints import fingerprint
from tests.system.cli.commands import Command
from tests.system.paddles.serving import Client, a_service

CONFIG = """
[service]
listen = "127.0.0.1:0"

[machine_types.metal]
kind = "fixed"
ready = "none"
nodes = 2

[paddles]
"""


def test_a_lock_through_paddles_api_is_a_lease_like_any_other(tmp_path: Path):
    leasehold = Command(tmp_path, "")
    with (
        a_service(leasehold, CONFIG + 'listen = "127.0.0.1:0"\n') as served,
        Client(served.url) as paddles,
    ):
        got = paddles.ok(paddles.lock_many(1, machine_type="metal", description="/run/7"))
        shown = json.loads(leasehold("leases", "--json").stdout)
        assert [lease["purpose"] for lease in shown] == ["/run/7"]
        assert shown[0]["nodes"][0]["name"] == got[0]["name"]
        assert shown[0]["until"] is None
        done = leasehold("lock", "--type", "metal", "--owner", "bob@lab")
        assert done.returncode == 0, done.stderr
        assert paddles.refused(503, paddles.lock_many(1, machine_type="metal"))
        paddles.ok(paddles.lock(got[0]["name"], locked=False, locked_by="ann@lab"))
        written = json.loads(leasehold("audit-log", "--json").stdout)
        mine = [entry for entry in written if entry["role"] == "paddles"]
        assert [(e["action"], e["owner"], e["target"], e["code"]) for e in mine] == [
            ("paddles.unlock", "ann@lab", got[0]["name"], None),
            ("paddles.lock_many", "ann@lab", "1 metal", "refused"),
            ("paddles.lock_many", "ann@lab", f"{shown[0]['id']}: 1 metal", None),
        ]
        assert {entry["address"] for entry in mine} == {"127.0.0.1"}
        (held,) = paddles.get("/nodes/", locked="1", machine_type="metal")
        assert held["locked_by"] == "bob@lab"


def test_a_secret_lets_in_whoever_has_it_in_the_url(tmp_path: Path):
    config = f'{CONFIG}listen = "0.0.0.0:0"\nsecret = "{fingerprint("sesame")}"\n'
    with a_service(Command(tmp_path, ""), config) as served:
        port = served.url.rpartition(":")[2]
        with Client(f"http://any:sesame@127.0.0.1:{port}") as paddles:
            assert len(paddles.get("/nodes/")) == 2
        with Client(f"http://any:open@127.0.0.1:{port}") as stranger:
            assert "password" in stranger.refused(401, stranger.http.get("/nodes/"))
    assert "sesame" not in served.log
