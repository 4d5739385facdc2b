"""The exact form of a JSON value: all its keys, none else, and the type of each.

A form is a type (``str``, ``str | None``, None for null), a dict of forms (exactly these keys), a
list of one form (each item is of it) or ``dict`` (keys are the user's business, such as metadata).
"""

from types import UnionType
from typing import Any

Form = type | UnionType | dict[str, Any] | list[Any] | None


def differences(value: Any, form: Form, where: str = "") -> list[str]:
    """Say where `value` is not of `form`; empty when it is."""
    here = where or "value"
    if isinstance(form, dict):
        if not isinstance(value, dict):
            return [f"{here}: {value!r} is not an object"]
        found = [f"{where}.{key}: missing" for key in form.keys() - value.keys()]
        found += [f"{where}.{key}: not expected" for key in value.keys() - form.keys()]
        for key in form.keys() & value.keys():
            found += differences(value[key], form[key], f"{where}.{key}")
        return sorted(found)
    if isinstance(form, list):
        if not isinstance(value, list):
            return [f"{here}: {value!r} is not a list"]
        return [
            text
            for index, item in enumerate(value)
            for text in differences(item, form[0], f"{where}[{index}]")
        ]
    if form is None:
        return [] if value is None else [f"{here}: {value!r} is not null"]
    if isinstance(value, bool) and form in (int, int | None):
        return [f"{here}: {value!r} is not a number"]
    return [] if isinstance(value, form) else [f"{here}: {value!r} is not {form}"]


def has_form(value: Any, form: Form) -> None:
    """Assert it, with all differences in one message."""
    assert not differences(value, form), "\n".join(differences(value, form))
