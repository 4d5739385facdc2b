"""Files that are replaced at one stroke."""

import os
from pathlib import Path


def replace_file(path: Path, text: str, mode: int) -> None:
    """Write a new file into the place of an old one, which stays whole if that fails.

    Raises OSError.
    """
    beside = path.with_name(f".{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
