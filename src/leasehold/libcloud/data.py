"""Parts of our driver's answers as Libcloud has them: as the cloud's JSON."""

from typing import Any

import msgspec


def plain(part: Any) -> Any:
    """Show it with lists and dictionaries, which programs change and give back."""
    return msgspec.json.decode(msgspec.json.encode(part))
