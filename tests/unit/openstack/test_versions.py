import pytest

from leasehold.openstack import EndpointMissing, ServiceType
from leasehold.openstack.versions import named_version, place_of, versions_in


def placed(url, service, *offered):
    asked = []

    def ask(at):
        asked.append(at)
        return offered

    return place_of(url, service, project_id=lambda: "p1", offered=ask), asked


@pytest.mark.parametrize(
    ("service", "url", "expected"),
    [
        (ServiceType.COMPUTE, "http://n.example/v2.1/", "http://n.example/v2.1"),
        (ServiceType.COMPUTE, "http://n.example/v2.1/p1", "http://n.example/v2.1/p1"),
        (ServiceType.COMPUTE_V1, "http://n.example", "http://n.example/v1.0"),
        (ServiceType.NETWORK, "http://n.example:9696/", "http://n.example:9696/v2.0"),
        (ServiceType.NETWORK, "http://n.example/v2.0", "http://n.example/v2.0"),
        (ServiceType.IMAGE, "http://[::1]:9292", "http://[::1]:9292/v2"),
        (ServiceType.IMAGE, "http://v2.example/image", "http://v2.example/image/v2"),
        (ServiceType.VOLUME, "http://c.example/v3", "http://c.example/v3"),
        (ServiceType.VOLUME, "http://c.example/v3/%(project_id)s", "http://c.example/v3/p1"),
        (ServiceType.RESERVATION, "http://b.example/", "http://b.example/v1"),
    ],
)
def test_a_url_is_completed_without_asking_where_there_is_nothing_to_choose(service, url, expected):
    place, asked = placed(url, service)
    assert (place.url, asked) == (expected, [])


@pytest.mark.parametrize(
    ("service", "offered", "path", "version"),
    [
        (ServiceType.COMPUTE, [(2, 0), (2, 1)], "/v2.1", (2, 1)),
        (ServiceType.COMPUTE, [(2, 0)], "/v2/p1", (2, 0)),
        (ServiceType.COMPUTE, [(1, 0), (1, 1)], "/v1.1/p1", (1, 1)),
        (ServiceType.COMPUTE, [], "/v2.1", (2, 1)),
        (ServiceType.VOLUME, [(1, 0), (2, 0), (3, 0)], "/v3/p1", (3, 0)),
        (ServiceType.VOLUME, [(1, 0), (2, 0)], "/v2/p1", (2, 0)),
        (ServiceType.VOLUME, [(1, 0)], "/v1/p1", (1, 0)),
        (ServiceType.VOLUME, [], "/v3/p1", (3, 0)),
    ],
)
def test_a_url_without_a_version_gets_the_best_that_the_service_lists(
    service, offered, path, version
):
    place, asked = placed("http://x.example/prefix/", service, *offered)
    assert (place.url, place.version) == (f"http://x.example/prefix{path}", version)
    assert asked == ["http://x.example/prefix"]


def test_a_service_of_which_no_version_is_spoken_is_missing():
    with pytest.raises(EndpointMissing, match=r"speaks 1\.0; the driver speaks 2\.1, 2\.0, 1\.1"):
        placed("http://n.example", ServiceType.COMPUTE, (1, 0))


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("http://n.example/v1.1/p", (1, 1)),
        ("http://n.example/v2/p/", (2, 0)),
        ("http://n.example/volume/v3", (3, 0)),
        ("http://v2.example/compute", None),
        ("http://n.example/vim", None),
    ],
)
def test_a_url_s_version_is_read_off_its_path(url, version):
    assert named_version(url) == version


@pytest.mark.parametrize(
    ("document", "versions"),
    [
        (b'{"versions": [{"id": "v2.0"}, {"id": "v2.1"}]}', ((2, 0), (2, 1))),
        (b'{"versions": {"values": [{"id": "v1.1"}, {"id": "v3"}]}}', ((1, 1), (3, 0))),
        (b'{"versions": [{"id": "beta"}]}', ()),
        (b'{"version": {"id": "v2.0"}}', ()),
        (b'{"versions": ["v2"]}', ()),
        (b"[]", ()),
        (b"<html>", ()),
        (b"", ()),
    ],
)
def test_a_list_of_versions_is_read_and_anything_else_is_none(document, versions):
    assert versions_in(document) == versions
