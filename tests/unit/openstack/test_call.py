from datetime import UTC, datetime, timedelta, timezone

import pytest
from requests.structures import CaseInsensitiveDict

from leasehold.openstack import BadId
from leasehold.openstack.call import Answer, Call, ServiceType, query_of


def test_filters_are_spelled_as_openstack_reads_them():
    assert query_of({"all": True, "shared": False, "limit": 5, "name": "x", "id": ["a", "b"]}) == (
        ("all", "true"),
        ("shared", "false"),
        ("limit", "5"),
        ("name", "x"),
        ("id", "a"),
        ("id", "b"),
    )


def test_a_filter_that_is_none_is_not_sent():
    assert query_of({"status": None}) == ()


def test_times_are_sent_in_utc():
    two_hours_east = timezone(timedelta(hours=2))
    moment = datetime(2030, 1, 1, 1, 30, tzinfo=two_hours_east)
    assert query_of({"since": moment}) == (("since", "2029-12-31T23:30:00Z"),)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="since needs a time with a time zone"):
        query_of({"since": datetime(2030, 1, 1)})  # noqa: DTZ001 - what the test is about


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Wed, 01 Jan 2031 00:00:00 GMT", datetime(2031, 1, 1, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_cloud_s_clock_is_read_if_it_tells(header, moment):
    headers = CaseInsensitiveDict({"Date": header} if header else {})
    answer = Answer(status=200, headers=headers, content=b"", url="", elapsed=0.0)
    assert answer.date == moment


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/../../b", "a?x=1", "a#b", "a b", "a\nb", "a//b"]
)
def test_an_id_that_would_lead_a_call_astray_is_refused_before_it_is_sent(name):
    with pytest.raises(BadId, match="take ids from what the cloud lists"):
        Call(service=ServiceType.COMPUTE, method="DELETE", path=f"/servers/{name}", repeatable=True)


@pytest.mark.parametrize("path", ["/", "/servers", "/servers/5f2b-1", "/os-keypairs/a%2Fb..c"])
def test_a_path_whose_segments_all_name_something_is_taken(path):
    assert Call(service=ServiceType.COMPUTE, method="GET", path=path, repeatable=True).path == path
