import base64
from pathlib import Path

import pytest

from leasehold.dns import BadKey, Key

SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="


def a_file(directory: Path, text: str) -> Path:
    path = directory / "lab.key"
    path.write_text(text)
    return path


def test_a_file_of_tsig_keygen_is_read_comments_and_all(tmp_path: Path) -> None:
    text = f'// made for us\nkey "lab" {{\n\talgorithm HMAC-SHA256;\n\tsecret "{SECRET}";\n}};\n'
    key = Key.read(a_file(tmp_path, text))
    assert (key.name, key.algorithm) == ("lab", "hmac-sha256")


def test_a_secret_with_slashes_is_no_comment(tmp_path: Path) -> None:
    text = 'key "a" { algorithm hmac-sha256; secret "ab//cd/ze+f/"; }; # made'
    key = Key.read(a_file(tmp_path, text))
    assert key.tsig.secret == base64.b64decode("ab//cd/ze+f/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "0 keys"),
        (f'key a {{ algorithm hmac-md5; secret "{SECRET}"; }};', "algorithm hmac-md5"),
        (f'key a {{ algorithm hmac-sha1; secret "{SECRET}"; }};', "algorithm hmac-sha1"),
        ('key a { algorithm hmac-sha256; secret "not base64"; };', "no secret"),
        ('key a { algorithm hmac-sha256; secret "AAA"; };', "secret is broken"),
        ("key a { algorithm hmac-sha256; };", "no secret"),
        ("key a { }; key b { };", "2 keys"),
    ],
)
def test_a_file_that_is_no_good_is_told_with_its_path_and_without_its_secret(
    tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(BadKey, match=found) as told:
        Key.read(a_file(tmp_path, text))
    assert str(tmp_path) in str(told.value)
    assert SECRET not in str(told.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadKey, match="No such file"):
        Key.read(tmp_path / "lab.key")


def test_a_key_does_not_show_its_secret() -> None:
    key = Key("lab", "hmac-sha512", SECRET)
    assert SECRET not in repr(key)
    assert repr(key) == "Key(lab, hmac-sha512, ***)"
