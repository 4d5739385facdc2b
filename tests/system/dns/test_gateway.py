"""The gateway on a real BIND: what nsupdate-web's callers see, and what it withstands."""

import base64
import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import dns.message
import dns.opcode
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from leasehold.dns import MarkedZones, Record, Server
from leasehold.dns.gateway.accounts import hash_password
from leasehold.dns.nsupdate_web import NsupdateWeb
from leasehold.service.fingerprints import fingerprint
from tests.system.dns.bind import REVERSE, ZONE, Bind
from tests.system.dns.gateway import Gateway, a_gateway

RULE = "foo[0-9]+"


@pytest.fixture(scope="module")
def gateway(shared_bind: Bind) -> Iterator[Gateway]:
    """Open by rule, as the Sepia lab runs its nsupdate-web."""
    with a_gateway(shared_bind, "-a", RULE, "--reverse", REVERSE) as gateway:
        yield gateway


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# -- what nsupdate-web's callers see -------------------------------------------------------------


def test_teuthologys_own_call_sets_the_name(gateway: Gateway, shared_bind: Bind) -> None:
    query = urlencode({"name": "foo1", "ip": "10.0.0.7"})  # as teuthology.provision builds it
    with urllib.request.urlopen(f"{gateway.url}?{query}") as answer:
        assert (answer.status, answer.read()) == (200, b"success")
    assert shared_bind.dig("A", f"foo1.{ZONE}") == ["10.0.0.7"]
    assert shared_bind.dig("-x", "10.0.0.7") == [f"foo1.{ZONE}."]


def test_the_same_again_is_no_change_and_another_address_is_success(
    gateway: Gateway, shared_bind: Bind
) -> None:
    assert gateway.get("name=foo2&ip=10.0.0.2") == (200, "success")
    assert gateway.get("name=foo2&ip=10.0.0.2") == (200, "no-change")
    assert gateway.get("name=foo2&ip=10.0.0.3&ip=2001:db8::3") == (200, "success")
    assert gateway.get("name=foo2&ip=2001:DB8:0::3&ip=10.0.0.3") == (200, "no-change")
    assert shared_bind.dig("A", f"foo2.{ZONE}") == ["10.0.0.3"]
    assert shared_bind.dig("AAAA", f"foo2.{ZONE}") == ["2001:db8::3"]
    assert shared_bind.dig("-x", "10.0.0.2") == []


def test_a_name_that_was_changed_elsewhere_is_set_again(
    gateway: Gateway, shared_bind: Bind
) -> None:
    gateway.get("name=foo3&ip=10.0.0.3")
    shared_bind.nsupdate(f"update delete foo3.{ZONE} A")
    assert gateway.get("name=foo3&ip=10.0.0.3") == (200, "success")


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 400, "Must specify 'name'"),
        ("ip=10.0.0.1", 400, "Must specify 'name'"),
        ("name=&ip=10.0.0.1", 400, "Must specify 'name'"),
        ("name=foo1", 400, "no address"),
        ("name=foo1&ip=10.0.0", 400, "broken address"),
        ("name=foo1&ip=10.0.0.1,10.0.0.2", 400, "broken address"),
        ("name=foo1&ip=fe80::1%25eth0", 400, "broken address"),
        ("name=foo1&ip=", 400, "broken address"),
        ("name=foo1&name=foo2&ip=10.0.0.1", 400, "one 'name' only"),
        ("name=foo1" + "".join(f"&ip=10.0.1.{n}" for n in range(33)), 400, "too many addresses"),
        ("name=bar1&ip=10.0.0.1", 403, "bar1 does not match the allow_hosts regex"),
    ],
)
def test_a_request_that_cannot_be_done_is_told_why(
    gateway: Gateway, query: str, status: int, text: str
) -> None:
    told = gateway.get(query)
    assert told[0] == status
    assert text in told[1]


def test_other_methods_are_not_supported(gateway: Gateway) -> None:
    assert gateway.call("PUT", "/?name=foo1&ip=10.0.0.1")[0] == 501


