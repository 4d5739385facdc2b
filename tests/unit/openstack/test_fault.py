import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.openstack.fault import MESSAGE_LIMIT, read_fault

HTML = b"""<html><head><title>404 Not Found</title><style>b {}</style></head>
<body><h1>404 Not Found</h1>No image found with ID nope<br /><br /></body></html>"""


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (
            {"itemNotFound": {"code": 404, "message": "Instance x could not be found."}},
            "Instance x could not be found.",
            "itemNotFound",
        ),
        (
            {"NeutronError": {"type": "OverQuota", "message": "No more ports", "detail": ""}},
            "No more ports",
            "OverQuota",
        ),
        ({"NeutronError": "plain text of an old Neutron"}, "plain text of an old Neutron", None),
        (
            {"error": {"code": 401, "title": "Unauthorized", "message": "Please sign in."}},
            "Please sign in.",
            "Unauthorized",
        ),
        ({"error": {"message": {"message": "nested"}}}, "nested", None),
        ({"errors": [{"title": "Bad", "detail": "Too old"}]}, "Too old", "Bad"),
        ({"message": "bare", "code": "X"}, "bare", "X"),
        ({"message": "bare"}, "bare", None),
        ({"computeFault": {"message": "boom", "code": 500}}, "boom", "computeFault"),
        ({"code": 404}, "", None),
        ({}, "", None),
        (None, "", None),
        ([], "", None),
        ([{"message": "in a list"}], "in a list", None),
        ("just text", "just text", None),
        (4711, "", None),
        ({"itemNotFound": None}, "", None),
        ({"error": []}, "", None),
        ({"message": "No image<br /><br />"}, "No image", None),
    ],
)
def test_every_dialect_is_read(body, message, code):
    fault = read_fault(json.dumps(body).encode())
    assert (fault.message, fault.code) == (message, code)


def test_an_html_page_is_read_without_its_tags_title_and_style():
    assert read_fault(HTML).message == "404 Not Found No image found with ID nope"


@pytest.mark.parametrize("content", [b"", b"  \r\n "])
def test_an_empty_body_has_no_message(content):
    assert read_fault(content).message == ""


def test_a_comparison_in_a_message_is_not_taken_for_a_tag():
    assert read_fault(b'{"message": "1 < 2 and 3 > 2"}').message == "1 < 2 and 3 > 2"


def test_a_long_message_is_cut():
    assert len(read_fault(b"x" * 100_000).message) == MESSAGE_LIMIT


def test_control_characters_do_not_reach_a_terminal():
    assert read_fault(b'{"message": "red \\u001b[31m alert\\u0007"}').message == "red [31m alert"


@pytest.mark.parametrize("content", [b'{"message": "\xff"}', b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_broken_text_and_endless_nesting_are_no_harm(content):
    assert isinstance(read_fault(content).message, str)


@given(st.binary(max_size=400))
def test_no_bytes_are_too_broken_to_be_read(content):
    assert isinstance(read_fault(content).message, str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "message", "code", "NeutronError", "detail", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_is_too_odd_to_be_read(body):
    fault = read_fault(json.dumps(body).encode())
    assert isinstance(fault.message, str)
    assert fault.code is None or isinstance(fault.code, str)
