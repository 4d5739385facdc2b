"""Every form in which Nova shows a server."""

LINK = {"rel": str, "href": str}
ADDRESS = {
    "version": int,
    "addr": str,
    "OS-EXT-IPS:type": str,
    "OS-EXT-IPS-MAC:mac_addr": str,
}
SERVER = {
    "id": str,
    "name": str,
    "status": str,
    "tenant_id": str,
    "user_id": str,
    "hostId": str,
    "metadata": dict,
    "created": str,
    "updated": str,
    "accessIPv4": str,
    "accessIPv6": str,
    "addresses": dict,
    "flavor": {"id": str, "links": [LINK]},
    "image": {"id": str, "links": [LINK]},
    "links": [LINK],
    "key_name": None | str,
    "config_drive": str,
    "OS-DCF:diskConfig": str,
    "OS-EXT-AZ:availability_zone": str,
    "OS-EXT-STS:task_state": None | str,
    "OS-EXT-STS:vm_state": str,
    "OS-EXT-STS:power_state": int,
    "OS-SRV-USG:launched_at": None | str,
    "OS-SRV-USG:terminated_at": None | str,
    "os-extended-volumes:volumes_attached": [dict],
}
UNDER_WAY = SERVER | {"progress": int}
ACTIVE = UNDER_WAY | {"security_groups": [{"name": str}]}
FAILED = SERVER | {"fault": {"code": int, "created": str, "message": str}}
FLAVOR_2_47 = {
    "vcpus": int,
    "ram": int,
    "disk": int,
    "ephemeral": int,
    "swap": int,
    "original_name": str,
    "extra_specs": dict,
}
ACTIVE_2_79 = ACTIVE | {
    "flavor": FLAVOR_2_47,
    "os-extended-volumes:volumes_attached": [dict],
    "locked": bool,
    "locked_reason": None | str,
    "description": None | str,
    "tags": [str],
    "trusted_image_certificates": None | list,
    "server_groups": [str],
}
ACTIVE_2_96 = ACTIVE_2_79 | {
    "OS-EXT-SRV-ATTR:hostname": str,
    "pinned_availability_zone": None | str,
}
BORN = {
    "id": str,
    "links": [LINK],
    "OS-DCF:diskConfig": str,
    "adminPass": str,
    "security_groups": [{"name": str}],
}
