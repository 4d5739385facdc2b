from tests.unit.openstack.wire import GLANCE, Reply, Wire, connection

IMAGE = {
    "id": "i1",
    "name": None,
    "status": "active",
    "size": None,
    "min_disk": 1,
    "min_ram": 0,
    "created_at": "2030-01-01T00:00:00Z",
    "os_distro": "debian",
    "tags": [],
    "hw_disk_bus": "scsi",
    "self": "/v2/images/i1",
}


def test_images_are_filtered_by_glance_and_may_have_no_name():
    wire = Wire().on("GET", f"{GLANCE}/v2/images", Reply({"images": [IMAGE]}))
    (image,) = connection(wire).image.images(status="active")
    assert (image.id, image.name, image.os_distro, image.min_disk) == ("i1", None, "debian", 1)
    assert ("status", "active") in wire.calls()[0].query


def test_a_single_image_is_not_wrapped():
    wire = Wire().on("GET", f"{GLANCE}/v2/images/i1", Reply(IMAGE))
    assert connection(wire).image.image("i1").id == "i1"
