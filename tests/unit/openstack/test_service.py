import gzip
import json

import pytest

from leasehold.openstack import BadRequest, MalformedAnswer, NotFound, VersionUnsupported

from .wire import CINDER, GLANCE, NEUTRON, NOVA, Reply, Wire, connection

SERVERS = f"{NOVA}/servers/detail"


def a_page(*ids: str, following: str | None = None, key: str = "servers") -> Reply:
    body: dict[str, object] = {key: [{"id": each} for each in ids]}
    if following:
        body[f"{key}_links"] = [
            {"rel": "previous", "href": "?x"},
            {"rel": "next", "href": following},
        ]
    return Reply(body)


# Paging


def test_a_list_goes_on_to_its_last_page():
    wire = Wire().on(
        "GET", SERVERS, a_page("a", "b", following=f"{SERVERS}?limit=2&marker=b"), a_page("c")
    )
    assert [server.id for server in connection(wire).compute.servers()] == ["a", "b", "c"]
    assert wire.calls()[1].query == [("limit", "2"), ("marker", "b")]


def test_a_next_page_is_asked_for_at_the_endpoint_whatever_host_its_link_names():
    link = "http://inner-host:8774/v2.1/servers/detail?marker=a&status=ACTIVE"
    wire = Wire().on("GET", SERVERS, a_page("a", following=link), a_page("b"))
    assert len(list(connection(wire).compute.servers(status="ACTIVE"))) == 2
    assert wire.calls()[1].query == [("marker", "a"), ("status", "ACTIVE")]


def test_glance_s_next_is_followed():
    images = f"{GLANCE}/v2/images"
    first = Reply({"images": [{"id": "a"}], "next": "/v2/images?marker=a"})
    wire = Wire().on("GET", images, first, Reply({"images": [{"id": "b"}]}))
    assert [image.id for image in connection(wire).image.images()] == ["a", "b"]


def test_neutron_is_asked_for_a_limit_because_it_pages_only_then():
    wire = Wire().on("GET", f"{NEUTRON}/v2.0/ports", Reply({"ports": []}))
    list(connection(wire).network.ports())
    assert wire.calls()[0].query == [("limit", "1000")]


def test_volume_types_have_a_link_of_another_name():
    types = f"{CINDER}/types"
    first = {
        "volume_types": [{"id": "a", "name": "a"}],
        "volume_type_links": [{"rel": "next", "href": f"{types}?marker=a"}],
    }
    last = {"volume_types": [{"id": "b", "name": "b"}]}
    wire = Wire().on("GET", types, Reply(first), Reply(last))
    assert [kind.id for kind in connection(wire).volume.types()] == ["a", "b"]


def test_a_list_is_fetched_page_by_page_as_it_is_read():
    wire = Wire().on("GET", SERVERS, a_page("a", following="?marker=a"), a_page("b"))
    servers = connection(wire).compute.servers()
    next(servers)
    assert len(wire.calls()) == 1


def test_a_page_size_of_the_caller_s_is_kept():
    wire = Wire().on("GET", SERVERS, a_page())
    list(connection(wire).compute.servers(limit=7))
    assert wire.calls()[0].query == [("limit", "7")]


def test_an_empty_page_with_a_next_one_does_not_end_the_list():
    wire = Wire().on("GET", SERVERS, a_page(following="?marker=a"), a_page("b"))
    assert len(list(connection(wire).compute.servers())) == 1


def test_a_list_that_leads_in_a_circle_is_broken_off():
    wire = Wire().on(
        "GET", SERVERS, a_page("a", following="?marker=a"), a_page("b", following="?marker=a")
    )
    with pytest.raises(MalformedAnswer, match="read before"):
        list(connection(wire).compute.servers())


def test_a_page_that_fails_fails_the_list():
    wire = Wire().on("GET", SERVERS, a_page("a", following="?marker=a"), Reply(status=500))
    with pytest.raises(Exception, match="gave no reason"):
        list(connection(wire).compute.servers())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"servers": [{"id": "a"}',
        b"{}",
        b"[]",
        b'{"servers": [{}]}',
        b"\xff\xfe",
        b'{"servers": [{"id": "\xff"}]}',
        b'{"x": ' + b"[" * 100_000,
    ],
)
def test_a_page_that_is_no_page_fails_the_list(body):
    wire = Wire().on("GET", SERVERS, Reply(body))
    with pytest.raises(MalformedAnswer, match="cannot be read"):
        list(connection(wire).compute.servers())