def test_a_hosts_file_of_nsupdate_web_is_read_as_it_is(bind: Bind) -> None:
    hosts = bind.directory / "hosts.json"
    hosts.write_text(json.dumps({"foo1": "plain", "foo2": hash_password("hashed")}))
    with a_gateway(bind, "-k", str(hosts)) as gateway:
        assert gateway.get("name=foo1&ip=10.0.0.1")[0] == 401
        assert gateway.get("ip=10.0.0.1", authorization=basic("foo1", "wrong"))[0] == 401
        assert gateway.get("ip=10.0.0.1", authorization=basic("foo3", ""))[0] == 401
        for user, password in (("foo1", "plain"), ("foo2", "hashed")):
            query = "name=victim&ip=10.0.0.1"  # the name of who signs in counts
            assert gateway.get(query, authorization=basic(user, password)) == (200, "success")
        for broken in ("Basic", "Basic !!!", "Basic /////w==", "Basic Zm9v", "Digest x", "\t"):
            assert gateway.get("ip=10.0.0.1", authorization=broken)[0] == 401
        assert "passwords are kept in plain" in gateway.log()
        assert "plain" not in " ".join(str(each) for each in gateway.changes())
    assert {each for each in bind.names() if "victim" in each} == set()


def test_leasehold_dns_password_hashes_for_the_hosts_file(bind: Bind) -> None:
    command = [sys.executable, "-m", "leasehold", "dns", "password"]
    made = subprocess.run(command, input="secret\n", check=True, capture_output=True, text=True)
    hosts = bind.directory / "hosts.json"
    hosts.write_text(json.dumps({"foo1": made.stdout.strip()}))
    with a_gateway(bind, "-k", str(hosts)) as gateway:
        answer = gateway.get("ip=10.0.0.1", authorization=basic("foo1", "secret"))
        assert answer == (200, "success")
        assert "secret" not in gateway.log()


# -- our own interface ---------------------------------------------------------------------------


def test_json_sets_and_removes_a_name_and_its_reverse_record(
    gateway: Gateway, shared_bind: Bind
) -> None:
    body = {"name": "foo40", "addresses": ["10.0.0.40"]}
    status, text = gateway.call("POST", "/", body)
    assert (status, json.loads(text)["changed"]) == (200, True)
    assert shared_bind.dig("-x", "10.0.0.40") == [f"foo40.{ZONE}."]
    status, text = gateway.call("DELETE", "/", {"name": "foo40"})
    assert (status, json.loads(text)["addresses"]) == (200, [])
    assert shared_bind.dig("A", f"foo40.{ZONE}") == []
    assert shared_bind.dig("-x", "10.0.0.40") == []
    assert json.loads(gateway.call("DELETE", "/", {"name": "foo40"})[1])["changed"] is False


def test_owners_with_tokens_set_their_own_names_only(bind: Bind) -> None:
    owners = bind.directory / "owners.toml"
    owners.write_text(
        f'[ann]\ntoken = "{fingerprint("lh_ann")}"\nnames = "ann-[0-9]+"\n'
        f'[bob]\ntoken = "{fingerprint("lh_bob")}"\nnames = "bob-[0-9]+"\n'
    )
    with a_gateway(bind, "--owners", str(owners), "--no-get") as gateway:
        body = {"name": "ann-1", "addresses": ["10.0.0.1"]}
        assert gateway.call("POST", "/", body)[0] == 401
        assert gateway.call("POST", "/", body, authorization="Bearer lh_eve")[0] == 401
        status, text = gateway.call("POST", "/", body, authorization="Bearer lh_bob")
        assert (status, json.loads(text)["error"]) == (403, "ann-1 is none of the names of bob")
        assert gateway.call("POST", "/", body, authorization="Bearer lh_ann")[0] == 200
        assert gateway.get("name=ann-1&ip=10.0.0.9", authorization="Bearer lh_ann")[0] == 501
        removed = gateway.call("DELETE", "/", {"name": "ann-1"}, authorization="Bearer lh_bob")
        assert removed[0] == 403
        assert "lh_" not in gateway.log()
    assert bind.dig("A", f"ann-1.{ZONE}") == ["10.0.0.1"]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"name": 1}', '{"x": 1}', '{"addresses": "a"}'])
def test_a_body_that_is_not_a_wish_is_told(gateway: Gateway, body: str) -> None:
    head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    assert gateway.raw((head + body).encode()).startswith(b"HTTP/1.1 400")


