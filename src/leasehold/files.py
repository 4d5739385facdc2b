"""Files that are replaced at one stroke."""

import os
from pathlib import Path


def replace_file(path: Path, content: str | bytes, mode: int, *, durable: bool = False) -> None:
    """Write a new file into the place of an old one, which stays whole if that fails.

    `durable`: it is on the disk before it takes the place, at the cost of a flush. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)  # left by a crash: its mode might let others read this
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if durable:
                file.flush()
                os.fsync(handle)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
