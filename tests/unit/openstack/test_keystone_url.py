import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.openstack.keystone_url import SEGMENTS, read_keystone_url

HOSTS = ["https://k.example", "https://192.168.1.101:5000", "http://[::1]:5000", "http://[fd00::1]"]
PREFIXES = ["", "/identity", "/keystone/public", "/v2.0-proxy/identity"]
TAILS = {
    "": None,
    "/v3": (3, 0),
    "/v3/auth/tokens": (3, 0),
    "/v3.14": (3, 0),
    "/v2.0": (2, 0),
    "/v2.0/tokens": (2, 0),
    "/v1.1": (1, 1),
    "/v1.1/auth": (1, 1),
    "/v1.0": (1, 0),
}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("end", ["", "/", "//"])
def test_an_address_is_taken_apart_however_much_of_it_is_given(host, prefix, tail, end):
    found = read_keystone_url(f"{host}{prefix}{tail}{end}")
    assert (found.root, found.version) == (f"{host}{prefix}", TAILS[tail])


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://k.example/v4", "https://k.example/v4"),
        ("https://k.example/v2.0beta", "https://k.example/v2.0beta"),
        ("https://k.example/vault", "https://k.example/vault"),
    ],
)
def test_what_only_looks_like_a_version_is_part_of_the_prefix(url, root):
    found = read_keystone_url(url)
    assert (found.root, found.version) == (root, None)


@given(st.sampled_from(HOSTS), st.sampled_from(PREFIXES), st.sampled_from(sorted(SEGMENTS)))
def test_a_completed_address_reads_back_as_what_it_was_made_of(host, prefix, version):
    completed = read_keystone_url(host + prefix).at(version)
    again = read_keystone_url(completed)
    assert (again.at(version), again.version) == (completed, version)
