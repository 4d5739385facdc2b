import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.dns.errors import BadName
from leasehold.dns.names import (
    address_type,
    fingerprint,
    host_label,
    host_name,
    plain,
    reverse_name,
    zone_of,
)
from leasehold.dns.server import split_place


@pytest.mark.parametrize("label", ["foo6", "FOO6", "a-b", "6", "a" * 63])
def test_a_label_of_letters_digits_and_inner_hyphens_is_a_name(label: str) -> None:
    assert host_label(label) == label.lower()


@pytest.mark.parametrize(
    "label",
    ["", "foo6\nupdate delete victim", "foo6\n", "foo5.evil", "foo.", "*", "_leasehold-a", "-a", "a-",
     "a b", "a;b", "a\\000", "a" * 64, "ä", "\u017f", "\u212a", "\u0661", "a\0"],
)  # fmt: skip
def test_anything_else_is_none(label: str) -> None:
    with pytest.raises(BadName):
        host_label(label)


@given(st.text(max_size=70))
def test_whatever_passes_as_a_label_is_one_and_plain(text: str) -> None:
    try:
        label = host_label(text)
    except BadName:
        return
    assert 0 < len(label) < 64
    assert label.isascii()
    assert label.replace("-", "a").isalnum()


def test_a_full_name_may_have_dots_and_loses_the_last_one() -> None:
    assert host_name("Web1.Lab.Example.") == "web1.lab.example"
    for wrong in ("web1..lab", ".lab", "", "web1.*", "a." * 120 + "a"):
        with pytest.raises(BadName):
            host_name(wrong)


def test_addresses_have_their_type_and_their_reverse_name() -> None:
    assert (address_type("10.0.0.7"), address_type("2001:db8::7")) == ("A", "AAAA")
    assert reverse_name("10.0.0.7") == "7.0.0.10.in-addr.arpa"
    assert reverse_name("2001:db8::7").endswith(".8.b.d.0.1.0.0.2.ip6.arpa")


def test_the_innermost_zone_holds_a_name() -> None:
    zones = ("example", "lab.example", "b.example")
    assert zone_of("web1.lab.example", zones) == "lab.example"
    assert zone_of("web1.glab.example", zones) == "example"
    assert zone_of("lab.example", zones) == "lab.example"
    assert zone_of("web1.elsewhere", zones) is None


def test_values_are_compared_in_one_form() -> None:
    assert plain("AAAA", "2001:DB8:0::7") == "2001:db8::7"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_fingerprint_is_what_ssh_keygen_prints(tmp_path: Path, kind: str) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)
    told = subprocess.run(
        ["ssh-keygen", "-r", "web1", "-f", str(key)], check=True, capture_output=True, text=True
    )
    wanted = [line.split("SSHFP ")[1] for line in told.stdout.splitlines() if " 2 " in line]
    assert fingerprint(key.with_suffix(".pub").read_text()) == wanted[0]


def test_a_kind_of_key_that_sshfp_does_not_know_has_no_fingerprint() -> None:
    assert fingerprint("sk-ssh-ed25519@openssh.com AAAA") is None


def test_a_place_is_a_host_with_or_without_a_port() -> None:
    assert split_place("ns.lab") == ("ns.lab", 53)
    assert split_place("127.0.0.1:5353") == ("127.0.0.1", 5353)
    assert split_place("[::1]:5353") == ("::1", 5353)
    assert split_place("[::1]") == ("::1", 53)
    assert split_place("::1") == ("::1", 53)
    for wrong in ("", ":53", "ns:x", "ns:0", "ns:70000"):
        with pytest.raises(ValueError, match="allowed"):
            split_place(wrong)
