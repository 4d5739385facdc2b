"""What docs/dns.md tells an operator of BIND is right, as BIND itself finds."""

import subprocess

from leasehold.dns import Key, MarkedZones, Record, Server, fingerprint
from tests.docs.page import page
from tests.system.dns.bind import Bind
from tests.system.dns.test_marked import KEY, never


def test_the_name_server_of_the_page_does_all_that_the_lab_needs_and_no_more(bind: Bind) -> None:
    texts = [block.text for block in page("docs/dns.md").written_in("text")]
    config = next(text for text in texts if 'zone "lab.example"' in text)
    head = next(text for text in texts if "SOA" in text)
    where = bind.directory / "page"
    where.mkdir()
    for zone, more in (("lab.example", "ns IN A 127.0.0.1\n"), ("10.in-addr.arpa", "")):
        (where / f"{zone}.zone").write_text(head + more)
    made = ["tsig-keygen", "-a", "hmac-sha256", "leasehold"]
    key = subprocess.run(made, check=True, capture_output=True, text=True).stdout
    (where / "leasehold.key").write_text(key)
    config = config.replace("/etc/bind", str(where)).replace("/var/lib/bind", str(where))
    bind.stop()
    named = bind.directory / "named.conf"
    named.write_text(named.read_text().partition('zone "')[0] + config)
    bind.start(probe="lab.example")
    server = Server(bind.place, Key.read(where / "leasehold.key"))
    zones = MarkedZones(server, ("lab.example", "10.in-addr.arpa"))
    name = "debian001.lab.example"
    for type_, owner, value in (
        ("A", name, "10.0.0.7"),
        ("AAAA", name, "2001:db8::7"),
        ("SSHFP", name, fingerprint(KEY) or ""),
        ("PTR", "7.0.0.10.in-addr.arpa", f"{name}."),
    ):
        record = Record(name=owner, type=type_, values=(value,))
        assert zones.write(record, "us/1", may_replace=never).intact
    assert len(zones.list()) == 4
