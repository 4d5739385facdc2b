"""Takes user-data apart: gzip, MIME, cloud-config, scripts."""

import email
import zlib
from email.message import Message
from enum import StrEnum

import msgspec

_LARGEST = 16 << 20
"""Bytes after decompression; Nova takes 64 KiB, so more than this is an accident or a bomb."""


class Kind(StrEnum):
    """What a guest does with a part."""

    CONFIG = "text/cloud-config"
    SCRIPT = "text/x-shellscript"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of user-data that is applied."""

    kind: Kind
    name: str
    content: bytes


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What user-data consists of, and what of it is not applied or not understood."""

    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()


_BY_FIRST_LINE = (
    (b"#cloud-config-archive", "text/cloud-config-archive"),
    (b"#cloud-config", Kind.CONFIG.value),
    (b"#!", Kind.SCRIPT.value),
    (b"#include", "text/x-include-url"),
    (b"#cloud-boothook", "text/cloud-boothook"),
    (b"#part-handler", "text/part-handler"),
    (b"#upstart-job", "text/upstart-job"),
    (b"## template: jinja", "text/jinja2"),
)
_VAGUE = frozenset({"text/plain", "text/x-not-multipart", "application/octet-stream"})
"""MIME types that say nothing: the first line decides."""


def take_apart(user_data: bytes) -> Parts:
    """Split user-data. Never raises: what cannot be read becomes a note, as in a real boot."""
    content, broken = unzipped(user_data)
    if broken:
        return Parts(notes=(f"[WARNING]: user-data is not applied: {broken}",))
    if not content.strip():
        return Parts()
    if _is_mime(content):
        return _from_mime(content)
    declared = _declared(content)
    if declared is None:
        note = (
            "[WARNING]: Unhandled non-multipart (text/x-not-multipart) user-data, which begins "
            f"{content[:30]!r}; its first line must be one like #cloud-config or #!/bin/sh"
        )
        return Parts(notes=(note,))
    return _sorted_out([(declared, "part-001", content)])


def unzipped(content: bytes) -> tuple[bytes, str | None]:
    """Unpack gzip, if it is that; the second value says what is wrong with it."""
    if not content.startswith(b"\x1f\x8b"):
        return content, None
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(content, _LARGEST)
    except zlib.error as error:
        return b"", f"it looks like gzip but is broken ({error})"
    if unpacker.unconsumed_tail:
        return b"", f"it unpacks to more than {_LARGEST >> 20} MiB"
    if not unpacker.eof:
        return b"", "it looks like gzip but ends too early"
    return unpacked, None


def _is_mime(content: bytes) -> bool:
    head = content.lstrip()[:4096].lower()
    return head.startswith((b"content-type:", b"mime-version:", b"from ")) or (
        b"\nmime-version:" in head and b"content-type: multipart" in head
    )


def _from_mime(content: bytes) -> Parts:
    found: list[tuple[str, str, bytes]] = []
    notes: list[str] = []
    for message in email.message_from_bytes(content.lstrip()).walk():
        if message.is_multipart():
            continue
        name = message.get_filename() or f"part-{len(found) + 1:03}"
        payload, broken = unzipped(_payload(message))
        if broken:
            notes.append(f"[WARNING]: part {name!r} is not applied: {broken}")
            continue
        declared = message.get_content_type()
        if declared in _VAGUE:
            declared = _declared(payload) or declared
        found.append((declared, name, payload))
    parts = _sorted_out(found)
    return Parts(parts=parts.parts, notes=(*notes, *parts.notes))


def _payload(message: Message) -> bytes:
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _declared(content: bytes) -> str | None:
    start = content.lstrip()
    return next((kind for mark, kind in _BY_FIRST_LINE if start.startswith(mark)), None)


def _sorted_out(found: list[tuple[str, str, bytes]]) -> Parts:
    parts: list[Part] = []
    notes: list[str] = []
    for declared, name, content in found:
        if declared in set(Kind):
            safe = name.replace("/", "_") or "part"
            parts.append(Part(kind=Kind(declared), name=safe, content=content))
        else:
            notes.append(f"part {name!r} of type {declared} is not applied by the emulator")
    return Parts(parts=tuple(parts), notes=tuple(notes))
