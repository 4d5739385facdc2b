"""Nova 1.0 in XML, which is what its oldest clients speak."""

from typing import Any
from xml.etree import ElementTree

from leasehold.emulator.effects import Effect
from leasehold.emulator.fault_rules import Rule
from tests.unit.emulator.compute.v1.test_servers import a_server, image_number
from tests.unit.emulator.conftest import InProcess, Reply

XML = {"accept": "application/xml", "content-type": "application/xml; charset=UTF-8"}
NAMESPACE = "{http://docs.rackspacecloud.com/servers/api/v1.0}"


def call(cloud: InProcess, method: str, path: str, text: str = "") -> Reply:
    return cloud.call(method, f"/compute/v1.0{path}", body=text.encode(), headers=XML)


def tree(reply: Reply) -> Any:
    assert reply.headers["content-type"] == "application/xml"
    return ElementTree.fromstring(reply.body)


def test_a_server_is_made_and_shown_in_xml(cloud: InProcess) -> None:
    image = image_number(cloud)
    reply = call(
        cloud,
        "POST",
        "/servers",
        f'<server xmlns="{NAMESPACE.strip("{}")}" name="web" imageId="{image}" flavorId="1">'
        '<metadata><meta key="role">front</meta></metadata>'
        '<personality><file path="/etc/motd">aGk=</file></personality></server>',
    )
    assert reply.status == 202
    made = tree(reply)
    assert made.tag == f"{NAMESPACE}server"
    assert (made.get("name"), made.get("status"), len(made.get("adminPass"))) == (
        "web",
        "BUILD",
        12,
    )
    cloud.advance(10)
    (shown,) = tree(call(cloud, "GET", "/servers/detail"))
    (meta,) = shown.iterfind(f"{NAMESPACE}metadata/{NAMESPACE}meta")
    assert (meta.get("key"), meta.text) == ("role", "front")
    (address,) = shown.iterfind(f"{NAMESPACE}addresses/{NAMESPACE}private/{NAMESPACE}ip")
    assert address.get("addr") == "10.20.0.2"


def test_groups_and_limits_have_items_of_their_own_in_xml(cloud: InProcess) -> None:
    number = a_server(cloud)["id"]
    made = tree(
        call(
            cloud,
            "POST",
            "/shared_ip_groups",
            f'<sharedIpGroup name="pair"><server id="{number}"/></sharedIpGroup>',
        )
    )
    (server,) = made.iterfind(f"{NAMESPACE}servers/{NAMESPACE}server")
    assert server.get("id") == str(number)
    limits = tree(call(cloud, "GET", "/limits"))
    names = {one.get("name") for one in limits.iterfind(f"{NAMESPACE}absolute/{NAMESPACE}limit")}
    assert names == {"maxTotalRAMSize", "maxIPGroups", "maxIPGroupMembers"}
    schedule = tree(call(cloud, "GET", f"/servers/{number}/backup_schedule"))
    assert schedule.get("enabled") == "false"


def test_errors_and_faults_are_xml_too(cloud: InProcess) -> None:
    gone = tree(call(cloud, "GET", "/servers/7"))
    assert (gone.tag, gone.get("code")) == (f"{NAMESPACE}itemNotFound", "404")
    assert gone.findtext(f"{NAMESPACE}message") == "Instance 7 could not be found."
    cloud.cloud.faults.add(Rule(effect=Effect.RATE_LIMIT, kind="server", seconds=7, count=1))
    reply = call(cloud, "GET", "/servers/detail")
    limit = tree(reply)
    assert (reply.status, limit.tag) == (413, f"{NAMESPACE}overLimit")
    assert limit.findtext(f"{NAMESPACE}retryAfter") == "7" == reply.headers["retry-after"]


def test_what_is_no_xml_is_refused(cloud: InProcess) -> None:
    assert tree(call(cloud, "POST", "/servers", "<server")).tag == f"{NAMESPACE}badRequest"
