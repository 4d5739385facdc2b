import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
import urllib3

from leasehold.openstack import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    EndpointMissing,
    ServerError,
    ServiceType,
    ServiceUnavailable,
)
from leasehold.openstack.compute import ServerNetwork

from .wire import (
    CINDER,
    GLANCE,
    KEYSTONE,
    NEUTRON,
    NOVA,
    Reply,
    Wire,
    a_catalog_entry,
    a_token,
    connection,
)

PORT = (ServerNetwork(port="p1"),)
SERVER = f"{NOVA}/servers/s1"
ONE = Reply({"server": {"id": "s1", "name": "one"}})
REFUSED = Reply({"error": {"message": "expired", "code": 401}}, 401)


def cut() -> Reply:
    return Reply(error=requests.ConnectionError(urllib3.exceptions.ProtocolError("cut")))


def closed_port() -> Reply:
    pool = urllib3.HTTPConnectionPool("nova.example")
    return Reply(
        error=requests.ConnectionError(urllib3.exceptions.NewConnectionError(pool, "refused"))
    )


def test_all_services_share_one_token_and_no_version_is_asked_for():
    wire = Wire()
    wire.on("GET", f"{NOVA}/servers/detail", Reply({"servers": []}))
    wire.on("GET", f"{NEUTRON}/v2.0/ports", Reply({"ports": []}))
    wire.on("GET", f"{GLANCE}/v2/images", Reply({"images": []}))
    wire.on("GET", f"{CINDER}/volumes/detail", Reply({"volumes": []}))
    cloud = connection(wire)
    listings = [
        cloud.compute.servers(),
        cloud.network.ports(),
        cloud.image.images(),
        cloud.volume.volumes(),
    ]
    assert [list(listing) for listing in listings] == [[], [], [], []]
    assert len(wire.seen) == 5
    assert wire.tokens == 1
    assert {call.headers["X-Auth-Token"] for call in wire.calls()} == {"token-1"}


def test_a_token_that_expires_soon_is_renewed_before_the_call():
    wire = Wire().on("GET", SERVER, ONE)
    old = a_token(expires_at="2020-01-01T00:00:00.000000Z")
    wire.on(
        "POST",
        f"{KEYSTONE}/auth/tokens",
        Reply(old, 201, {"X-Subject-Token": "old"}),
        Reply(a_token(), 201, {"X-Subject-Token": "new"}),
    )
    cloud = connection(wire)
    cloud.identity()
    cloud.compute.server("s1")
    assert wire.calls()[0].headers["X-Auth-Token"] == "new"


def test_a_refused_token_is_renewed_once():
    wire = Wire().on("GET", SERVER, REFUSED, ONE)
    assert connection(wire).compute.server("s1").name == "one"
    assert [call.headers["X-Auth-Token"] for call in wire.calls()] == ["token-1", "token-2"]


def test_a_post_is_sent_again_after_a_refused_token_for_nothing_had_happened():
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", REFUSED, Reply(status=202))
    connection(wire).compute.start_server("s1")
    assert len(wire.calls("POST")) == 2


def test_a_token_refused_twice_is_an_error():
    wire = Wire().on("GET", SERVER, REFUSED)
    with pytest.raises(AuthenticationFailed):
        connection(wire).compute.server("s1")
    assert len(wire.calls()) == 2


def test_threads_that_meet_one_dead_token_renew_it_once():
    threads = 8
    together = Barrier(threads)

    def answer(seen):
        if seen.headers["X-Auth-Token"] != "token-1":
            return ONE
        together.wait(timeout=30)
        return REFUSED

    wire = Wire().on("GET", SERVER, answer)
    cloud = connection(wire)
    with ThreadPoolExecutor(threads) as pool:
        servers = list(pool.map(cloud.compute.server, ["s1"] * threads))
    assert {server.name for server in servers} == {"one"}
    assert wire.tokens == 2


def test_a_reading_call_outlives_a_lost_connection():
    pauses: list[float] = []
    wire = Wire().on("GET", SERVER, cut(), Reply(status=503), ONE)
    cloud = connection(wire, retries=3, pauses=pauses)
    assert cloud.compute.server("s1").name == "one"
    assert pauses == [0.5, 1.0]


def test_a_post_whose_answer_was_lost_is_not_repeated():
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", cut(), Reply(status=202))
    with pytest.raises(ConnectionLost) as caught:
        connection(wire, retries=3).compute.start_server("s1")
    assert len(wire.calls("POST")) == 1
    assert caught.value.unsure


def test_a_post_that_never_left_is_repeated():
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", closed_port(), Reply(status=202))
    connection(wire, retries=3).compute.start_server("s1")
    assert len(wire.calls("POST")) == 2


def test_a_call_made_while_another_s_failure_is_handled_is_judged_by_itself():
    action = f"{NOVA}/servers/s1/action"
    wire = Wire().on("GET", SERVER, closed_port()).on("POST", action, cut())
    cloud = connection(wire)
    try:
        cloud.compute.server("s1")
    except ConnectFailed:
        with pytest.raises(ConnectionLost) as caught:
            cloud.compute.start_server("s1")
    assert caught.value.unsure


