"""Every form in which Cinder shows a volume or snapshot."""

LINK = {"rel": str, "href": str}
ATTACHMENT = {
    "id": str,
    "attachment_id": str,
    "volume_id": str,
    "server_id": str,
    "host_name": None | str,
    "device": str,
    "attached_at": str,
}
BORN = {
    "id": str,
    "name": None | str,
    "description": None | str,
    "status": str,
    "size": int,
    "availability_zone": str,
    "created_at": str,
    "updated_at": None | str,
    "volume_type": str,
    "snapshot_id": None | str,
    "source_volid": None | str,
    "metadata": dict,
    "links": [LINK],
    "user_id": str,
    "bootable": str,
    "encrypted": bool,
    "replication_status": None | str,
    "consistencygroup_id": None | str,
    "multiattach": bool,
    "attachments": [ATTACHMENT],
}
VOLUME = BORN | {"os-vol-tenant-attr:tenant_id": str}
VOLUME_3_59 = VOLUME | {
    "group_id": None | str,
    "shared_targets": bool,
    "service_uuid": None | str,
}
FROM_IMAGE = VOLUME | {"volume_image_metadata": dict}
SNAPSHOT = {
    "id": str,
    "name": None | str,
    "description": None | str,
    "volume_id": str,
    "status": str,
    "size": int,
    "metadata": dict,
    "created_at": str,
    "updated_at": None | str,
}
SHOWN_SNAPSHOT = SNAPSHOT | {
    "os-extended-snapshot-attributes:project_id": str,
    "os-extended-snapshot-attributes:progress": str,
}
TYPE = {
    "id": str,
    "name": str,
    "is_public": bool,
    "description": None | str,
    "extra_specs": dict,
    "os-volume-type-access:is_public": bool,
}
