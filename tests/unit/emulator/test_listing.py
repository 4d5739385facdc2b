"""Listings that lie."""

from leasehold.emulator.http import Response
from leasehold.emulator.listing import emptied, truncated


def a_page() -> Response:
    links = [{"rel": "next", "href": "http://cloud.test/ports?marker=4"}]
    return Response(200, {"ports": [1, 2, 3, 4], "ports_links": links})


def body(response: Response) -> bytes:
    return response.body


def test_half_of_a_page_stays_when_nobody_says_how_much() -> None:
    assert body(truncated(a_page(), None)) == b'{"ports":[1,2]}'


def test_so_many_stay_as_asked() -> None:
    assert body(truncated(a_page(), 3)) == b'{"ports":[1,2,3]}'


def test_nothing_stays_of_an_emptied_page() -> None:
    assert body(emptied(a_page())) == b'{"ports":[]}'


def test_glances_next_link_goes_too() -> None:
    page = Response(200, {"images": [1, 2], "next": "/v2/images?marker=2", "first": "/v2/images"})
    assert body(truncated(page, 1)) == b'{"images":[1],"first":"/v2/images"}'


def test_an_error_is_left_alone() -> None:
    error = Response(404, {"itemNotFound": {"code": 404}})
    assert truncated(error, 0) is error