def test_retry_after_is_waited_for():
    pauses: list[float] = []
    wire = Wire().on("GET", SERVER, Reply(status=429, headers={"Retry-After": "3"}), ONE)
    connection(wire, retries=1, pauses=pauses).compute.server("s1")
    assert pauses == [3.0]


def test_without_retries_nothing_is_repeated_and_nobody_waits():
    pauses: list[float] = []
    wire = Wire().on("GET", SERVER, Reply(status=503), ONE)
    with pytest.raises(ServiceUnavailable):
        connection(wire, pauses=pauses).compute.server("s1")
    assert pauses == []
    assert len(wire.calls()) == 1


def test_a_delete_that_worked_although_its_answer_was_lost_is_done():
    gone = Reply({"itemNotFound": {"message": "Instance s1 could not be found."}}, 404)
    wire = Wire().on("DELETE", SERVER, cut(), gone)
    connection(wire, retries=3).compute.delete_server("s1")
    assert len(wire.calls("DELETE")) == 2


def test_a_detach_is_not_repeated_after_a_lost_answer():
    wire = Wire().on("DELETE", f"{SERVER}/os-volume_attachments/v1", cut(), Reply(status=202))
    with pytest.raises(ConnectionLost):
        connection(wire, retries=3).compute.delete_volume_attachment("s1", "v1")


def test_doubt_is_not_forgotten_by_a_later_attempt():
    wire = Wire().on("DELETE", SERVER, cut(), closed_port(), closed_port())
    with pytest.raises(ConnectFailed) as caught:
        connection(wire, retries=2).compute.delete_server("s1")
    assert caught.value.unsure


def test_a_server_error_is_not_repeated():
    wire = Wire().on("GET", SERVER, Reply(status=500), ONE)
    with pytest.raises(ServerError):
        connection(wire, retries=3).compute.server("s1")


def test_keystoneauth_s_redirects_and_retries_do_not_repeat_a_lost_post():
    wire = Wire().on("POST", f"{NOVA}/servers/s1/action", Reply(error=requests.ReadTimeout("slow")))
    with pytest.raises(Exception, match="in time"):
        connection(wire, retries=3).compute.start_server("s1")
    assert len(wire.calls("POST")) == 1


def test_an_endpoint_given_by_hand_goes_before_the_catalog():
    wire = Wire().on("GET", "http://other.example/v2.1/servers/s1", ONE)
    cloud = connection(wire, endpoints={ServiceType.COMPUTE: "http://other.example"})
    assert cloud.compute.server("s1").name == "one"


def test_a_region_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(EndpointMissing, match="RegionOne"):
        connection(Wire(), region="Elsewhere").compute.server("s1")


def test_no_log_line_holds_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    wire = Wire().on("POST", f"{NOVA}/servers", Reply({"server": {"id": "s1", "adminPass": "pw1"}}))
    made = connection(wire).compute.create_server(
        name="a", flavor_id="f", image_id="i", networks=PORT, user_data="of the user"
    )
    assert made.admin_password.reveal() == "pw1"
    text = caplog.text + repr(made)
    for secret in ("correct horse", "token-1", "pw1", "of the user", "b2YgdGhlIHVzZXI="):
        assert secret not in text


def unversioned(kind: str, name: str, url: str) -> Wire:
    catalog = [a_catalog_entry(kind, name, url)]
    token = Reply(a_token(catalog=catalog), 201, {"X-Subject-Token": "token-1"})
    return Wire().on("POST", f"{KEYSTONE}/auth/tokens", token)


@pytest.mark.parametrize("status", [200, 300])
def test_a_block_storage_without_a_version_is_asked_once_and_without_the_token(status):
    wire = unversioned("volumev2", "cinderv2", "http://cinder.example/")
    document = {"versions": [{"id": "v1.0"}, {"id": "v2.0"}]}
    wire.on("GET", "http://cinder.example/", Reply(document, status))
    wire.on("GET", "http://cinder.example/v2/project-1/types", Reply({"volume_types": []}))
    cloud = connection(wire)
    assert cloud.volume.service.api_version == (2, 0)
    assert list(cloud.volume.types()) == []
    asked, _ = wire.calls("GET")
    assert "X-Auth-Token" not in asked.headers


def test_a_service_that_is_not_well_when_it_is_asked_for_its_versions_is_asked_again():
    wire = unversioned("compute", "nova", "http://nova.example")
    document = {"versions": [{"id": "v2.0"}]}
    wire.on("GET", "http://nova.example/", Reply(status=503), Reply(document))
    cloud = connection(wire)
    with pytest.raises(ServiceUnavailable) as caught:
        cloud.compute.delete_server("s1")
    assert caught.value.unsure is False
    assert cloud.compute.service.api_version == (2, 0)
