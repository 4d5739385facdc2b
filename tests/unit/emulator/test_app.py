"""From a raw call to an answer, with everything that can be made to go wrong on the way."""

import asyncio

import pytest

from leasehold.emulator import Effect, Rule
from leasehold.emulator.counters import Call
from tests.unit.emulator.conftest import InProcess, Reply

SERVERS = "/compute/v2.1/servers"


def test_a_call_without_a_token_is_refused_with_a_challenge(cloud: InProcess) -> None:
    reply = cloud.call("GET", SERVERS, user=None)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == (
        'Keystone uri="http://cloud.test:8774/identity/v3"'
    )
    assert reply.json["error"]["code"] == 401
    assert reply.headers["x-openstack-request-id"].startswith("req-")


def test_an_expired_token_is_refused(cloud: InProcess) -> None:
    assert cloud.call("GET", SERVERS).status == 200
    cloud.advance(24 * 3600)
    assert cloud.call("GET", SERVERS).status == 401


def test_tokens_can_be_expired_at_once(cloud: InProcess) -> None:
    cloud.token()
    assert cloud.cloud.expire_tokens() == 1
    assert cloud.call("GET", SERVERS).status == 401


def test_an_unknown_path_needs_a_token_to_be_told_so(cloud: InProcess) -> None:
    assert cloud.call("GET", "/compute/v2.1/nothing", user=None).status == 401
    assert cloud.call("GET", "/compute/v2.1/nothing").status == 404


def test_a_service_that_is_not_there_is_a_404(cloud: InProcess) -> None:
    assert cloud.call("GET", "/dns/v2/zones").status == 404


def test_every_call_has_its_own_request_id(cloud: InProcess) -> None:
    first, second = (cloud.call("GET", SERVERS) for _ in range(2))
    assert first.headers["x-openstack-request-id"] != second.headers["x-openstack-request-id"]


def test_head_gives_the_headers_alone(cloud: InProcess) -> None:
    reply = cloud.call("HEAD", "/compute/v2.1")
    assert reply.status == 200
    assert reply.body == b""
    assert int(reply.headers["content-length"]) > 0


def test_calls_are_counted_by_template(cloud: InProcess) -> None:
    server = cloud.a_server()
    cloud.cloud.requests.reset()
    for _ in range(3):
        cloud.server(server["id"])
    cloud.call("GET", "/_emulator/ready")
    call = Call(service="compute", method="GET", template="/v2.1/servers/{server_id}")
    assert cloud.cloud.requests.by_call() == {call: 3}
    assert cloud.cloud.requests.of("compute") == cloud.cloud.requests.total == 3
    assert cloud.cloud.requests.of("compute", "DELETE") == 0


def a_wish(cloud: InProcess) -> dict[str, object]:
    wish = {
        "name": "web",
        "flavorRef": "1",
        "imageRef": cloud.image_id(),
        "networks": [{"uuid": cloud.network_id()}],
    }
    return {"server": wish}


def servers(cloud: InProcess) -> list[str]:
    return [server["name"] for server in cloud.call("GET", SERVERS).json["servers"]]


@pytest.mark.parametrize(
    ("effect", "status", "made"),
    [
        (Effect.ERROR_BEFORE, 503, []),
        (Effect.ERROR_AFTER, 503, ["web"]),
        (Effect.LOST_BEFORE, None, []),
        (Effect.LOST_AFTER, None, ["web"]),
        (Effect.CONFLICT, 409, []),
        (Effect.RATE_LIMIT, 429, []),
        (Effect.QUOTA, 403, []),
    ],
)
def test_a_fault_happens_on_its_own_side_of_the_effect(
    cloud: InProcess, effect: Effect, status: int | None, made: list[str]
) -> None:
    wish = a_wish(cloud)
    cloud.cloud.faults.add(Rule(effect=effect, kind="server", method="POST", count=1))
    assert cloud.call("POST", SERVERS, wish).status == status
    assert servers(cloud) == made


def test_a_rate_limit_says_when_to_come_back(cloud: InProcess) -> None:
    cloud.token()
    cloud.cloud.faults.add(Rule(effect=Effect.RATE_LIMIT, status=413, seconds=7))
    reply = cloud.call("GET", SERVERS)
    assert reply.status == 413
    assert reply.headers["retry-after"] == "7"
    assert reply.json["overLimit"]["retryAfter"] == "7"


