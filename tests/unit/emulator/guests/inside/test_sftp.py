import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.guests.inside import sftp
from leasehold.emulator.guests.inside.sftp_packets import (
    Fields,
    Kind,
    Malformed,
    Status,
    number,
    string,
)


def ask(tmp_path: Path, *requests: bytes) -> list[bytes]:
    """Let the server answer packets given without their length; returns its packets."""
    (tmp_path / "in").write_bytes(b"".join(map(string, requests)))
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as sink:
        assert sftp.serve(source.fileno(), sink.fileno()) == 0
    replies, fields = [], Fields((tmp_path / "out").read_bytes())
    while True:
        try:
            replies.append(fields.string())
        except Malformed:
            return replies


def a_request(kind: Kind, *rest: bytes, at: int = 7) -> bytes:
    return bytes([kind]) + number(at) + b"".join(rest)


def status_of(reply: bytes) -> Status:
    assert reply[0] == Kind.STATUS
    return Status(int.from_bytes(reply[5:9], "big"))


def test_a_client_is_greeted_with_version_3_and_extensions(tmp_path: Path) -> None:
    (reply,) = ask(tmp_path, bytes([Kind.INIT]) + number(3))
    assert reply[:5] == bytes([Kind.VERSION]) + number(3)
    assert b"posix-rename@openssh.com" in reply


def test_a_reply_carries_the_number_of_its_request(tmp_path: Path) -> None:
    reply, other = ask(
        tmp_path,
        a_request(Kind.STAT, string(os.fsencode(tmp_path)), at=41),
        a_request(Kind.STAT, string(b"/no/such"), at=42),
    )
    assert (reply[0], reply[1:5]) == (Kind.ATTRS, number(41))
    assert (status_of(other), other[1:5]) == (Status.NO_SUCH_FILE, number(42))


def test_a_file_is_written_read_and_appended_to(tmp_path: Path) -> None:
    path, create, append = os.fsencode(tmp_path / "file"), 1 | 2 | 8, 2 | 4
    no_attributes = number(0)
    replies = ask(
        tmp_path,
        a_request(Kind.OPEN, string(path), number(create), no_attributes),
        a_request(Kind.WRITE, string(b"1"), struct.pack(">Q", 2), string(b"cd")),
        a_request(Kind.WRITE, string(b"1"), struct.pack(">Q", 0), string(b"ab")),
        a_request(Kind.READ, string(b"1"), struct.pack(">Q", 1), number(9)),
        a_request(Kind.READ, string(b"1"), struct.pack(">Q", 4), number(9)),
        a_request(Kind.CLOSE, string(b"1")),
        a_request(Kind.OPEN, string(path), number(append), no_attributes),
        a_request(Kind.WRITE, string(b"2"), struct.pack(">Q", 0), string(b"!")),
        a_request(Kind.CLOSE, string(b"1")),
    )
    assert replies[3][5:] == string(b"bcd")
    assert status_of(replies[4]) is Status.EOF
    assert status_of(replies[8]) is Status.FAILURE
    assert (tmp_path / "file").read_bytes() == b"abcd!"


def test_rename_overwrites_only_by_the_extension_for_it(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    paths = string(os.fsencode(old)) + string(os.fsencode(new))
    replies = ask(
        tmp_path,
        a_request(Kind.RENAME, paths),
        a_request(Kind.EXTENDED, string(b"posix-rename@openssh.com"), paths),
    )
    assert [status_of(reply) for reply in replies] == [Status.FAILURE, Status.OK]
    assert new.read_text() == "old"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (a_request(Kind.EXTENDED, string(b"unknown@example.org")), Status.UNSUPPORTED),
        (bytes([99]) + number(1), Status.UNSUPPORTED),
        (a_request(Kind.OPEN, b"\0"), Status.BAD_MESSAGE),
        (a_request(Kind.STAT, string(b"a\0b")), Status.FAILURE),
        (a_request(Kind.READ, string(b"9"), bytes(12)), Status.FAILURE),
    ],
)
def test_what_is_wrong_is_refused_and_the_session_goes_on(
    tmp_path: Path, request_: bytes, status: Status
) -> None:
    refused, alive = ask(tmp_path, request_, a_request(Kind.REALPATH, string(b"/")))
    assert status_of(refused) is status
    assert alive[0] == Kind.NAME


@given(
    st.binary(min_size=1, max_size=80).filter(
        # Kinds that only look; the others would act on files of these names.
        lambda packet: (
            packet[0] in (Kind.INIT, Kind.READ, Kind.LSTAT, Kind.STAT, Kind.READLINK, 0, 77)
        )
    )
)
def test_no_packet_ends_the_session(packet: bytes) -> None:
    session = sftp._Session()
    assert session.answer(packet)
