"""Errors as WebOb renders them, in the form their reader accepts."""

import pytest

from leasehold.emulator.error_pages import Detailed, error_page
from leasehold.emulator.http import Fault


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/html; charset=UTF-8"),
        ("text/html", "text/html; charset=UTF-8"),
        ("application/json", "application/json"),
        ("*/*;q=0.5, application/json", "application/json"),
        ("text/plain", "text/plain; charset=UTF-8"),
        ("", "text/plain; charset=UTF-8"),
    ],
)
def test_the_form_is_the_one_that_is_liked_best(accept: str, content_type: str) -> None:
    assert error_page(Fault(404), accept).headers["content-type"] == content_type


def test_a_page_is_that_of_webob_to_the_letter() -> None:
    assert error_page(Fault(404, "No <image>")).body.decode() == (
        "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n"
        "  <h1>404 Not Found</h1>\n  No &lt;image&gt;<br /><br />\n\n\n\n </body>\n</html>"
    )


def test_a_detail_stands_below_the_usual_explanation() -> None:
    page = error_page(Detailed(403, "Because."), "application/json")
    assert b"Access was denied to this resource.<br /><br />\\nBecause.\\n\\n" in page.body
    assert b'"code":"403 Forbidden"' in page.body


def test_headers_of_the_fault_are_kept() -> None:
    fault = Fault(405, headers={"Allow": "GET"})
    assert error_page(fault).headers["allow"] == "GET"
