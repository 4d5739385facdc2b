"""Documents of 1.0 as JSON or as XML: the same content in two coats.

Names and shapes are those of the Cloud Servers API 1.0 guide and its XML schema.
"""

from typing import Any
from xml.etree import ElementTree

import msgspec

from leasehold.emulator.http import Fault, Request, Response

NAMESPACE = "http://docs.rackspacecloud.com/servers/api/v1.0"
XML = "application/xml"

_ITEMS = {
    "servers": ("server", "id"),
    "flavors": ("flavor", "id"),
    "images": ("image", "id"),
    "sharedIpGroups": ("sharedIpGroup", "id"),
    "versions": ("version", "id"),
    "public": ("ip", "addr"),
    "private": ("ip", "addr"),
    "rate": ("limit", "verb"),
}
"""Lists: the element of one item, and the attribute that an item without fields goes into."""


def read(request: Request) -> tuple[str, dict[str, Any]]:
    """The body's one key and what is under it; raises Fault 400."""
    if _is_xml(request.headers.get("content-type", "")):
        return _read_xml(request.body)
    body = request.json()
    if not isinstance(body, dict) or len(body) != 1:
        raise Fault(400, "Cannot understand the request body")
    name, given = next(iter(body.items()))
    return name, given if isinstance(given, dict) else {}


def read_part(request: Request, name: str) -> dict[str, Any]:
    """What is under `name`; raises Fault 400 for anything else."""
    found, given = read(request)
    if found != name:
        raise Fault(400, f"The request body has no {name}")
    return given


def written(request: Request, status: int, name: str, value: object) -> Response:
    """The answer, as the caller likes it."""
    if _is_xml(request.headers.get("accept", "")):
        root = _element(name, value)
        root.set("xmlns", NAMESPACE)
        text = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
        return Response(status, text, {"Content-Type": XML})
    return Response(status, msgspec.json.encode({name: value}))


def fault_document(request: Request, name: str, fault: Fault) -> Response:
    """An error: in XML its words are elements of their own."""
    error: dict[str, Any] = {"message": fault.message, "code": fault.status}
    if "Retry-After" in fault.headers:
        error["retryAfter"] = fault.headers["Retry-After"]
    if not _is_xml(request.headers.get("accept", "")):
        return Response(fault.status, {name: error}, fault.headers)
    root = ElementTree.Element(name, {"xmlns": NAMESPACE, "code": str(fault.status)})
    for word in error.keys() - {"code"}:
        ElementTree.SubElement(root, word).text = error[word]
    text = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(fault.status, text, {**fault.headers, "Content-Type": XML})


def _is_xml(media_type: str) -> bool:
    return media_type.startswith(XML)


def _read_xml(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - from a client on loopback
    except ElementTree.ParseError as error:
        raise Fault(400, "Malformed XML in the request body") from error
    given: dict[str, Any] = dict(root.attrib)
    for child in root:
        name = _bare(child.tag)
        if name == "metadata":
            given[name] = {item.get("key", ""): item.text or "" for item in child}
        elif name == "personality":
            given[name] = [{"path": item.get("path"), "contents": item.text} for item in child]
        else:
            given[name] = child.get("id")
    return _bare(root.tag), given


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _element(name: str, value: object) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, list):
        item_name, attribute = _ITEMS[name]
        for item in value:
            item = item if isinstance(item, dict) else {attribute: item}
            element.append(_element(item_name, item))
    elif name == "metadata" and isinstance(value, dict):
        for key, text in value.items():
            ElementTree.SubElement(element, "meta", {"key": key}).text = text
    elif name == "absolute" and isinstance(value, dict):
        for key, number in value.items():
            ElementTree.SubElement(element, "limit", {"name": key, "value": str(number)})
    elif isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, dict | list):
                element.append(_element(key, part))
            else:
                element.set(key, str(part).lower() if isinstance(part, bool) else str(part))
    return element
