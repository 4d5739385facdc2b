import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.guests.cloudinit.parts import Kind, take_apart

CONFIG = b"#cloud-config\nhostname: a\n"
SCRIPT = b"#!/bin/sh\ntrue\n"


def a_message(*parts: tuple[str, str, bytes]) -> bytes:
    message = MIMEMultipart()
    for subtype, name, content in parts:
        part = MIMEText(content.decode(), subtype)
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    return message.as_bytes()


@pytest.mark.parametrize(("content", "kind"), [(CONFIG, Kind.CONFIG), (SCRIPT, Kind.SCRIPT)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_first_line_says_what_user_data_is(content: bytes, kind: Kind, pack: object) -> None:
    assert callable(pack)
    (part,) = take_apart(pack(content)).parts
    assert (part.kind, part.content) == (kind, content)


def test_a_multi_part_message_is_taken_apart_in_order() -> None:
    found = take_apart(
        a_message(("x-shellscript", "b.sh", SCRIPT), ("cloud-config", "a.yaml", CONFIG))
    )
    assert [(part.kind, part.name, part.content) for part in found.parts] == [
        (Kind.SCRIPT, "b.sh", SCRIPT),
        (Kind.CONFIG, "a.yaml", CONFIG),
    ]
    assert found.notes == ()


def test_a_part_of_plain_text_is_what_its_first_line_says() -> None:
    (part,) = take_apart(a_message(("plain", "x", SCRIPT))).parts
    assert part.kind is Kind.SCRIPT


def test_a_name_cannot_lead_out_of_the_scripts_directory() -> None:
    (part,) = take_apart(a_message(("x-shellscript", "../../etc/evil", SCRIPT))).parts
    assert "/" not in part.name


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"#include\nhttp://x\n", "text/x-include-url"),
        (b"#cloud-boothook\n", "text/cloud-boothook"),
        (b"#cloud-config-archive\n", "text/cloud-config-archive"),
        (b"## template: jinja\n#cloud-config\n", "text/jinja2"),
    ],
)
def test_parts_of_other_kinds_are_named_and_left_out(content: bytes, named: str) -> None:
    found = take_apart(content)
    assert found.parts == ()
    assert named in found.notes[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "begins b'hello'"),
        (gzip.compress(CONFIG)[:-9], "ends too early"),
        (b"\x1f\x8b\x08rubbish", "broken"),
        (gzip.compress(bytes(20 << 20)), "more than 16 MiB"),
    ],
)
def test_what_cannot_be_read_is_a_warning(content: bytes, said: str) -> None:
    found = take_apart(content)
    assert found.parts == ()
    assert found.notes[0].startswith("[WARNING]")
    assert said in found.notes[0]


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_no_user_data_is_nothing_to_say(content: bytes) -> None:
    assert take_apart(content) == take_apart(b"")
    assert take_apart(content).notes == ()


@given(st.binary() | st.binary().map(lambda rest: b"Content-Type: multipart/mixed" + rest))
def test_no_user_data_whatever_raises(content: bytes) -> None:
    take_apart(content)
