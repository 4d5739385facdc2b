"""Listings that lie: what the faults of a listing do to a good answer."""

import msgspec

from leasehold.emulator.http import Response


def truncated(response: Response, keep: int | None) -> Response:
    """The answer with only its first `keep` entries (None: half), and without a next link."""
    return _cut(response, keep)


def emptied(response: Response) -> Response:
    """The answer with no entries at all."""
    return _cut(response, 0)


def _cut(response: Response, keep: int | None) -> Response:
    if response.status != 200:
        return response
    body = msgspec.json.decode(response.body)
    if not isinstance(body, dict):
        return response
    for key, entries in list(body.items()):
        if key == "next" or key.endswith("_links"):
            del body[key]
        elif isinstance(entries, list):
            body[key] = entries[: len(entries) // 2 if keep is None else keep]
    return Response(response.status, body, response.headers)
