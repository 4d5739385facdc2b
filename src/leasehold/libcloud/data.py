"""Parts of answers and requests as Libcloud has them: as the cloud's JSON."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from libcloud.common.types import LibcloudError

Form = TypeVar("Form", bound=msgspec.Struct)


def plain(part: Any) -> Any:
    """Show it with lists and dictionaries, which programs change and give back."""
    return msgspec.json.decode(msgspec.json.encode(part))


def read(given: Mapping[str, Any], form: type[Form], *, called: str) -> Form:
    """Read what a program wrote; numbers may be text, as in many programs.

    Raises `LibcloudError` about what it is `called` for fields that are unknown or of another kind.
    """
    if unknown := sorted(given.keys() - set(form.__struct_fields__)):
        raise LibcloudError(f"{called} has no {', '.join(unknown)}")
    try:
        return msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        raise LibcloudError(f"{called} cannot be read: {error}") from error
