"""Data of images on its way: what is told of it beforehand, and what happens when it breaks."""

import hashlib
import io

import pytest
import requests
import urllib3

from leasehold.openstack import AuthenticationFailed, ConnectionLost, MalformedAnswer
from leasehold.openstack.stream import PIECE, sending
from tests.unit.openstack.wire import GLANCE, Reply, Seen, Wire, connection

IMAGE = f"{GLANCE}/v2/images/i1"
DATA = b"0123456789" * 300_000


def an_image(**fields) -> Reply:
    return Reply({"id": "i1", "status": "queued", **fields})


def a_glance(*, taken: Reply | None = None, **fields) -> tuple[Wire, list[bytes]]:
    """Build a Glance with one image, which keeps what is uploaded, and answers `taken`."""
    received: list[bytes] = []

    def take(seen: Seen) -> Reply:
        received.append(b"".join(seen.body))
        return taken or Reply(status=204)

    wire = Wire().on("GET", IMAGE, an_image(**fields)).on("PUT", f"{IMAGE}/file", take)
    return wire, received


def headers_of(wire: Wire) -> dict[str, str]:
    return wire.calls("PUT")[0].headers


def test_the_size_of_a_file_is_told_from_where_it_stands():
    wire, received = a_glance()
    file = io.BytesIO(b"head" + DATA)
    file.seek(4)
    connection(wire).image.upload("i1", file)
    assert received == [DATA]
    assert headers_of(wire)["Content-Length"] == str(len(DATA))
    assert "Transfer-Encoding" not in headers_of(wire)
    assert headers_of(wire)["Content-Type"] == "application/octet-stream"


def test_pieces_whose_sum_is_not_known_are_sent_as_such():
    wire, received = a_glance()
    connection(wire).image.upload("i1", iter([b"one", b"two"]))
    assert received == [b"onetwo"]
    assert headers_of(wire)["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers_of(wire)


def test_a_file_is_read_a_piece_at_a_time():
    assert [len(piece) for piece in sending(io.BytesIO(DATA))] == [
        PIECE,
        PIECE,
        len(DATA) - 2 * PIECE,
    ]


@pytest.mark.parametrize(
    ("size", "complaint"), [(5, "more than the 5 bytes"), (7, "ended after 6 of 7 bytes")]
)
def test_a_source_that_does_not_keep_to_its_size_is_told(size, complaint):
    wire, _ = a_glance()
    with pytest.raises(ValueError, match=complaint) as caught:
        connection(wire).image.upload("i1", iter([b"one", b"two"]), size=size)
    assert caught.value.__notes__ == ["the image is queued now"]


def test_a_lost_connection_tells_the_state_that_the_image_is_in_and_nothing_is_sent_again():
    broken = requests.ConnectionError(urllib3.exceptions.ProtocolError("gone"))
    wire, received = a_glance(taken=Reply(error=broken), status="saving")
    with pytest.raises(ConnectionLost, match="the image is saving now") as caught:
        connection(wire, retries=3).image.upload("i1", io.BytesIO(DATA))
    assert caught.value.unsure
    assert len(received) == 1


def test_an_upload_is_not_repeated_with_a_new_token_for_its_source_is_used_up():
    wire, received = a_glance(taken=Reply(status=401))
    with pytest.raises(AuthenticationFailed):
        connection(wire).image.upload("i1", io.BytesIO(DATA))
    assert len(received) == 1


def test_a_download_with_an_old_token_is_asked_for_again_with_a_new_one():
    wire = Wire().on("GET", IMAGE, an_image(status="active"))
    wire.on("GET", f"{IMAGE}/file", Reply(status=401), Reply(DATA))
    assert b"".join(connection(wire).image.download("i1")) == DATA
    assert wire.tokens == 2


def test_a_download_comes_in_pieces():
    wire = (
        Wire().on("GET", IMAGE, an_image(status="active")).on("GET", f"{IMAGE}/file", Reply(DATA))
    )
    assert max(len(piece) for piece in connection(wire).image.download("i1")) <= PIECE


DAMAGED = {
    "short": {"size": len(DATA) + 1},
    "md5": {"checksum": hashlib.md5(b"other", usedforsecurity=False).hexdigest()},
    "sha512": {"os_hash_algo": "sha512", "os_hash_value": hashlib.sha512(b"other").hexdigest()},
}


@pytest.mark.parametrize("fields", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_came_damaged_is_told_and_no_file_of_it_is_left(fields, tmp_path):
    wire = Wire().on("GET", IMAGE, an_image(status="active", **fields))
    wire.on("GET", f"{IMAGE}/file", Reply(DATA))
    with pytest.raises(MalformedAnswer, match="image i1"):
        connection(wire).image.save("i1", tmp_path / "disk")
    assert list(tmp_path.iterdir()) == []


def test_the_better_sum_is_the_one_that_counts():
    good = hashlib.sha512(DATA).hexdigest()
    fields = {"os_hash_algo": "sha512", "os_hash_value": good, "checksum": "outdated"}
    wire = Wire().on("GET", IMAGE, an_image(status="active", **fields))
    wire.on("GET", f"{IMAGE}/file", Reply(DATA))
    assert b"".join(connection(wire).image.download("i1")) == DATA
