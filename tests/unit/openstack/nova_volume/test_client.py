"""Volumes by Nova: what is sent, and how lists page."""

from typing import Any

from tests.unit.openstack.wire import NOVA, Reply, Seen, Wire, connection


def a_volume(number: int) -> dict[str, Any]:
    return {"id": f"v{number}", "displayName": None, "status": "available", "size": 1}


def test_a_list_goes_on_by_offset_until_a_page_is_empty() -> None:
    def page(seen: Seen) -> Reply:
        start = int(dict(seen.query).get("offset", 0))
        return Reply({"volumes": [a_volume(n) for n in range(start, min(start + 1000, 1500))]})

    wire = Wire().on("GET", f"{NOVA}/os-volumes/detail", page)
    volumes = list(connection(wire).nova_volume.volumes())
    assert [volume.id for volume in volumes] == [f"v{number}" for number in range(1500)]
    assert len(wire.calls("GET")) == 3


def test_only_what_is_given_is_sent_in_the_words_of_nova() -> None:
    wire = Wire().on("POST", f"{NOVA}/os-volumes", Reply({"volume": a_volume(1)}))
    connection(wire).nova_volume.create_volume(size=1, name="data", description="of mine")
    assert wire.calls("POST")[0].json == {
        "volume": {"size": 1, "display_name": "data", "display_description": "of mine"}
    }


def test_the_empty_attachment_of_a_free_volume_is_none() -> None:
    free = a_volume(1) | {"attachments": [{}]}
    held = a_volume(2) | {"attachments": [{"id": "v2", "serverId": "s", "device": "/dev/vdb"}]}
    page, end = Reply({"volumes": [free, held]}), Reply({"volumes": []})
    wire = Wire().on("GET", f"{NOVA}/os-volumes/detail", page, end)
    first, second = connection(wire).nova_volume.volumes()
    assert first.attachments == ()
    assert [(one.server_id, one.device) for one in second.attachments] == [("s", "/dev/vdb")]