def test_every_change_has_a_line_in_the_log(bind: Bind) -> None:
    with a_gateway(bind, "-a", RULE) as gateway:
        gateway.get("name=foo1&ip=10.0.0.1")
        gateway.get("name=foo1&ip=10.0.0.1")
        gateway.get("name=foo1&ip=10.0.0.2")
        told = [(each["name"], each["before"], each["after"]) for each in gateway.changes()]
        assert told == [
            (f"foo1.{ZONE}", [], ["10.0.0.1"]),
            (f"foo1.{ZONE}", ["10.0.0.1"], ["10.0.0.2"]),
        ]
        assert {each["peer"] for each in gateway.changes()} == {"127.0.0.1"}


def test_a_change_whose_outcome_is_not_known_has_a_line_too(bind: Bind) -> None:
    """The server takes the update, and is gone before the gateway reads it back."""
    with one_update(bind) as place, a_gateway(bind, "-a", RULE, "-s", place) as gateway:
        status, text = gateway.get("name=foo1&ip=10.0.0.1")
        assert (status, "not sure" in text) == (500, True)
        (line,) = [
            json.loads(each) for each in gateway.log().splitlines() if "gateway.unsettled" in each
        ]
        assert (line["name"], line["asked_for"], line["by"]) == ("foo1", ["10.0.0.1"], "anybody")
    assert bind.dig("A", f"foo1.{ZONE}") == ["10.0.0.1"]