def test_a_fault_speaks_the_dialect_of_its_service(cloud: InProcess) -> None:
    cloud.token()
    cloud.cloud.faults.add(Rule(effect=Effect.ERROR_BEFORE, status=500))
    assert "computeFault" in cloud.call("GET", SERVERS).json
    assert "NeutronError" in cloud.call("GET", "/network/v2.0/ports").json
    assert "error" in cloud.call("GET", "/identity/v3/auth/projects").json


def test_a_proxy_in_front_can_answer_in_its_own_words(cloud: InProcess) -> None:
    cloud.token()
    cloud.cloud.faults.add(Rule(effect=Effect.ERROR_BEFORE, status=502, body="<h1>Bad</h1>"))
    reply = cloud.call("GET", SERVERS)
    assert (reply.status, reply.body) == (502, b"<h1>Bad</h1>")
    assert reply.headers["content-type"] == "text/html"


def test_a_slow_answer_comes_when_its_time_has_come(cloud: InProcess) -> None:
    cloud.token()
    cloud.cloud.faults.add(Rule(effect=Effect.LATENCY, seconds=30))

    async def scenario() -> tuple[bool, Reply]:
        call = asyncio.create_task(cloud.acall("GET", SERVERS))
        await asyncio.sleep(0)
        cloud.advance(29)
        await asyncio.sleep(0)
        early = call.done()
        cloud.advance(1)
        return early, await call

    early, reply = asyncio.run(scenario())
    assert not early
    assert reply.status == 200


def test_several_faults_can_strike_one_call(cloud: InProcess) -> None:
    wish = a_wish(cloud)
    cloud.cloud.faults.add(Rule(effect=Effect.NO_VALID_HOST, kind="server"))
    cloud.cloud.faults.add(Rule(effect=Effect.ERROR_AFTER, method="POST", status=502))
    assert cloud.call("POST", SERVERS, wish).status == 502
    cloud.advance(20)
    (server,) = cloud.call("GET", f"{SERVERS}/detail").json["servers"]
    assert server["status"] == "ERROR"


def test_a_stale_listing_shows_what_was(cloud: InProcess) -> None:
    early = cloud.a_server(name="early")
    cloud.advance(60)
    cloud.a_server(name="late")
    cloud.call("DELETE", f"{SERVERS}/{early['id']}")
    cloud.advance(10)
    assert servers(cloud) == ["late"]
    cloud.cloud.faults.add(Rule(effect=Effect.STALE, kind="server", seconds=40))
    reply = cloud.call("GET", f"{SERVERS}/detail")
    (server,) = reply.json["servers"]
    assert (server["name"], server["status"]) == ("early", "ACTIVE")
    cloud.cloud.faults.clear()
    assert servers(cloud) == ["late"]


def test_a_truncated_listing_has_lost_its_tail_and_its_next_link(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(5)
    cloud.cloud.faults.add(Rule(effect=Effect.TRUNCATED, kind="server", keep=3))
    body = cloud.call("GET", f"{SERVERS}?limit=4").json
    assert [server["name"] for server in body["servers"]] == [
        "seed-00005",
        "seed-00004",
        "seed-00003",
    ]
    assert "servers_links" not in body


def test_an_empty_listing_is_a_good_answer_without_anything(cloud: InProcess) -> None:
    cloud.cloud.seed_servers(2)
    cloud.cloud.faults.add(Rule(effect=Effect.EMPTY, kind="server"))
    reply = cloud.call("GET", SERVERS)
    assert (reply.status, reply.json) == (200, {"servers": []})


def test_an_outage_answers_503_or_nothing_at_all(cloud: InProcess) -> None:
    cloud.token()
    cloud.cloud.faults.begin_outage("compute")
    assert cloud.call("GET", SERVERS).status == 503
    assert cloud.call("GET", "/network/v2.0/ports").status == 200
    cloud.cloud.faults.begin_outage("compute", status=None)
    assert cloud.call("GET", SERVERS).status is None


def test_faults_and_outages_spare_the_admin_routes(cloud: InProcess) -> None:
    cloud.cloud.faults.begin_outage()
    cloud.cloud.faults.add(Rule(effect=Effect.ERROR_BEFORE))
    assert cloud.call("GET", "/_emulator/ready", user=None).status == 200