def test_a_compressed_page_is_read():
    body = gzip.compress(json.dumps({"servers": [{"id": "a"}]}).encode())
    wire = Wire().on("GET", SERVERS, Reply(body, headers={"Content-Encoding": "gzip"}))
    assert len(list(connection(wire).compute.servers())) == 1


# Single things


def test_a_created_thing_whose_answer_cannot_be_read_is_in_doubt():
    wire = Wire().on("POST", f"{NEUTRON}/v2.0/ports", Reply(b"<html>OK</html>", 201))
    with pytest.raises(MalformedAnswer) as caught:
        connection(wire).network.create_port(network_id="n")
    assert caught.value.unsure


def test_a_delete_of_what_is_not_there_says_so():
    with pytest.raises(NotFound):
        connection(Wire()).compute.delete_server("s1")


# Microversions

TOO_NEW = "Version 2.79 is not supported by the API. Minimum is 2.1 and maximum is 2.60."


def refusing(maximum: tuple[int, int]):
    """Answer as a Nova does that knows microversions up to `maximum`."""

    def answer(seen):
        asked = seen.headers["X-OpenStack-Nova-API-Version"]
        if asked != "latest" and tuple(map(int, asked.split("."))) > maximum:
            return Reply({"computeFault": {"message": TOO_NEW, "code": 406}}, 406)
        used = "2.60" if asked == "latest" else asked
        return Reply(
            {"servers": [], "limits": {"absolute": {}}, "server": {"id": "s1"}},
            headers={"OpenStack-API-Version": f"compute {used}"},
        )

    return answer


def test_a_microversion_goes_to_compute_and_block_storage_only():
    wire = Wire()
    wire.on("GET", SERVERS, a_page())
    wire.on("GET", f"{CINDER}/volumes/detail", a_page(key="volumes"))
    wire.on("GET", f"{NEUTRON}/v2.0/ports", a_page(key="ports"))
    wire.on("GET", f"{GLANCE}/v2/images", a_page(key="images"))
    cloud = connection(wire)
    list(cloud.compute.servers())
    list(cloud.volume.volumes())
    list(cloud.network.ports())
    list(cloud.image.images())
    asked = [call.headers.get("OpenStack-API-Version") for call in wire.calls()]
    assert asked == ["compute 2.79", "volume 3.59", None, None]


def test_an_older_service_costs_one_call_and_is_then_asked_for_what_it_knows():
    wire = Wire().on("GET", SERVERS, refusing((2, 60)))
    compute = connection(wire).compute
    list(compute.servers())
    list(compute.servers())
    asked = [call.headers["X-OpenStack-Nova-API-Version"] for call in wire.calls()]
    assert asked == ["2.79", "2.60", "2.60"]
    assert compute.service.version() == (2, 60)


def test_a_service_that_names_no_version_is_taken_at_its_oldest():
    wire = Wire().on("GET", SERVERS, a_page())
    compute = connection(wire).compute
    list(compute.servers())
    assert compute.service.version() == (2, 1)


def test_the_version_is_asked_for_only_if_nothing_told_it_yet():
    wire = Wire().on("GET", f"{NOVA}/limits", refusing((2, 60)))
    service = connection(wire).compute.service
    assert service.version() == (2, 60)
    assert service.version() == (2, 60)
    assert len(wire.calls()) == 2


def test_the_newest_version_of_a_service_can_be_asked_for():
    wire = Wire().on("GET", f"{NOVA}/limits", refusing((2, 60)))
    assert connection(wire).compute.service.newest() == (2, 60)


def test_a_service_without_microversions_has_none():
    cloud = connection(Wire())
    assert cloud.network.service.version() is None
    assert cloud.network.service.newest() is None


def test_a_pinned_version_is_asked_for_as_it_is():
    wire = Wire().on("GET", SERVERS, refusing((2, 60)))
    compute = connection(wire, microversions={"compute": "2.70"}).compute
    with pytest.raises(BadRequest) as caught:
        list(compute.servers())
    assert caught.value.status == 406
    assert len(wire.calls()) == 1


def test_a_406_without_a_range_is_an_error():
    wire = Wire().on("GET", SERVERS, Reply(b"no", 406))
    with pytest.raises(BadRequest):
        list(connection(wire).compute.servers())


def test_what_an_old_service_cannot_do_is_said_before_it_is_tried():
    wire = Wire().on("GET", f"{NOVA}/limits", refusing((2, 30)))
    compute = connection(wire, microversions={"compute": "2.30"}).compute
    with pytest.raises(VersionUnsupported, match=r"must speak 2\.37; it speaks 2\.30"):
        compute.create_server(name="a", flavor_id="f", networks=())
    assert wire.calls("POST") == []