@contextlib.contextmanager
def one_update(bind: Bind) -> Iterator[str]:
    """A way to BIND that ends with the answer to the first update."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            host, _, port = bind.place.partition(":")
            with caller, socket.create_connection((host, int(port))) as server:
                question = caller.recv(65536)
                while len(question) < 2 + int.from_bytes(question[:2], "big"):
                    question += caller.recv(65536)
                server.sendall(question)
                caller.sendall(server.recv(65536))
            if (
                dns.message.from_wire(question[2:], ignore_trailing=True, keyring=False).opcode()
                == dns.opcode.UPDATE
            ):
                listening.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join(10)


def test_an_address_may_be_written_in_any_way(gateway: Gateway, shared_bind: Bind) -> None:
    for again in ("success", "no-change"):
        assert gateway.get("name=foo50&ip=::ffff:10.0.0.7") == (200, again)
    assert shared_bind.dig("AAAA", f"foo50.{ZONE}") == ["::ffff:10.0.0.7"]


def test_a_reverse_record_that_failed_once_is_set_by_the_next_request(
    gateway: Gateway, shared_bind: Bind
) -> None:
    assert gateway.get("name=foo51&ip=10.0.0.51") == (200, "success")
    shared_bind.nsupdate("update delete 51.0.0.10.in-addr.arpa PTR")
    assert gateway.get("name=foo51&ip=10.0.0.51") == (200, "no-change")
    assert shared_bind.dig("-x", "10.0.0.51") == [f"foo51.{ZONE}."]


def test_the_gateway_answers_over_tls(bind: Bind) -> None:
    key, certificate = bind.directory / "tls.key", bind.directory / "tls.crt"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=gw"
    )
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(certificate)], check=True,
                   capture_output=True)  # fmt: skip
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with a_gateway(bind, "-a", RULE, *options) as gateway:
        assert gateway.url.startswith("https://")
        assert gateway.get("name=foo1&ip=10.0.0.1") == (200, "success")
        with socket.create_connection(
            (urlsplit(gateway.url).hostname, urlsplit(gateway.url).port)
        ) as plain:
            plain.sendall(b"GET /?name=foo1&ip=10.0.0.2 HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b"success" not in plain.recv(4096)


def test_a_unix_socket_has_the_mode_that_was_asked_for(bind: Bind) -> None:
    path = bind.directory / "gateway.sock"
    with a_gateway(bind, "-a", RULE, "-l", str(path), "-m", "600"):
        assert path.stat().st_mode & 0o777 == 0o600
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            head = b"host: x\r\nx-real-ip: 10.0.0.5\r\n\r\n"
            connection.sendall(b"GET /?name=foo1 HTTP/1.1\r\n" + head)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert not path.exists()
    assert bind.dig("A", f"foo1.{ZONE}") == ["10.0.0.5"]


def test_beyond_loopback_somebody_has_to_sign_in(bind: Bind) -> None:
    command = [sys.executable, "-m", "leasehold", "dns", "gateway", "-d", ZONE, "-p", "0", "-l"]
    command += ["0.0.0.0", "-K", str(bind.key_file), "-a", RULE]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "can be reached from other machines" in done.stderr


@pytest.mark.parametrize(("option", "text"), [("--host-list", "{}"), ("--owners", "")])
def test_a_file_that_names_nobody_lets_nobody_in(bind: Bind, option: str, text: str) -> None:
    path = bind.directory / "nobody"
    path.write_text(text)
    with a_gateway(bind, option, str(path)) as gateway:
        assert gateway.get("name=foo1&ip=10.0.0.1") == (401, "no auth")
    assert bind.dig("A", f"foo1.{ZONE}") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-p", "70000"), "--port: found 70000; allowed: 0 to 65535"),
        (("--ttl", "-5"), "--ttl: found -5"),
        (("--max-ip", "0"), "--max-ip: found 0"),
        (("--timeout", "-1"), "--timeout: found -1"),
        (("--tls-certificate", "/nope", "--tls-key", "/nope"), "no such file or directory"),
    ],
)
def test_an_option_that_cannot_be_kept_is_told_at_the_start(
    bind: Bind, options: tuple[str, ...], words: str
) -> None:
    command = [sys.executable, "-m", "leasehold", "dns", "gateway", "-d", ZONE]
    command += ["-K", str(bind.key_file), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert done.stdout == ""


def test_a_hash_that_no_password_can_be_held_against_is_told_at_the_start(bind: Bind) -> None:
    path = bind.directory / "hosts.json"
    path.write_text('{"web1": "scrypt:3:8:1:aa:bb"}')
    command = [sys.executable, "-m", "leasehold", "dns", "gateway", "-d", ZONE, "-p", "0"]
    command += ["-K", str(bind.key_file), "-k", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert "the hash of web1 cannot be reckoned with" in done.stderr


# -- attacks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "foo6%0Aupdate%20delete%20victim.lab.test",
        "foo6%0A",
        "foo6%00",
        "foo5.evil",
        "foo5.",
        "*",
        "foo*",
        "_leasehold-a.foo1",
        "foo1%20A%2010.0.0.1",
        "foo%D9%A1",
        "%C5%BFoo1",
        "foo1;",
        "foo1\\052",
    ],
)
def test_no_name_gets_through_that_is_more_than_one_plain_label(
    gateway: Gateway, shared_bind: Bind, name: str
) -> None:
    before = shared_bind.names()
    assert gateway.get(f"name={name}&ip=10.0.0.6")[0] in (400, 403)
    assert shared_bind.names() == before


def test_a_rule_matches_the_whole_name(gateway: Gateway) -> None:
    for name in ("foo", "foo1x", "xfoo1", "foo1-2"):
        assert gateway.get(f"name={name}&ip=10.0.0.6")[0] == 403


def test_only_a_named_proxy_may_say_who_the_caller_is(bind: Bind) -> None:
    with a_gateway(bind, "-a", RULE) as gateway:
        assert gateway.get("name=foo1", x_real_ip="10.0.0.66")[0] == 400
    with a_gateway(bind, "-a", RULE, "--proxy", "127.0.0.0/8") as gateway:
        assert gateway.get("name=foo1", x_real_ip="10.0.0.66") == (200, "success")
        assert gateway.get("name=foo1", x_forwarded_for="10.0.0.67")[0] == 400


def test_names_of_others_are_left_alone(gateway: Gateway, shared_bind: Bind) -> None:
    zones = MarkedZones(shared_bind.server(), (ZONE,))
    leased = Record(name=f"foo70.{ZONE}", type="A", values=("10.0.0.70",))
    zones.write(leased, "lease/1", may_replace=lambda _: False)
    shared_bind.nsupdate(f"update add foo71.{ZONE} 60 CNAME ns.{ZONE}.")
    for name in ("foo70", "foo71"):
        assert gateway.get(f"name={name}&ip=10.6.6.6")[0] == 409
        assert gateway.call("DELETE", "/", {"name": name})[0] in (200, 409)
    assert shared_bind.dig("A", f"foo70.{ZONE}") == ["10.0.0.70"]
    assert shared_bind.dig("CNAME", f"foo71.{ZONE}") == [f"ns.{ZONE}."]


def test_a_reverse_record_that_points_elsewhere_is_left_alone(
    gateway: Gateway, shared_bind: Bind
) -> None:
    shared_bind.nsupdate("update add 80.0.0.10.in-addr.arpa 60 PTR mail.example.")
    status, text = gateway.call("POST", "/", {"name": "foo80", "addresses": ["10.0.0.80"]})
    assert status == 200
    assert "points elsewhere" in json.loads(text)["reverse_troubles"][0]
    assert shared_bind.dig("-x", "10.0.0.80") == ["mail.example."]


def test_a_name_server_that_is_silent_or_down_is_told_without_its_secrets(
    bind: Bind, silent: str
) -> None:
    options = ("-a", RULE, "--timeout", "0.5")
    with a_gateway(bind, *options) as gateway:
        bind.stop()
        assert gateway.get("name=foo1&ip=10.0.0.1") == (
            500,
            "the name server did not take the update; try again",
        )
    with a_gateway(bind, *options, "-s", silent) as gateway:
        began = time.monotonic()
        assert gateway.get("name=foo1&ip=10.0.0.1")[0] == 500
        assert time.monotonic() - began < 10
        assert re.search(r"no answer within 0\.5 s", gateway.log())


def test_a_caller_that_sends_nothing_does_not_hold_a_place_for_ever(gateway: Gateway) -> None:
    parts = urlsplit(gateway.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as idle:
        idle.sendall(b"GET / HT")
        assert idle.recv(1) == b""
    assert gateway.get("name=foo1&ip=10.0.0.1")[0] == 200


def test_a_flood_is_answered_and_the_next_caller_is_served(bind: Bind) -> None:
    with a_gateway(bind, "-a", RULE) as gateway:
        parts = urlsplit(gateway.url)
        flood = []
        for number in range(200):
            one = socket.create_connection((parts.hostname, parts.port), timeout=20)
            one.sendall(f"GET /?name=foo{number}&ip=10.0.0.1 HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            flood.append(one)
        answers = [one.recv(4096)[9:12] for one in flood]
        for one in flood:
            one.close()
        assert set(answers) <= {b"200", b"503"}
        assert answers.count(b"200") >= 64
        assert gateway.get("name=foo1&ip=10.0.0.2") == (200, "success")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    name=st.text(max_size=80) | st.from_regex(r"foo[0-9]{1,3}.{0,3}", fullmatch=True),
    address=st.text(max_size=40) | st.ip_addresses().map(str),
    extra=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
    authorization=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
@example(method="GET", name="foo6\nupdate delete victim", address="::1", extra={}, authorization="")
def test_nothing_that_is_sent_breaks_the_gateway_or_changes_another_name(
    gateway: Gateway, shared_bind: Bind, method: str, name: str, address: str,
    extra: dict[str, str], authorization: str,
) -> None:  # fmt: skip
    before = shared_bind.names()
    query = "&".join(f"{quote(key)}={quote(value)}" for key, value in
                     {**extra, "name": name, "ip": address}.items())  # fmt: skip
    body = {"name": name, "addresses": [address], **extra} if method != "GET" else None
    status, _ = gateway.call(method, f"/{quote(name)}?{query}", body, authorization=authorization)
    assert status in (200, 400, 403, 409)
    touched = {each.split(".")[0] for each in shared_bind.names() ^ before if ZONE in each}
    assert all(re.fullmatch(RULE, label) for label in touched)


# -- the lab's side of it ------------------------------------------------------------------------


def test_a_lab_sets_and_gives_up_names_through_a_gateway(bind: Bind) -> None:
    with a_gateway(bind, "-a", RULE) as gateway:
        web = NsupdateWeb(gateway.url, ZONE, Server(bind.place))
        web.set("foo1", ("10.0.0.1",))
        assert web.addresses("foo1") == ("10.0.0.1",)
        web.remove("foo1")
        assert web.addresses("foo1") == ()
        assert bind.dig("A", f"foo1.{ZONE}") == []


def test_where_names_cannot_be_removed_they_point_to_nobody(bind: Bind) -> None:
    with a_gateway(bind, "-a", RULE) as gateway:
        web = _WithoutDelete(gateway.url, ZONE, Server(bind.place))
        web.set("foo1", ("10.0.0.1",))
        web.remove("foo1")
        assert web.addresses("foo1") == ()
        assert bind.dig("A", f"foo1.{ZONE}") == ["192.0.2.1"]


class _WithoutDelete(NsupdateWeb):
    """Meets the gateway as if it were nsupdate-web, which answers 501 to a DELETE."""

    def _call(self, method: str, wanted: list[tuple[str, str]]) -> tuple[int, str]:
        return super()._call("PUT" if method == "DELETE" else method, wanted)
